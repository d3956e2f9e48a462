using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Manufacturing;
using Fleetwright.Scenarios.Inputs;

namespace Fleetwright.Scenarios.Chain;

/// <summary>What a design on offer costs to make at the offer's node: the bill of materials of a good unit, masks and design (docs/making.md).</summary>
/// <param name="Unit">Dollars of a good unit without masks and design, memory at its price in the first quarter.</param>
/// <param name="OneTime">Dollars for masks and design.</param>
/// <param name="ByQuarter">Central dollars of a good unit by quarter.</param>
internal sealed record MakingPrice(CostRange Unit, CostRange OneTime, QuarterlyFact ByQuarter)
{
    private const string Source = "what the design costs to make (docs/making.md)";
    private const int Draws = 2000;

    /// <summary>The price of an offer that states none.</summary>
    /// <exception cref="InputException">The die is over the reticle, or the catalogue lacks a price that the chip needs.</exception>
    public static MakingPrice Of(FleetCatalog catalog, DesignedChip chip, Offer offer, IReadOnlyList<Quarter> quarters)
    {
        ChipDescription made = DesignDescription.Of(catalog, chip);
        var options = new CostOptions { Node = offer.Node is { } node ? catalog.Nodes.Get(node).Name : null, Quarter = quarters[0], Draws = Draws };

        // Spread over so many units that they weigh nothing, masks and design are worked out and leave the unit's cost alone.
        ChipCost cost = ChipCosting.Cost(catalog, made, options with { Volume = 1e30 });
        return new MakingPrice(cost.Unit, cost.OneTime!.Value, new QuarterlyFact([.. quarters.Select(q => (q, ChipCosting.CentralDollars(catalog, made, options with { Quarter = q })))], Source, Confidence.Low));
    }

    /// <summary>The offer at what its chip costs to make.</summary>
    public Offer Fill(Offer offer) => offer with { Price = ByQuarter, ContractCost = offer.ContractCost ?? Fact.Of(OneTime.Central, Source, Confidence.Low) };

    /// <summary>What a reader should know of an offer that was filled.</summary>
    public string Note(Offer offer, string chip) =>
        $"Offer '{offer.Name}' states no price: {chip} is bought at what it costs to make, {Quantity.FormatDollars(Unit.Central)} a good unit ({Quantity.FormatDollars(Unit.P10)} to {Quantity.FormatDollars(Unit.P90)} in eight cases of ten, {offer.Node ?? "its own node"}), "
        + (offer.ContractCost is null ? $"and {Quantity.FormatDollars(OneTime.Central)} for masks and design." : "with masks and design as the contract states.") + " No margin is in it.";
}
