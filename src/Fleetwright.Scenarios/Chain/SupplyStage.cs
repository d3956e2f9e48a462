using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Uncertainty;

namespace Fleetwright.Scenarios.Chain;

/// <summary>Load of one workload as the supply plan needs it.</summary>
/// <param name="Name">The workload or training job.</param>
/// <param name="Title">Its title.</param>
/// <param name="Unit">Unit of the load.</param>
/// <param name="Demand">Units per second by quarter: busiest hour for serving, even rate for training.</param>
/// <param name="LoadPerChip">Units per second that one chip of each kind takes.</param>
/// <param name="UnservedPrice">Dollars per unit that is not served.</param>
/// <param name="MeanShare">Mean over peak of the load: what share of a quarter's peak is really asked for.</param>
/// <param name="IsTraining">Whether only the total over the window counts.</param>
/// <param name="UnservedLimit">Largest share that may go unserved, 0 to 1.</param>
internal sealed record Load(
    string Name, string Title, string Unit, double[] Demand, IReadOnlyDictionary<string, double> LoadPerChip, double UnservedPrice, double MeanShare, bool IsTraining,
    double UnservedLimit = 1);

/// <summary>States the scenario's offers, limits, risks and loads as a supply problem. No decision is made here.</summary>
internal static class SupplyStage
{
    private const int MaximumFutures = 32;

    public static SupplyProblem Problem(ChainContext context, OfferedChips offered, IReadOnlyList<Load> loads)
    {
        Scenario scenario = context.Scenario;
        SupplyProblem problem = new()
        {
            Quarters = scenario.Quarters,
            Sites = [.. offered.Offers.SelectMany(o => new[] { o.Site, o.Packaging }).Distinct().Select(context.Catalog.Sites.Get).DistinctBy(s => s.Name)
                .Select(s => new SupplySite(s.Name, s.Title, s.Country))],
            Resources = [.. scenario.Resources.Select(r => new Fleetwright.Supply.Problem.SharedResource(r.Name, r.Title, Unit(r.Title), context.ByQuarter(r.Capacity)))],
            Chips = [.. offered.Chips.Select(c => ChipKind(context, offered, c))],
            Offers = [.. offered.Offers.Select(o => Offer(context, o))],
            Owned = [.. scenario.Owned.Select(o => Owned(context, o))],
            Rentals = Rentals(context),
            PowerWattsByQuarter = context.ByQuarter(scenario.PowerAvailable),
            EnergyDollarsPerJouleByQuarter = [.. scenario.Quarters.Select(_ => scenario.Economics.Electricity.Value)],
            Workloads = [.. loads.Select(l => new SupplyWorkload
            {
                Id = l.Name,
                Unit = l.Unit,
                DemandByQuarter = l.Demand,
                UnitsPerSecondByChip = l.LoadPerChip,
                UnservedDollarsPerUnitQuarter = l.UnservedPrice * Quarter.Seconds * l.MeanShare,
                IsMovable = l.IsTraining,
                MaximumUnservedShare = l.UnservedLimit,
            })],
            DiscountPerYear = scenario.Economics.DiscountRate,
            RiskWeight = scenario.Plan.RiskWeight,
            RiskLevel = scenario.Plan.TailLevel,
        };
        return problem with { Scenarios = ScenarioGenerator.Generate(problem, RisksOf(scenario, problem, context), MaximumFutures, scenario.Seed) };
    }

    /// <summary>The sites that an outage of <paramref name="place"/> stops: those in the country, or the one of that name.</summary>
    public static IReadOnlyList<string> SitesOf(ChainContext context, SupplyProblem problem, string place) =>
        [.. problem.Sites.Where(s => s.Country == place || s.Id == (context.Catalog.Sites.Find(place)?.Name ?? place)).Select(s => s.Id)];

    private static string Unit(string title) => title.Contains('(', StringComparison.Ordinal) ? title.Split('(', ')')[1] : title.Split(' ').ElementAtOrDefault(1)?.ToLowerInvariant() ?? "units";

