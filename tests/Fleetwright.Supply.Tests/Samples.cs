using Fleetwright.Catalog.Units;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Uncertainty;

namespace Fleetwright.Supply.Tests;

/// <summary>Problems to test with.</summary>
internal static class Samples
{
    public static double[] Flat(double value, int quarters) => [.. Enumerable.Repeat(value, quarters)];

    public static Dictionary<string, double> Rates(params (string Chip, double Rate)[] rates) => rates.ToDictionary(r => r.Chip, r => r.Rate);

    /// <summary>One chip, one site, one workload, one quarter unless said otherwise; no discount, no energy cost, a life of the horizon.</summary>
    public static SupplyProblem Small(int quarters = 1, double price = 1000, double penalty = 5000, double demand = 10000, int lead = 0) => new()
    {
        Quarters = [.. Enumerable.Range(0, quarters).Select(t => Quarter.Parse("2024Q1").Plus(t))],
        Sites = [new SupplySite("fab-a", "Fab A", "A"), new SupplySite("pack-a", "Packaging A", "A"), new SupplySite("fab-b", "Fab B", "B"), new SupplySite("pack-b", "Packaging B", "B")],
        Chips = [new ChipKind("x", "X", 1000, 0, quarters)],
        Offers = [Offer("x-a", "x", "fab-a", "pack-a", quarters, price, lead)],
        PowerWattsByQuarter = Flat(1e9, quarters),
        EnergyDollarsPerJouleByQuarter = Flat(0, quarters),
        Workloads =
        [
            new SupplyWorkload
            {
                Id = "serve", Unit = "tokens", DemandByQuarter = Flat(demand, quarters), UnitsPerSecondByChip = Rates(("x", 1)),
                UnservedDollarsPerUnitQuarter = penalty,
            },
        ],
    };

    public static SupplyOffer Offer(string id, string chip, string fab, string packaging, int quarters, double price, int lead = 0, double capacity = 1e6) => new()
    {
        Id = id,
        ChipId = chip,
        Maker = id + " maker",
        FabSiteId = fab,
        PackagingSiteId = packaging,
        UnitPriceByQuarter = Flat(price, quarters),
        CapacityByQuarter = Flat(capacity, quarters),
        LeadQuartersByQuarter = SupplyOffer.Lead(lead, quarters),
    };

    public static SupplyProblem With(this SupplyProblem problem, params SupplyScenario[] scenarios) => problem with { Scenarios = scenarios };

    /// <summary>A future with a multiple of demand in every quarter.</summary>
    public static SupplyScenario Demand(this SupplyProblem problem, string id, double probability, double multiple) => new()
    {
        Id = id,
        Probability = probability,
        DemandMultipliers = problem.Workloads.ToDictionary(w => w.Id, w => (IReadOnlyList<double>)Flat(multiple, problem.Quarters.Count)),
    };

