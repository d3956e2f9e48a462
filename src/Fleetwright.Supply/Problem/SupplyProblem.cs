using Fleetwright.Catalog.Units;

namespace Fleetwright.Supply.Problem;

/// <summary>What to decide: which chips to order from whom in each quarter, for a demand and a supply that are uncertain. Every series has one value for each quarter.</summary>
public sealed record SupplyProblem
{
    /// <summary>The horizon, consecutive.</summary>
    public required IReadOnlyList<Quarter> Quarters { get; init; }

    /// <summary>Where things are made.</summary>
    public required IReadOnlyList<SupplySite> Sites { get; init; }

    /// <summary>What offers share and is short.</summary>
    public IReadOnlyList<SharedResource> Resources { get; init; } = [];

    /// <summary>Kinds of chip.</summary>
    public required IReadOnlyList<ChipKind> Chips { get; init; }

    /// <summary>What can be ordered.</summary>
    public required IReadOnlyList<SupplyOffer> Offers { get; init; }

    /// <summary>Chips that come anyway.</summary>
    public IReadOnlyList<OwnedChips> Owned { get; init; } = [];

    /// <summary>What can be rented, at most one for a kind of chip.</summary>
    public IReadOnlyList<RentalOffer> Rentals { get; init; } = [];

    /// <summary>Power for chips at the meter, watts by quarter.</summary>
    public required IReadOnlyList<double> PowerWattsByQuarter { get; init; }

    /// <summary>Price of energy, dollars per joule by quarter ($0.07/kWh is 1.944e-8).</summary>
    public required IReadOnlyList<double> EnergyDollarsPerJouleByQuarter { get; init; }

    /// <summary>Work to be done.</summary>
    public required IReadOnlyList<SupplyWorkload> Workloads { get; init; }

    /// <summary>The futures planned for; one certain future by default.</summary>
    public IReadOnlyList<SupplyScenario> Scenarios { get; init; } = [new SupplyScenario { Id = "as planned", Probability = 1 }];

    /// <summary>Cost of capital a year, such as 0.08.</summary>
    public double DiscountPerYear { get; init; }

    /// <summary>The weight of risk w in (1 − w) × expected cost + w × CVaR: 0 is risk-neutral, 1 plans for the bad futures only.</summary>
    public double RiskWeight { get; init; }

    /// <summary>The α of CVaR: the mean cost of the worst 1 − α of the futures.</summary>
    public double RiskLevel { get; init; } = 0.9;
}
