namespace Fleetwright.Supply.Uncertainty;

/// <summary>What may go otherwise than planned. Risks are independent of one another; one that hits several sites at once names them all.</summary>
public sealed record SupplyRisks
{
    /// <summary>Sites that may stop.</summary>
    public IReadOnlyList<SiteOutageRisk> Outages { get; init; } = [];

    /// <summary>Resources that may run short.</summary>
    public IReadOnlyList<ShortageRisk> Shortages { get; init; } = [];

    /// <summary>The fan of demand paths, of which one comes true; none for demand as planned.</summary>
    public IReadOnlyList<DemandPath> DemandPaths { get; init; } = [];
}

/// <summary>Sites that stop together, once in the horizon at most.</summary>
/// <param name="Id">What scenarios call it, such as <c>Taiwan stops</c>.</param>
/// <param name="SiteIds">The sites that stop.</param>
/// <param name="Probability">The probability that it happens within the horizon.</param>
/// <param name="DurationQuarters">How many quarters it lasts.</param>
/// <param name="StartQuarters">The indices of the quarters in which it may start, equally likely; null for every quarter.</param>
/// <param name="Availability">The share that still works meanwhile.</param>
public sealed record SiteOutageRisk(
    string Id, IReadOnlyList<string> SiteIds, double Probability, int DurationQuarters, IReadOnlyList<int>? StartQuarters = null, double Availability = 0);

/// <summary>A shared resource that runs short, once in the horizon at most.</summary>
/// <param name="Id">What scenarios call it, such as <c>HBM short</c>.</param>
/// <param name="ResourceId">The resource.</param>
/// <param name="Probability">The probability that it happens within the horizon.</param>
/// <param name="RemainingShare">The share of its limit that is left.</param>
/// <param name="DurationQuarters">How many quarters it lasts; null for all of the horizon.</param>
/// <param name="StartQuarters">The indices of the quarters in which it may start, equally likely; null for the first.</param>
public sealed record ShortageRisk(
    string Id, string ResourceId, double Probability, double RemainingShare, int? DurationQuarters = null, IReadOnlyList<int>? StartQuarters = null);

/// <summary>One path of demand.</summary>
/// <param name="Id">What scenarios call it, such as <c>high growth</c>.</param>
/// <param name="Probability">Its probability; those of all paths sum to 1.</param>
/// <param name="Multipliers">Multipliers of planned demand by quarter, by workload id; the id <c>*</c> stands for every workload that is not named.</param>
public sealed record DemandPath(string Id, double Probability, IReadOnlyDictionary<string, IReadOnlyList<double>> Multipliers);
