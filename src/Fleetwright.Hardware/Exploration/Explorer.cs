using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Designs;

namespace Fleetwright.Hardware.Exploration;

/// <summary>How a search is run; none of it changes the answer.</summary>
public sealed record ExploreOptions
{
    /// <summary>Threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Called now and then with the points done and those to do at most.</summary>
    public Action<long, long>? Progress { get; init; }

    /// <summary>Stops the search; what is finished stays.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Points of an earlier, stopped run of the same specification, by number: they are not worked out again.</summary>
    public IReadOnlyDictionary<long, ExploredPoint> Known { get; init; } = new Dictionary<long, ExploredPoint>();
}

/// <summary>Works out the designs of a specification: all of them, or, when the grid is larger than the budget, those that a seeded search tries. Method: docs/exploring.md.</summary>
/// <remarks>Points, their order and the answer depend on specification and catalogue only: not on threads, and not on whether the run was stopped and taken up again.</remarks>
public sealed class Explorer
{
    // Points between two looks at progress and cancellation.
    private const int Batch = 256;
    private readonly DesignSpace _space;
    private readonly PointPricer _pricer;

    /// <summary>Prepares a search.</summary>
    /// <exception cref="InputException">The catalogue lacks what the specification needs.</exception>
    public Explorer(FleetCatalog catalog, ExplorationSpec spec)
    {
        Specification = spec;
        _space = new DesignSpace(catalog, spec);
        _pricer = new PointPricer(catalog, spec);
    }

    /// <summary>What is asked.</summary>
    public ExplorationSpec Specification { get; }

    /// <summary>The base design, judged as the points are.</summary>
    public ExploredPoint Base => _pricer.Base;

    /// <summary>Tokens a second of the mix on the base design, all its work together; 0 without language models.</summary>
    public double BaseTokensPerSecond => _pricer.BaseRate(language: true);

    /// <summary>Samples a second of the mix on the base design; 0 without ranking models.</summary>
    public double BaseSamplesPerSecond => _pricer.BaseRate(language: false);

    /// <summary>Bytes of weights and cache of each work on one chip.</summary>
    public IReadOnlyList<double> WorkBytes => [.. _pricer.WorkBytes];

    /// <summary>The points that are worked out at most.</summary>
    public long Planned => Math.Min(Specification.Count, Specification.Budget);

    /// <summary>Works out one point.</summary>
    public ExploredPoint Evaluate(long index) => _pricer.Price(index, DesignAt(index));

    /// <summary>The design of a point.</summary>
    public DesignedChip DesignAt(long index)
    {
        Span<int> choices = stackalloc int[Specification.Parameters.Count];
        _space.Decode(index, choices);
        (ChipDesign design, DesignTechnology technology) = _space.At(choices);
        return PointPricer.Build(design, technology);
    }

    /// <summary>The values of a point's parameters as people read them.</summary>
    public IReadOnlyList<string> Labels(long index)
    {
        int[] choices = Choices(index);
        return [.. choices.Select((c, i) => Specification.Parameters[i].Labels[c])];
    }

    /// <summary>Which value of each parameter a point takes.</summary>
    public int[] Choices(long index)
    {
        int[] choices = new int[Specification.Parameters.Count];
        _space.Decode(index, choices);
        return choices;
    }

    /// <summary>Runs the search.</summary>
    public ExplorationResult Run(ExploreOptions options)
    {
        var done = new PointStore(this, options, Planned);
        if (Specification.Count <= Specification.Budget)
        {
            var some = new List<long>(Batch);
            for (long index = 0; index < Specification.Count && !done.IsStopped; index += Batch)
            {
                some.Clear();
                for (long i = index; i < Math.Min(Specification.Count, index + Batch); i++)
                {
                    some.Add(i);
                }

                done.WorkOut(some);
            }
        }
        else
        {
            new GeneticSearch(Specification, _space).Run(done);
        }

        return new ExplorationResult(this, done.InOrder, done.IsStopped, Specification.Count <= Specification.Budget);
    }

    /// <summary>What one step of each parameter does to speed a dollar, largest effect first.</summary>
    /// <param name="point">Where the steps are taken.</param>
    public IReadOnlyList<StepEffect> Sensitivities(ExploredPoint point)
    {
        var effects = new List<StepEffect>();
        int[] choices = Choices(point.Index);
        for (int p = 0; p < choices.Length; p++)
        {
            SweptParameter parameter = Specification.Parameters[p];
            foreach (int other in _space.Neighbours(p, choices[p]))
            {
                int[] moved = [.. choices];
                moved[p] = other;
                ExploredPoint there = Evaluate(_space.Encode(moved));
                effects.Add(new StepEffect(parameter.Key, parameter.Labels[choices[p]], parameter.Labels[other], there, (there.PerDollar / point.PerDollar) - 1));
            }
        }

        return [.. effects.OrderByDescending(e => double.IsNaN(e.Change) ? -1 : Math.Abs(e.Change)).ThenBy(e => e.Parameter, StringComparer.Ordinal).ThenBy(e => e.To, StringComparer.Ordinal)];
    }
}

/// <summary>What one step of one parameter does.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="From">Its value at the point.</param>
/// <param name="To">Its value after the step.</param>
/// <param name="Point">The point after the step.</param>
/// <param name="Change">Relative change of speed a dollar; NaN where the step leads to a design that cannot be made.</param>
public sealed record StepEffect(string Parameter, string From, string To, ExploredPoint Point, double Change);
