using Fleetwright.Catalog.Units;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Adapters;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// What adapters add to an iteration: two kernels at every adapted product, the first from its input to the rank and the second back onto its output (vLLM's
/// <c>lora_shrink</c> and <c>lora_expand</c>). With r rows to a few hundred columns each reads and writes more than it multiplies, so it is priced as passes over memory: its tokens' activations once,
/// the weights of every adapter in the batch once, the product of rank r in 32 bits between the two, and the output read and written.
/// </summary>
/// <remarks>Filled when first asked for; threads may fill an entry at once, with the same number.</remarks>
internal sealed class AdapterTable
{
    private const double ActivationBytes = 2;
    private const double BetweenBytes = 4;
    private readonly Replica _replica;
    private readonly int _rank;
    private readonly Operator[] _adapted;
    private readonly double[]?[] _seconds;
    private readonly int _kernels;
    private readonly int _mostTokens;

    /// <param name="replica">The replica.</param>
    /// <param name="adapters">Its adapters.</param>
    /// <param name="mostTokens">Tokens of an iteration at most; more are priced each time.</param>
    public AdapterTable(Replica replica, LoraAdapters adapters, int mostTokens)
    {
        (_replica, _rank, _mostTokens) = (replica, adapters.Rank, mostTokens);
        _seconds = new double[]?[adapters.Slots + 1];
        List<Operator> adapted = [];
        foreach (ref readonly Operator op in replica.Operators(StepShape.Prefill(1, 64)))
        {
            if (AdapterSizes.IsAdapted(op))
            {
                adapted.Add(op);
                _kernels += 2 * op.Count;
            }
        }

        _adapted = [.. adapted];
    }

    /// <summary>Seconds of the chip.</summary>
    public double Seconds(in AdapterBatch batch)
    {
        if (batch.Tokens == 0)
        {
            return 0;
        }

        if (batch.Tokens > _mostTokens)
        {
            return Price(batch);
        }

        double[]? row = _seconds[batch.Adapters];
        if (row is null)
        {
            row = new double[_mostTokens + 1];
            Array.Fill(row, double.NaN);
            _seconds[batch.Adapters] = row;
        }

        double kept = row[batch.Tokens];
        return double.IsNaN(kept) ? row[batch.Tokens] = Price(batch) : kept;
    }

    /// <summary>Seconds that the host takes to launch the kernels in an iteration of so many tokens that is not replayed from a captured graph.</summary>
    public double LaunchSeconds(in AdapterBatch batch, int tokens) =>
        batch.Tokens > 0 && _replica.LaunchSeconds(tokens) > 0 ? _kernels * _replica.Engine.LaunchSecondsPerOperator : 0;

    private double Price(in AdapterBatch batch)
    {
        double seconds = 0, tokens = batch.Tokens, weights = batch.Adapters * Dtype.Bf16.Bytes();
        foreach (ref readonly Operator op in _adapted.AsSpan())
        {
            double between = tokens * op.Parts * _rank * BetweenBytes;
            double shrink = (tokens * op.K * ActivationBytes) + (weights * op.Parts * _rank * op.K) + between;
            double expand = between + (weights * _rank * op.N) + (2 * tokens * op.N * ActivationBytes);
            seconds += op.Count * (Pass(shrink) + Pass(expand));
        }

        return seconds;
    }

    private double Pass(double bytes) => _replica.Chip.Price(Operator.Elementwise(OperatorRole.Other, bytes, 0)).Seconds;
}
