namespace Fleetwright.Supply.Problem;

/// <summary>A kind of chip in the fleet, whoever made it.</summary>
/// <param name="Id">What offers and workloads call it.</param>
/// <param name="Name">What people call it.</param>
/// <param name="WattsAtMeter">Power drawn from the grid for each chip at work: the chip, its share of the server and network, cooling.</param>
/// <param name="RunningDollarsPerQuarter">Cost per installed chip and quarter apart from energy and capital: hosting, staff, spares.</param>
/// <param name="UsefulLifeQuarters">Quarters from delivery until it is retired; its price is recovered over them.</param>
public sealed record ChipKind(string Id, string Name, double WattsAtMeter, double RunningDollarsPerQuarter, int UsefulLifeQuarters);

/// <summary>Chips that come without a decision of this plan: installed already, or ordered before it.</summary>
/// <param name="ChipId">The kind.</param>
/// <param name="Maker">Who makes them.</param>
/// <param name="ArrivalsByQuarter">Units that arrive in each quarter; the first holds those already installed.</param>
/// <param name="FabSiteId">The wafer fab on which later arrivals depend; null when they are certain.</param>
/// <param name="PackagingSiteId">The packaging house on which later arrivals depend; null when they are certain.</param>
/// <remarks>Their price is sunk. They do not draw on the shared resources, whose limits are what is left for new orders.</remarks>
public sealed record OwnedChips(
    string ChipId, string Maker, IReadOnlyList<double> ArrivalsByQuarter, string? FabSiteId = null, string? PackagingSiteId = null);

/// <summary>Chips that can be rented by the quarter once demand is known. Their power is the landlord's.</summary>
/// <param name="ChipId">The kind.</param>
/// <param name="DollarsPerChipQuarter">The price for a chip and quarter, by quarter, energy included.</param>
/// <param name="LimitByQuarter">How many can be had.</param>
public sealed record RentalOffer(string ChipId, IReadOnlyList<double> DollarsPerChipQuarter, IReadOnlyList<double> LimitByQuarter);
