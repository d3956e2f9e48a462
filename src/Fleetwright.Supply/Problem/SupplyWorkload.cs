namespace Fleetwright.Supply.Problem;

/// <summary>Work that chips do: serving a product, or a training job.</summary>
public sealed record SupplyWorkload
{
    /// <summary>What the plan calls it.</summary>
    public required string Id { get; init; }

    /// <summary>The unit whose rate is demanded, for reports: tokens, samples, FLOP.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Units per second wanted in each quarter, before a scenario's multiplier; 0 outside a training job's window.</summary>
    public required IReadOnlyList<double> DemandByQuarter { get; init; }

    /// <summary>Units per second that a chip of each kind does; a kind that is missing or 0 cannot do this work.</summary>
    public required IReadOnlyDictionary<string, double> UnitsPerSecondByChip { get; init; }

    /// <summary>Dollars for each unit per second that is not served in a quarter.</summary>
    public required double UnservedDollarsPerUnitQuarter { get; init; }

    /// <summary>The largest share of demand that may go unserved, in any scenario: a plan that needs more is infeasible.</summary>
    public double MaximumUnservedShare { get; init; } = 1;

    /// <summary>Whether only the total over the horizon counts, as for a training job: work moves freely between the quarters that have demand, and what is missing is missing at the last of them.</summary>
    public bool IsMovable { get; init; }

    /// <summary>The rate of one chip of a kind, or 0.</summary>
    public double UnitsPerSecond(string chipId) => UnitsPerSecondByChip.GetValueOrDefault(chipId);

    /// <summary>The last quarter with demand, or −1.</summary>
    internal int LastQuarter => DemandByQuarter.Select((d, t) => d > 0 ? t : -1).DefaultIfEmpty(-1).Max();
}
