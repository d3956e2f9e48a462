using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Exploration;

/// <summary>A kind of work with its operators written out once, so that a search only prices them.</summary>
internal sealed class PreparedWork
{
    private readonly Operator[] _operators;

    public PreparedWork(MixItem item)
    {
        Item = item;
        var graph = new ModelGraph(item.Model, Precision.For(item.Dtype), new Sharding(item.Chips));
        var operators = new Operator[graph.MaximumOperators];
        StepShape shape = item.Step == WorkStep.Decode ? StepShape.Decode(item.Batch, item.Context)
            : item.Step == WorkStep.Prefill ? StepShape.Prefill(item.Batch, item.Context) : StepShape.Prefill(1, item.Batch);
        int count = graph.Step(shape, operators);
        _operators = operators[..count];
        Bytes = graph.WeightBytesPerChip + (item.IsLanguage ? item.Batch * graph.CacheBytesPerSequence(item.Context) : 0);
    }

    public MixItem Item { get; }

    /// <summary>Weights and cache on one chip.</summary>
    public double Bytes { get; }

    /// <summary>Prices a step. A ranking step runs over and over, so its weights stay on chip as far as they fit.</summary>
    public StepPrice Price(ChipModel model)
    {
        Span<Operator> step = _operators;
        if (!Item.IsLanguage)
        {
            step = (Operator[])_operators.Clone();
            OnChipResidency.Apply(model.Chip, step);
        }

        double seconds = 0, joules = 0, longest = 0;
        OperatorRole role = OperatorRole.Other;
        Bound bound = Bound.Launch;
        foreach (ref readonly Operator op in step)
        {
            OperatorCost cost = model.Price(op);
            double total = op.Count * cost.Seconds;
            seconds += total;
            joules += op.Count * cost.Joules;
            if (total > longest)
            {
                (longest, role, bound) = (total, op.Role, cost.Bound);
            }
        }

        return new StepPrice(seconds, joules, longest, role, bound);
    }

    /// <summary>Tokens or samples a second of one of the chips.</summary>
    public double Rate(double seconds) => Item.Units / (seconds * Item.Chips);
}

/// <summary>A step's time and energy on one chip, and its longest operator (all its runs together).</summary>
internal readonly record struct StepPrice(double Seconds, double Joules, double LongestSeconds, OperatorRole Longest, Bound Bound);
