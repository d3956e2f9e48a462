namespace Fleetwright.Supply.Problem;

/// <summary>One way that the future may go. What it does not name is as the problem states it.</summary>
public sealed record SupplyScenario
{
    /// <summary>What the plan calls it, such as <c>growth high · Taiwan stops 2025Q2</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its probability; those of a problem sum to 1.</summary>
    public required double Probability { get; init; }

    /// <summary>Multipliers of demand by quarter, by workload id.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> DemandMultipliers { get; init; } = new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>Working share of a site by quarter, 0 to 1, by site id.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> SiteAvailability { get; init; } = new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>Multipliers of a shared resource's limit by quarter, by resource id.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> ResourceMultipliers { get; init; } = new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>The multiplier of a workload's demand.</summary>
    public double Demand(string workloadId, int quarter) => DemandMultipliers.TryGetValue(workloadId, out var m) ? m[quarter] : 1;

    /// <summary>The working share of a site; 1 for a null id.</summary>
    public double Site(string? siteId, int quarter) => siteId is not null && SiteAvailability.TryGetValue(siteId, out var a) ? a[quarter] : 1;

    /// <summary>The multiplier of a resource's limit, apart from its site.</summary>
    public double Resource(string resourceId, int quarter) => ResourceMultipliers.TryGetValue(resourceId, out var m) ? m[quarter] : 1;
}