    private static ChipKind ChipKind(ChainContext context, OfferedChips offered, OfferedChip chip)
    {
        Economics economics = context.Scenario.Economics;
        double price = offered.Offers.Where(o => o.Chip == chip.Name)
            .Select(o => o.Price!.At(context.Scenario.Quarters[0]) + o.SystemPrice).DefaultIfEmpty(chip.Model.Chip.Price?.Value ?? 0).Min();
        return new ChipKind(
            chip.Name, chip.Model.Chip.Title, chip.WattsAtMeter, price * economics.Operations * Quarter.Seconds / OfferedChips.SecondsPerYear,
            Math.Max(1, (int)Math.Round(economics.ChipLife / Quarter.Seconds)));
    }

    private static SupplyOffer Offer(ChainContext context, Offer offer)
    {
        Scenario scenario = context.Scenario;
        int lead = (int)Math.Ceiling((offer.LeadTime / Quarter.Seconds) - 0.05);
        int first = offer.FirstOrder is { } start ? Math.Clamp(start.Index - scenario.Quarters[0].Index, 0, context.Quarters - 1) : 0;
        return new SupplyOffer
        {
            Id = offer.Name,
            ChipId = offer.Chip,
            Maker = offer.Maker,
            FabSiteId = context.Catalog.Sites.Get(offer.Site).Name,
            PackagingSiteId = context.Catalog.Sites.Get(offer.Packaging).Name,
            Node = offer.Node ?? "",
            UnitPriceByQuarter = [.. context.ByQuarter(offer.Price!).Select(p => p + offer.SystemPrice)],
            // The capacity of the quarter of order becomes the capacity of the quarter of delivery.
            CapacityByQuarter = [.. Enumerable.Range(0, context.Quarters).Select(t => t - lead < first ? 0 : offer.Capacity.At(scenario.Quarters[t].Plus(-lead)))],
            LeadQuartersByQuarter = SupplyOffer.Lead(lead, context.Quarters),
            EarliestOrderQuarter = first,
            MinimumUnits = offer.MinimumOrder?.Value ?? 0,
            FixedDollars = offer.ContractCost?.Value ?? 0,
            ResourcePerUnit = offer.Uses.ToDictionary(u => u.Resource, u => u.PerChip),
        };
    }

    private static Fleetwright.Supply.Problem.OwnedChips Owned(ChainContext context, Inputs.OwnedChips owned)
    {
        double[] number = context.ByQuarter(owned.Number);
        return new(
            context.Chips.Get(owned.Chip).Name,
            context.Chips.Get(owned.Chip).Vendor,
            [.. number.Select((n, t) => Math.Max(0, t == 0 ? n : n - number[t - 1]))]);
    }

    private static List<RentalOffer> Rentals(ChainContext context) =>
        context.Scenario.Plan is { RentalChip: { } chip, RentalPrice: { } price, RentalLimit: { } limit }
            ? [new RentalOffer(context.Chips.Get(chip).Name, [.. context.ByQuarter(price).Select(p => p * Quarter.Seconds)], context.ByQuarter(limit))]
            : [];

    private static SupplyRisks RisksOf(Scenario scenario, SupplyProblem problem, ChainContext context) => new()
    {
        Outages = [.. scenario.Risks.Outages
            .Select(o => new SiteOutageRisk(o.Name, SitesOf(context, problem, o.Place), o.Probability, o.Quarters))
            .Where(o => o.SiteIds.Count > 0)],
        Shortages = [.. scenario.Risks.Shortages.Select(s => new ShortageRisk(
            s.Name, s.Resource, s.Probability, s.Remaining, s.Quarters, [Math.Clamp(s.First.Index - scenario.Quarters[0].Index, 0, scenario.Quarters.Count - 1)]))],
        DemandPaths = [.. scenario.Risks.Demand.Select(d => new Fleetwright.Supply.Uncertainty.DemandPath(
            d.Name, d.Probability, new Dictionary<string, IReadOnlyList<double>>
            {
                // A training job is one decision; only what people ask for follows the paths.
                ["*"] = context.ByQuarter(d.Factor),
            }.Concat(scenario.Training.Select(t => KeyValuePair.Create<string, IReadOnlyList<double>>(t.Name, [.. scenario.Quarters.Select(_ => 1.0)])))
            .ToDictionary(p => p.Key, p => p.Value)))],
    };
}
