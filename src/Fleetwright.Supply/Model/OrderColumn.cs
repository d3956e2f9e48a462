using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>A possible order: an offer in a quarter, with the variable that says how much of it.</summary>
/// <param name="Offer">The offer's index.</param>
/// <param name="Chip">The index of its kind of chip.</param>
/// <param name="Quarter">Index of the quarter of the order.</param>
/// <param name="Delivery">Index of the quarter of delivery, within the horizon.</param>
/// <param name="Production">Index of the quarter whose outages and shortages it meets.</param>
/// <param name="Column">Its column.</param>
/// <param name="ThousandsPerUnit">Thousands of chips for one unit of the column: 1, or a lot's worth for an integer column.</param>
internal readonly record struct OrderColumn(
    int Offer, int Chip, int Quarter, int Delivery, int Production, int Column, double ThousandsPerUnit)
{
    /// <summary>The share of the order that its sites can make in a scenario: fab and packaging must both work, and the worse one sets the rate.</summary>
    public double Availability(SupplyOffer offer, SupplyScenario scenario) =>
        Math.Min(scenario.Site(offer.FabSiteId, Production), scenario.Site(offer.PackagingSiteId, Production));
}
