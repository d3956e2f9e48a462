using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Training.Failures;

/// <summary>
/// How often a job stops and what a stop costs. Hardware fails with every chip; software and users stop a small job as often as a
/// large one, which a rate per chip alone misses by a factor of nearly four at 1,024 chips (docs/training.md).
/// </summary>
public sealed record FailureModel
{
    /// <summary>Catalogue name.</summary>
    public required string Name { get; init; }

    /// <summary>Full name.</summary>
    public required string Title { get; init; }

    /// <summary>Interruptions per chip and second.</summary>
    public required Fact ChipHazard { get; init; }

    /// <summary>Interruptions per job and second.</summary>
    public required Fact JobHazard { get; init; }

    /// <summary>Seconds from an interruption until training goes on from the last checkpoint.</summary>
    public required Fact Restart { get; init; }

    /// <summary>Seconds that chips wait for a checkpoint.</summary>
    public required Fact CheckpointPause { get; init; }

    /// <summary>The failure models of a catalogue.</summary>
    public static CatalogFolder<FailureModel> In(FleetCatalog catalog) =>
        new(Path.Combine(catalog.Root, "failures"), "failure model", Read, f => [f.Name]);

    /// <summary>The default of a catalogue: <c>llama-3</c>.</summary>
    /// <exception cref="InputException">It is missing or wrong.</exception>
    public static FailureModel Default(FleetCatalog catalog) => In(catalog).Get("llama-3");

    /// <summary>Mean seconds between interruptions of a job on <paramref name="chips"/> chips.</summary>
    public double MeanTimeBetween(double chips) => 1 / ((chips * ChipHazard) + JobHazard);

    /// <summary>The share of time that advances the job on <paramref name="chips"/> chips, at the best checkpoint interval.</summary>
    public Goodput On(double chips) => Goodput.Of(MeanTimeBetween(chips), Restart, CheckpointPause);

    private static FailureModel Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new FailureModel
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            ChipHazard = root.Fact("chip_hazard", Dimension.EventRate),
            JobHazard = root.Fact("job_hazard", Dimension.EventRate),
            Restart = root.Fact("restart", Dimension.Time),
            CheckpointPause = root.Fact("checkpoint_pause", Dimension.Time, 1e-3),
        };
    }
}

/// <summary>What failures leave of a job's time.</summary>
/// <param name="MeanTimeBetweenSeconds">Mean time between interruptions.</param>
/// <param name="CheckpointIntervalSeconds">Young's interval √(2·pause·MTBF) (CACM 17(9), 1974).</param>
/// <param name="Share">Expected share of time that advances the job, 0 to 1.</param>
public readonly record struct Goodput(double MeanTimeBetweenSeconds, double CheckpointIntervalSeconds, double Share)
{
    /// <summary>
    /// E[ETTR] = (1 − λ·(u + Δt/2)) / (1 + w/Δt) (arXiv:2410.21680): λ interruptions per second, u restart, w pause, Δt interval.
    /// 0 when interruptions come faster than a restart.
    /// </summary>
    public static Goodput Of(double meanTimeBetween, double restart, double pause)
    {
        if (double.IsPositiveInfinity(meanTimeBetween))
        {
            return new Goodput(meanTimeBetween, double.PositiveInfinity, 1);
        }

        double interval = Math.Sqrt(2 * pause * meanTimeBetween);
        double share = (1 - ((restart + (interval / 2)) / meanTimeBetween)) / (1 + (pause / interval));
        return new Goodput(meanTimeBetween, interval, Math.Max(0, share));
    }
}
