using Fleetwright.Supply.Analysis;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Uncertainty;

namespace Fleetwright.Supply.Tests;

/// <summary>Answers move the way that a person expects.</summary>
public class DirectionTests
{
    [Fact]
    public void A_dearer_offer_is_not_bought_more()
    {
        double last = double.PositiveInfinity;
        foreach (double price in new[] { 800.0, 1100, 1300, 2000 })
        {
            double ordered = Solve.Plan(TwoSources(0.2, priceOfA: price)).Ordered("x-a");
            Assert.True(ordered <= last + 1);
            last = ordered;
        }

        Assert.Equal(0, last);
    }

    [Fact]
    public void Without_the_risk_of_an_outage_the_plan_is_cheaper_and_has_one_source()
    {
        SupplyPlan risky = Solve.Plan(TwoSources(0.2));
        SupplyPlan safe = Solve.Plan(TwoSources(0));
        Assert.True(safe.ObjectiveDollars < risky.ObjectiveDollars);
        Assert.True(risky.Ordered("x-b") > 1000);
        Assert.Equal(0, safe.Ordered("x-b"));
    }

    [Fact]
    public void Less_power_means_no_more_chips_and_no_less_cost()
    {
        SupplyPlan much = Solve.Plan(TwoSources(0.2));
        SupplyPlan little = Solve.Plan(TwoSources(0.2) with { PowerWattsByQuarter = Samples.Flat(6e6, 6) });
        Assert.True(little.Orders.Sum(o => o.Units) < much.Orders.Sum(o => o.Units));
        Assert.True(little.ObjectiveDollars > much.ObjectiveDollars);
        Assert.All(little.Scenarios, s => Assert.All(s.PowerWatts, w => Assert.InRange(w, 0, 6e6 * (1 + 1e-6))));
    }

    [Fact]
    public void More_demand_does_not_cost_less()
    {
        SupplyProblem problem = TwoSources(0.2);
        SupplyWorkload work = problem.Workloads[0];
        SupplyProblem more = problem with { Workloads = [work with { DemandByQuarter = [.. work.DemandByQuarter.Select(d => 1.2 * d)] }] };
        Assert.True(Solve.Plan(more).ObjectiveDollars > Solve.Plan(problem).ObjectiveDollars);
    }

    [Fact]
    public void A_second_foundry_without_second_packaging_hedges_nothing()
    {
        SupplyProblem both = TwoSources(0.2);
        SupplyProblem one = both with { Offers = [both.Offers[0]] };
        SupplyProblem foundryOnly = both with { Offers = [both.Offers[0], both.Offers[1] with { PackagingSiteId = "pack-a" }] };
        double alone = Solve.Plan(one).ObjectiveDollars;
        Solve.Near(alone, Solve.Plan(foundryOnly).ObjectiveDollars);
        Assert.True(Solve.Plan(both).ObjectiveDollars < 0.95 * alone);
    }

    [Fact]
    public void A_second_foundry_and_packaging_whose_memory_comes_from_the_site_that_stops_hedges_nothing()
    {
        SupplyProblem both = TwoSources(0.2);
        SupplyProblem memory = both with
        {
            Resources = [new SharedResource("hbm", "HBM", "GB", Samples.Flat(1e9, 6), "fab-a")],
            Offers = [.. both.Offers.Select(o => o with { ResourcePerUnit = Samples.Rates(("hbm", 80)) })],
        };
        Solve.Near(Solve.Plan(both with { Offers = [both.Offers[0]] }).ObjectiveDollars, Solve.Plan(memory).ObjectiveDollars);
    }

    [Fact]
    public void A_site_whose_node_cannot_make_the_chip_changes_nothing()
    {
        // Such a site has no offer; there is no way to order from it by mistake.
        SupplyProblem problem = TwoSources(0.2);
        SupplyProblem with = problem with { Sites = [.. problem.Sites, new SupplySite("jasm", "JASM Kumamoto", "Japan")] };
        Assert.Equal(Solve.Plan(problem).Orders, Solve.Plan(with).Orders);
    }

    [Fact]
    public void Power_that_binds_has_the_worth_of_the_chips_that_it_holds_back()
    {
        // 10 kW short: each watt would run a thousandth of a chip, which costs 1 and saves 5.
        SupplyProblem problem = Samples.Small() with { PowerWattsByQuarter = [9.99e6] };
        BindingLimit limit = Assert.Single(Solve.Plan(problem, Solve.Closely with { ShadowPrices = true }).BindingLimits);
        Assert.Equal((LimitKind.Power, 0), (limit.Kind, limit.Quarter));
        Solve.Near(4, limit.DollarsPerUnit);
    }

    [Fact]
    public void A_capacity_that_binds_has_the_worth_of_the_chips_that_it_holds_back()
    {
        SupplyProblem problem = Samples.Small();
        problem = problem with { Offers = [problem.Offers[0] with { CapacityByQuarter = [9000], MinimumUnits = 1 }] };
        BindingLimit limit = Assert.Single(Solve.Plan(problem, Solve.Closely with { ShadowPrices = true }).BindingLimits);
        Assert.Equal((LimitKind.Capacity, "x-a", 0), (limit.Kind, limit.Id, limit.Quarter));
        Solve.Near(4000, limit.DollarsPerUnit);
    }

    [Fact]
    public void A_memory_that_binds_has_the_worth_of_the_chips_that_it_holds_back()
    {
        // 4000 dollars a chip of 80 GB are 50 a GB.
        SupplyProblem problem = Samples.Small() with { Resources = [new SharedResource("hbm", "HBM", "GB", [72e4])] };
        problem = problem with { Offers = [problem.Offers[0] with { ResourcePerUnit = Samples.Rates(("hbm", 80)) }] };
        BindingLimit limit = Assert.Single(Solve.Plan(problem, Solve.Closely with { ShadowPrices = true }).BindingLimits);
        Assert.Equal((LimitKind.Resource, "hbm", 0), (limit.Kind, limit.Id, limit.Quarter));
        Solve.Near(50, limit.DollarsPerUnit);
    }

    /// <summary>Six quarters of growing demand for one kind of chip, from A at a lower price or from B under a contract, while A's country may stop for three quarters.</summary>
    private static SupplyProblem TwoSources(double probability, double priceOfA = 1000)
    {
        const int n = 6;
        SupplyProblem problem = Samples.Small(n, priceOfA, penalty: 6000, lead: 1);
        problem = problem with
        {
            Offers =
            [
                problem.Offers[0],
                Samples.Offer("x-b", "x", "fab-b", "pack-b", n, 1200, lead: 1) with { FixedDollars = 5e5, MinimumUnits = 1000 },
            ],
            Workloads = [problem.Workloads[0] with { DemandByQuarter = [0, 4000, 8000, 12000, 16000, 20000] }],
        };
        SupplyRisks risks = new() { Outages = [new SiteOutageRisk("A stops", ["fab-a", "pack-a"], probability, 3)] };
        return problem with { Scenarios = ScenarioGenerator.Generate(problem, risks) };
    }
}
