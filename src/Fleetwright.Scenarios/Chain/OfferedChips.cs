using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Serving.Costs;

namespace Fleetwright.Scenarios.Chain;

/// <summary>A kind of chip that the scenario offers or owns, at what it costs to own.</summary>
/// <param name="Model">The chip.</param>
/// <param name="WattsAtMeter">Power of one chip with its share of host, network and cooling, in watts at the meter.</param>
/// <param name="DollarsPerSecond">Capital over its life, operations and energy of one chip; by the cheapest offer's mean price.</param>
internal sealed record OfferedChip(ChipModel Model, double WattsAtMeter, double DollarsPerSecond)
{
    public string Name => Model.Chip.Name;
}

/// <summary>The chips of a scenario, and the offers that no site could ever fulfil.</summary>
internal sealed class OfferedChips
{
    private OfferedChips(IReadOnlyList<OfferedChip> chips, IReadOnlyList<Offer> offers, IReadOnlyList<string> warnings)
    {
        Chips = chips;
        Offers = offers;
        Warnings = warnings;
    }

    /// <summary>Kinds of chip, in the order of the offers, then of those owned only.</summary>
    public IReadOnlyList<OfferedChip> Chips { get; }

    /// <summary>Offers that can be fulfilled, each with the name of its chip, a price, and no order before its site makes the node.</summary>
    public IReadOnlyList<Offer> Offers { get; }

    /// <summary>Why other offers are left out.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Seconds of 365.25 days.</summary>
    public const double SecondsPerYear = 4 * Quarter.Seconds;

    /// <summary>What the report says of a chip that a workload's list leaves out.</summary>
    public const string NotReady = "its software is not ready for this, says the scenario";

    /// <summary>The chips of a workload's list, or all when it has none.</summary>
    public IReadOnlyList<OfferedChip> For(ChainContext context, IReadOnlyList<string> names) =>
        names.Count == 0 ? Chips : [.. Chips.Where(c => names.Any(n => context.Chips.Get(n).Name == c.Name))];

    /// <summary>The cost constants of a scenario for Serving.</summary>
    public static CostBasis Basis(Scenario scenario) => CostBasis.Default with
    {
        Pue = scenario.Economics.Pue,
        DollarsPerJoule = scenario.Economics.Electricity,
    };

    public static OfferedChips Of(ChainContext context)
    {
        Scenario scenario = context.Scenario;
        var warnings = new List<string>();
        var offers = new List<Offer>();
        foreach (Offer offer in scenario.Offers)
        {
            if (Obstacle(context, offer) is { } obstacle)
            {
                warnings.Add(obstacle);
            }
            else
            {
                offers.Add(Priced(context, offer, warnings) with { Chip = context.Chips.Of(offer).Name, FirstOrder = FirstOrder(context, offer) });
            }
        }

        List<OfferedChip> chips = [.. offers.Select(o => o.Chip).Concat(scenario.Owned.Select(o => o.Chip))
            .Select(context.Chips.Get)
            .DistinctBy(chip => chip.Name)
            .Select(chip => Price(context, chip, offers.Where(o => o.Chip == chip.Name)))];
        return new OfferedChips(chips, offers, warnings);
    }

    private static Offer Priced(ChainContext context, Offer offer, List<string> warnings)
    {
        if (offer.Price is not null || context.Chips.DesignOf(offer) is not { } design)
        {
            return offer;
        }

        MakingPrice making = MakingPrice.Of(context.Catalog, design, offer, context.Scenario.Quarters);
        warnings.Add(making.Note(offer, design.Design.Title));
        return making.Fill(offer);
    }

    // The node decides what a site can make, whatever flag flies over it.
    private static string? Obstacle(ChainContext context, Offer offer)
    {
        Chip chip = context.Chips.Of(offer);
        Site site = context.Catalog.Sites.Get(offer.Site);
        string? node = NodeOf(offer, chip);
        Quarter last = context.Scenario.Quarters[^1];
        if (node is null || site.Makes(node, last))
        {
            return null;
        }

        string makes = string.Join(", ", site.Processes.Select(p => p.From is { } from && from > last ? $"{p.Process} from {from}" : p.Process));
        return $"Offer '{offer.Name}' hedges nothing: {site.Title} cannot make {chip.Title} in {node} by {last} (it makes {makes}).";
    }

    // No order before the site makes the node: the later of the offer's own first quarter and the node's start there.
    private static Quarter FirstOrder(ChainContext context, Offer offer)
    {
        Quarter first = offer.FirstOrder ?? context.Scenario.Quarters[0];
        string? node = NodeOf(offer, context.Chips.Of(offer));
        Site site = context.Catalog.Sites.Get(offer.Site);
        return node is null ? first : context.Scenario.Quarters.FirstOrDefault(q => q >= first && site.Makes(node, q), first);
    }

    private static string? NodeOf(Offer offer, Chip chip) => offer.Node ?? chip.Node;

    private static OfferedChip Price(ChainContext context, Chip chip, IEnumerable<Offer> offers)
    {
        Economics economics = context.Scenario.Economics;
        double watts = WattsAtMeter(chip, economics);
        double energy = watts * economics.Electricity;
        List<double> prices = [.. offers.Select(o => MeanPrice(context, o) + o.SystemPrice)];
        double capital = prices.Count > 0 ? prices.Min() : chip.Price?.Value * CostBasis.Default.CapitalPerChipPrice ?? 0;
        double rate = (capital / economics.ChipLife) + (capital * economics.Operations / SecondsPerYear) + energy;
        return new OfferedChip(context.Chips.Model(chip.Name), watts, rate);
    }

    // The catalogue's system power includes the facility; without one, the chip's limit times a measured ratio, times PUE.
    private static double WattsAtMeter(Chip chip, Economics economics) =>
        chip.SystemPower?.Value ?? (chip.Tdp * CostBasis.Default.SystemPowerPerTdp * economics.Pue);

    private static double MeanPrice(ChainContext context, Offer offer) =>
        context.Scenario.Quarters.Where(q => q >= (offer.FirstOrder ?? context.Scenario.Quarters[0])).DefaultIfEmpty(context.Scenario.Quarters[^1]).Average(offer.Price!.At);
}
