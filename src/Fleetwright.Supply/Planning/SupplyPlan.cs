using Fleetwright.Catalog.Units;

namespace Fleetwright.Supply.Planning;

/// <summary>What to buy, when and from whom, and what it comes to. Series have one value for each quarter.</summary>
public sealed record SupplyPlan
{
    /// <summary>The horizon.</summary>
    public required IReadOnlyList<Quarter> Quarters { get; init; }

    /// <summary>The contracts of offers that have a fixed cost or a minimum, signed or not, in the order of the offers.</summary>
    public required IReadOnlyList<ContractDecision> Contracts { get; init; }

    /// <summary>The order book: what is signed, in the order of the offers, then of quarters; without empty lines.</summary>
    public required IReadOnlyList<OrderLine> Orders { get; init; }

    /// <summary>Chips installed, by kind and maker, over the scenarios.</summary>
    public required IReadOnlyList<FleetLine> Fleet { get; init; }

    /// <summary>Expected chips at work, by kind and workload.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> ExpectedAssigned { get; init; }

    /// <summary>Expected chips rented, by kind.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> ExpectedRented { get; init; }

    /// <summary>Expected units per second not served, by workload.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> ExpectedUnserved { get; init; }

    /// <summary>Expected watts drawn.</summary>
    public required IReadOnlyList<double> ExpectedPowerWatts { get; init; }

    /// <summary>What happens in each scenario.</summary>
    public required IReadOnlyList<ScenarioOutcome> Scenarios { get; init; }

    /// <summary>The expected cost.</summary>
    public required CostBreakdown ExpectedCost { get; init; }

    /// <summary>The α-quantile of cost, dollars.</summary>
    public required double ValueAtRiskDollars { get; init; }

    /// <summary>The mean cost of the worst 1 − α of the futures, dollars.</summary>
    public required double ConditionalValueAtRiskDollars { get; init; }

    /// <summary>(1 − w) × expected cost + w × CVaR, dollars.</summary>
    public required double ObjectiveDollars { get; init; }

    /// <summary>No plan can have a lower objective than this, as the solver has proven, dollars.</summary>
    public required double BoundDollars { get; init; }

    /// <summary>(objective − bound) / objective.</summary>
    public double Gap => ObjectiveDollars == 0 ? 0 : Math.Max(0, (ObjectiveDollars - BoundDollars) / Math.Abs(ObjectiveDollars));

    /// <summary>Name and version of the solver.</summary>
    public required string Solver { get; init; }

    /// <summary>What holds the plan back, with what more of it would be worth; empty unless asked for.</summary>
    public IReadOnlyList<BindingLimit> BindingLimits { get; init; } = [];
}

/// <summary>Whether a contract is signed.</summary>
/// <param name="OfferId">The offer.</param>
/// <param name="IsSigned">Whether it is.</param>
/// <param name="FixedDollars">What signing costs, not discounted; 0 when not signed or signed before.</param>
public sealed record ContractDecision(string OfferId, bool IsSigned, double FixedDollars);

/// <summary>One order.</summary>
/// <param name="OfferId">The offer.</param>
/// <param name="ChipId">The kind of chip.</param>
/// <param name="Maker">The seller.</param>
/// <param name="OrderQuarter">Index of the quarter of the order.</param>
/// <param name="DeliveryQuarter">Index of the quarter of delivery.</param>
/// <param name="Units">Chips.</param>
/// <param name="UnitPriceDollars">Price of one, on delivery.</param>
public sealed record OrderLine(
    string OfferId, string ChipId, string Maker, int OrderQuarter, int DeliveryQuarter, double Units, double UnitPriceDollars);

/// <summary>Chips installed of one kind from one maker.</summary>
/// <param name="ChipId">The kind of chip.</param>
/// <param name="Maker">The maker.</param>
/// <param name="ExpectedUnits">Mean over the scenarios.</param>
/// <param name="LowestUnits">The least of all scenarios.</param>
/// <param name="HighestUnits">The most of all scenarios.</param>
/// <param name="ExpectedDeliveries">Mean of what arrives in each quarter.</param>
public sealed record FleetLine(
    string ChipId,
    string Maker,
    IReadOnlyList<double> ExpectedUnits,
    IReadOnlyList<double> LowestUnits,
    IReadOnlyList<double> HighestUnits,
    IReadOnlyList<double> ExpectedDeliveries);

/// <summary>What a limit that binds is about.</summary>
public enum LimitKind
{
    /// <summary>Power in watts.</summary>
    Power,

    /// <summary>A shared resource in its unit.</summary>
    Resource,

    /// <summary>An offer's delivery capacity in chips.</summary>
    Capacity,
}

/// <summary>A limit that holds the plan back.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Id">The resource or offer; empty for power.</param>
/// <param name="Quarter">Index of the quarter.</param>
/// <param name="DollarsPerUnit">What one unit more of it (a watt, a chip, a unit of the resource) in that quarter would save on the objective, with the contracts as signed.</param>
public sealed record BindingLimit(LimitKind Kind, string Id, int Quarter, double DollarsPerUnit);