    /// <summary>
    /// The size and shape of the default scenario: 12 quarters, 8 offers of 6 kinds of chip, 4 workloads of which one is a training job.
    /// The figures are round ones in the range of the research notes; nothing is concluded from them but time and consistency.
    /// </summary>
    public static SupplyProblem Default(int scenarios = 36)
    {
        const int n = 12;
        double[] Ramp(double from, double to) => [.. Enumerable.Range(0, n).Select(t => from + ((to - from) * t / (n - 1)))];
        SupplyOffer Make(string id, string chip, string fab, string pack, double price, double priceEnd, double capacity, int lead, double hbmGb, double cowos) =>
            Offer(id, chip, fab, pack, n, price, lead) with
            {
                UnitPriceByQuarter = Ramp(price, priceEnd),
                CapacityByQuarter = Ramp(capacity, 2 * capacity),
                ResourcePerUnit = Rates(("hbm", hbmGb), ("cowos", cowos)),
            };
        SupplyProblem problem = new()
        {
            Quarters = [.. Enumerable.Range(0, n).Select(t => Quarter.Parse("2024Q1").Plus(t))],
            Sites =
            [
                new("tsmc-n5", "TSMC Fab 18", "Taiwan", 6), new("tsmc-cowos", "TSMC CoWoS", "Taiwan", 4), new("samsung-fab", "Samsung Pyeongtaek", "South Korea", 4),
                new("samsung-pack", "Samsung Cheonan", "South Korea", 4), new("taylor", "Samsung Taylor", "USA", 4), new("hbm-korea", "Korean HBM", "South Korea", 4),
            ],
            Resources = [new("hbm", "HBM", "GB", Ramp(2e7, 4e7), "hbm-korea"), new("cowos", "CoWoS", "wafers", Ramp(5000, 16000), "tsmc-cowos")],
            Chips =
            [
                new("h100", "H100", 1450, 900, 20), new("h200", "H200", 1450, 950, 20), new("mi300x", "MI300X", 1550, 900, 20), new("b200", "B200", 2000, 1000, 20),
                new("mtia2i", "MTIA 2i", 160, 150, 20), new("mtia2i-samsung", "MTIA 2i on SF4", 170, 150, 20),
            ],
            Offers =
            [
                Make("h100-tsmc", "h100", "tsmc-n5", "tsmc-cowos", 30000, 25000, 90000, 3, 80, 1 / 28.5),
                Make("h200-tsmc", "h200", "tsmc-n5", "tsmc-cowos", 34000, 28000, 60000, 3, 141, 1 / 28.5) with { EarliestOrderQuarter = 1 },
                Make("b200-tsmc", "b200", "tsmc-n5", "tsmc-cowos", 42000, 38000, 50000, 3, 192, 1 / 16.0) with { EarliestOrderQuarter = 3 },
                Make("mi300x-tsmc", "mi300x", "tsmc-n5", "tsmc-cowos", 20000, 17000, 40000, 2, 192, 1 / 15.0) with { FixedDollars = 2e7, MinimumUnits = 5000 },
                Make("mtia-tsmc", "mtia2i", "tsmc-n5", "samsung-pack", 3500, 3000, 200000, 3, 0, 0) with { MinimumUnits = 50000, FixedDollars = 5e7 },
                Make("mtia-samsung", "mtia2i-samsung", "samsung-fab", "samsung-pack", 3900, 3400, 120000, 3, 0, 0)
                    with { FixedDollars = 1.5e8, MinimumUnits = 40000, EarliestOrderQuarter = 2 },
                Make("mtia-taylor", "mtia2i-samsung", "taylor", "samsung-pack", 4300, 3800, 80000, 3, 0, 0)
                    with { FixedDollars = 1.5e8, MinimumUnits = 20000, EarliestOrderQuarter = 6 },
                Make("mi300x-korea", "mi300x", "tsmc-n5", "samsung-pack", 22000, 19000, 20000, 3, 192, 0) with { FixedDollars = 5e7, MinimumUnits = 10000 },
            ],
            Owned = [new("h100", "NVIDIA", [200000, 50000, 50000, 50000, 0, 0, 0, 0, 0, 0, 0, 0], "tsmc-n5", "tsmc-cowos")],
            Rentals = [new("h100", Flat(6000, n), Flat(50000, n))],
            PowerWattsByQuarter = Ramp(6e8, 2.2e9),
            EnergyDollarsPerJouleByQuarter = Flat(0.07 / 3.6e6, n),
            Workloads =
            [
                Work("assistant", Ramp(2e7, 2e8), 60, ("h100", 700), ("h200", 1100), ("mi300x", 900), ("b200", 2500)),
                Work("headset", Ramp(1e6, 3e7), 90, ("h100", 1500), ("h200", 2000), ("mi300x", 1700), ("b200", 4500)),
                Work("ranking", Ramp(6e8, 1.5e9), 3, ("h100", 5000), ("h200", 5500), ("mi300x", 5200), ("b200", 8000), ("mtia2i", 2500), ("mtia2i-samsung", 2500)),
                new SupplyWorkload
                {
                    Id = "training", Unit = "FLOP", DemandByQuarter = [0, 2e19, 2e19, 2e19, 0, 0, 4e19, 4e19, 4e19, 0, 0, 0], UnservedDollarsPerUnitQuarter = 3e-11,
                    UnitsPerSecondByChip = Rates(("h100", 4e14), ("h200", 4e14), ("mi300x", 4e14), ("b200", 9e14)), IsMovable = true,
                },
            ],
            DiscountPerYear = 0.08,
            RiskWeight = 0.3,
        };
        return problem with { Scenarios = ScenarioGenerator.Generate(problem, Risks(n), scenarios) };

        static SupplyWorkload Work(string id, double[] demand, double penalty, params (string, double)[] rates) => new()
        {
            Id = id,
            Unit = "tokens",
            DemandByQuarter = demand,
            UnservedDollarsPerUnitQuarter = penalty,
            UnitsPerSecondByChip = Rates(rates),
        };
    }

    private static SupplyRisks Risks(int quarters)
    {
        double[] Growth(double perQuarter) => [.. Enumerable.Range(0, quarters).Select(t => Math.Pow(perQuarter, t))];
        Dictionary<string, IReadOnlyList<double>> All(double perQuarter) => new() { ["*"] = Growth(perQuarter) };
        return new SupplyRisks
        {
            Outages = [new("Taiwan stops", ["tsmc-n5", "tsmc-cowos"], 0.1, 4), new("Korea stops", ["samsung-fab", "samsung-pack", "hbm-korea"], 0.03, 2)],
            Shortages = [new("HBM short", "hbm", 0.25, 0.6)],
            DemandPaths = [new("low", 0.25, All(0.96)), new("mid", 0.5, All(1)), new("high", 0.25, All(1.04))],
        };
    }
}
