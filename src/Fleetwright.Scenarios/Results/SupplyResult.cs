namespace Fleetwright.Scenarios.Results;

/// <summary>The buying plan. Lists by quarter are as long as the scenario's quarters.</summary>
public sealed record SupplyResult
{
    /// <summary>Solver and version.</summary>
    public required string Solver { get; init; }

    /// <summary>Proven gap between plan and bound, as a fraction.</summary>
    public required double Gap { get; init; }

    /// <summary>Number of futures weighed.</summary>
    public required int Futures { get; init; }

    /// <summary>Weight of the tail in the objective.</summary>
    public required double RiskWeight { get; init; }

    /// <summary>Tail probability of the CVaR, such as 0.95.</summary>
    public required double TailLevel { get; init; }

    /// <summary>Who offers what.</summary>
    public required IReadOnlyList<OfferSummary> Offers { get; init; }

    /// <summary>The order book: what is signed.</summary>
    public required IReadOnlyList<OrderLine> Orders { get; init; }

    /// <summary>Installed chips, expected over futures.</summary>
    public required IReadOnlyList<FleetSeries> Fleet { get; init; }

    /// <summary>Which chips serve which workload, expected over futures.</summary>
    public required IReadOnlyList<AssignmentSeries> Assignment { get; init; }

    /// <summary>Power at the meter in watts by quarter, expected over futures.</summary>
    public required IReadOnlyList<double> PowerWatts { get; init; }

    /// <summary>Power available in watts by quarter.</summary>
    public required IReadOnlyList<double> PowerLimitWatts { get; init; }

    /// <summary>Share of each workload's demand left unserved by quarter, expected over futures.</summary>
    public required IReadOnlyList<UnservedSeries> Unserved { get; init; }

    /// <summary>What it costs, discounted.</summary>
    public required CostBreakdown Cost { get; init; }

    /// <summary>Cost against risk for several weights of the tail.</summary>
    public required IReadOnlyList<FrontierPoint> Frontier { get; init; }

    /// <summary>The plan held fixed while a place stops.</summary>
    public required IReadOnlyList<OutageResult> Outages { get; init; }

    /// <summary>What planning with futures is worth over planning for the mean, in dollars; null when not computed.</summary>
    public double? ValueOfStochasticSolution { get; init; }

    /// <summary>What knowing the future would be worth, in dollars; null when not computed.</summary>
    public double? ValueOfPerfectInformation { get; init; }

    /// <summary>Limits that bind and what one more unit would be worth.</summary>
    public required IReadOnlyList<ShadowPrice> ShadowPrices { get; init; }

    /// <summary>What each site that the plan orders from is worth: the best plan without it, against the plan.</summary>
    public required IReadOnlyList<SourceValue> Sources { get; init; }

    /// <summary>Every future with its probability and cost.</summary>
    public required IReadOnlyList<FutureCost> FutureCosts { get; init; }
}

/// <summary>One offer.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Chip">The chip.</param>
/// <param name="Maker">Who sells it.</param>
/// <param name="Site">Where its logic is made.</param>
/// <param name="Country">The country of that site.</param>
/// <param name="Packaging">Where it is packaged.</param>
public sealed record OfferSummary(string Id, string Chip, string Maker, string Site, string Country, string Packaging);

/// <summary>One line of the order book.</summary>
/// <param name="Quarter">When the order is signed.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Chip">The chip.</param>
/// <param name="Maker">The maker.</param>
/// <param name="Site">Where it is made.</param>
/// <param name="Chips">How many.</param>
/// <param name="Dollars">Price, not discounted.</param>
/// <param name="DeliveryQuarter">When they arrive if nothing fails.</param>
public sealed record OrderLine(string Quarter, string Offer, string Chip, string Maker, string Site, double Chips, double Dollars, string DeliveryQuarter);

/// <summary>Installed chips of one offer.</summary>
/// <param name="Chip">The chip.</param>
/// <param name="Maker">The maker.</param>
/// <param name="Site">Where it was made; <c>owned</c> for chips owned before the plan.</param>
/// <param name="Chips">Number by quarter.</param>
public sealed record FleetSeries(string Chip, string Maker, string Site, IReadOnlyList<double> Chips);

/// <summary>Chips of one kind that serve one workload.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="Chip">The chip.</param>
/// <param name="Chips">Number by quarter.</param>
public sealed record AssignmentSeries(string Workload, string Chip, IReadOnlyList<double> Chips);

/// <summary>Demand that is not met.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="Share">Share of demand by quarter.</param>
public sealed record UnservedSeries(string Workload, IReadOnlyList<double> Share);

/// <summary>Expected discounted cost by part in dollars.</summary>
/// <param name="Expected">All parts.</param>
/// <param name="Tail">Mean of the worst futures (CVaR).</param>
/// <param name="Chips">Chips and clusters around them, less what they are worth at the end.</param>
/// <param name="Contracts">Contracts and designs.</param>
/// <param name="Energy">Energy.</param>
/// <param name="Operations">Running.</param>
/// <param name="Rental">Rented chips.</param>
/// <param name="Unserved">The price set on unserved demand.</param>
public sealed record CostBreakdown(double Expected, double Tail, double Chips, double Contracts, double Energy, double Operations, double Rental, double Unserved);

/// <summary>The best plan at one weight of the tail.</summary>
/// <param name="RiskWeight">The weight.</param>
/// <param name="Expected">Expected cost in dollars.</param>
/// <param name="Tail">CVaR in dollars.</param>
public sealed record FrontierPoint(double RiskWeight, double Expected, double Tail);

/// <summary>What happens to the fixed plan when a place stops.</summary>
/// <param name="Place">A country or site.</param>
/// <param name="Start">First quarter without it.</param>
/// <param name="Quarters">How long it stops.</param>
/// <param name="LostChips">Deliveries that do not come.</param>
/// <param name="Unserved">Worst share of demand unserved in any quarter, by workload.</param>
/// <param name="ExtraCost">What is lost by it in dollars: penalties for demand that goes unserved because of it, and rent for chips that step in.</param>
/// <param name="SurvivesQuarters">Quarters from the stop until demand goes unserved because of it; those left in the horizon when none does.</param>
public sealed record OutageResult(
    string Place, string Start, int Quarters, double LostChips, IReadOnlyList<WorkloadShare> Unserved, double ExtraCost, int SurvivesQuarters);

/// <summary>A share of one workload.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="Share">0 to 1.</param>
public sealed record WorkloadShare(string Workload, double Share);

/// <summary>A limit that binds.</summary>
/// <param name="Limit">Such as <c>power</c> or <c>hbm</c>.</param>
/// <param name="Quarter">When.</param>
/// <param name="Unit">Of what one unit is.</param>
/// <param name="Dollars">What one more unit would save.</param>
public sealed record ShadowPrice(string Limit, string Quarter, string Unit, double Dollars);

/// <summary>One future.</summary>
/// <param name="Name">What happens in it.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Dollars">The plan's cost in it.</param>
/// <param name="UnservedShare">Share of all demand-quarters unserved in it, mean over workloads.</param>
public sealed record FutureCost(string Name, double Probability, double Dollars, double UnservedShare);

/// <summary>What a source is worth: how much dearer the best plan without it is.</summary>
/// <param name="Site">The site.</param>
/// <param name="Country">Its country.</param>
/// <param name="Expected">Added expected cost in dollars; negative when the source buys safety at a price.</param>
/// <param name="Tail">Added mean cost of the worst futures in dollars.</param>
public sealed record SourceValue(string Site, string Country, double Expected, double Tail);
