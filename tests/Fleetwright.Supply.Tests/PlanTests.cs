using Fleetwright.Catalog.Reading;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Tests;

/// <summary>One rule of the plan at a time, on problems whose answer can be told by hand.</summary>
public class PlanTests
{
    [Fact]
    public void Orders_come_in_whole_lots()
    {
        SupplyProblem problem = Samples.Small(demand: 1000);
        problem = problem with { Offers = [problem.Offers[0] with { LotUnits = 72 }] };
        Assert.Equal(14 * 72, Solve.Plan(problem).Ordered("x-a"));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(39e6, true)]
    [InlineData(41e6, false)]
    public void A_contract_is_signed_when_it_saves_more_than_it_costs(double fixedDollars, bool isSigned)
    {
        // 10,000 chips at 1000 save 10,000 x 5000 of penalties: 40 million.
        SupplyProblem problem = Samples.Small();
        problem = problem with { Offers = [problem.Offers[0] with { FixedDollars = fixedDollars, MinimumUnits = 1 }] };
        Assert.Equal(isSigned, Assert.Single(Solve.Plan(problem).Contracts).IsSigned);
    }

    [Fact]
    public void A_contract_signed_before_binds_to_its_minimum()
    {
        SupplyProblem problem = Samples.Small(demand: 1000);
        problem = problem with { Offers = [problem.Offers[0] with { IsSigned = true, MinimumUnits = 1500, FixedDollars = 1e9 }] };
        SupplyPlan plan = Solve.Plan(problem);
        Solve.Near(1500, plan.Ordered("x-a"));
        Assert.Equal(0, plan.ExpectedCost.FixedDollars);
    }

    [Fact]
    public void Buying_late_is_charged_for_the_quarters_of_use_only()
    {
        // Without discount, one quarter of a life of four costs a quarter of the price: 250 to save 5000.
        SupplyProblem problem = Samples.Small(4) with { Chips = [new ChipKind("x", "X", 1000, 0, 4)] };
        problem = problem with { Workloads = [problem.Workloads[0] with { DemandByQuarter = [0, 0, 0, 10000] }] };
        SupplyPlan plan = Solve.Plan(problem);
        Solve.Near(2.5e6, plan.ObjectiveDollars);
        Solve.Near(7.5e6, plan.ExpectedCost.SalvageDollars);
    }

    [Fact]
    public void Without_demand_and_offers_nothing_is_planned()
    {
        SupplyPlan plan = Solve.Plan(Samples.Small(demand: 0) with { Offers = [] });
        Assert.Equal((0.0, 0), (plan.ObjectiveDollars, plan.Orders.Count));
    }

    [Fact]
    public void Chips_retire_at_the_end_of_their_life()
    {
        SupplyProblem problem = Samples.Small(4) with { Chips = [new ChipKind("x", "X", 1000, 0, 2)], Offers = [], Owned = [new OwnedChips("x", "m", [100, 10, 0, 0])] };
        Assert.Equal([100, 110, 10, 0], Solve.Plan(problem).Scenarios[0].Fleet["x"]);
    }

    [Fact]
    public void A_training_job_moves_to_the_quarters_of_its_window_that_have_chips()
    {
        SupplyProblem problem = Samples.Small(3) with { Offers = [], Owned = [new OwnedChips("x", "m", [0, 0, 20000], "fab-a")] };
        problem = problem with { Workloads = [problem.Workloads[0] with { DemandByQuarter = [10000, 10000, 10000], IsMovable = true }] };
        Assert.Equal([0, 0, 10000], Solve.Plan(problem).ExpectedUnserved["serve"].Select(u => Math.Round(u, 3)));
    }

    [Fact]
    public void Rented_chips_step_in_for_a_demand_that_comes_with_the_future_and_need_no_power_of_ours()
    {
        SupplyProblem problem = Samples.Small() with
        {
            PowerWattsByQuarter = [10e6], Rentals = [new RentalOffer("x", [2000], [4000])],
        };
        SupplyPlan plan = Solve.Plan(problem.With(problem.Demand("mid", 0.8, 1), problem.Demand("high", 0.2, 2)));
        Assert.Equal([0.0, 4000], plan.Scenarios.Select(s => Math.Round(s.Rented["x"][0], 3)));
        Solve.Near(6000, plan.Scenarios[1].Unserved["serve"][0]);
    }

    [Fact]
    public void Chips_ordered_before_the_plan_are_lost_with_the_site_that_makes_them()
    {
        SupplyProblem problem = Samples.Small(3) with { Offers = [], Owned = [new OwnedChips("x", "m", [100, 100, 100], "fab-a")] };
        SupplyScenario stops = new()
        {
            Id = "stops", Probability = 1, SiteAvailability = new Dictionary<string, IReadOnlyList<double>> { ["fab-a"] = [1, 0, 1] },
        };
        Assert.Equal([100, 200, 200], Solve.Plan(problem.With(stops)).Scenarios[0].Fleet["x"]);
    }

    [Fact]
    public void A_shortage_cuts_the_deliveries_that_are_worth_least()
    {
        // Half the memory is left for orders of 5000 of each kind; y does twice the work for the same memory.
        SupplyProblem problem = Samples.Small(2, lead: 1, demand: 15000) with
        {
            Chips = [new ChipKind("x", "X", 1000, 0, 2), new ChipKind("y", "Y", 1000, 0, 2)],
            Resources = [new SharedResource("hbm", "HBM", "GB", [1e6, 1e6])],
        };
        SupplyOffer Offer(string chip) => Samples.Offer(chip, chip, "fab-a", "pack-a", 2, 10, lead: 1, capacity: 5000)
            with { ResourcePerUnit = Samples.Rates(("hbm", 100)), IsSigned = true, MinimumUnits = 5000 };
        problem = problem with
        {
            Offers = [Offer("x"), Offer("y")],
            Workloads = [problem.Workloads[0] with { UnitsPerSecondByChip = Samples.Rates(("x", 1), ("y", 2)), DemandByQuarter = [0, 15000] }],
        };
        SupplyScenario half = new()
        {
            Id = "half", Probability = 1, ResourceMultipliers = new Dictionary<string, IReadOnlyList<double>> { ["hbm"] = [0.5, 1] },
        };
        Assert.Equal([0.0, 5000], Solve.Plan(problem.With(half)).Scenarios[0].Deliveries.Select(d => Math.Round(d.DeliveredUnits, 3)));
    }

    [Fact]
    public void A_plan_that_cannot_serve_what_must_be_served_is_infeasible_with_the_place()
    {
        SupplyProblem problem = Samples.Small() with { PowerWattsByQuarter = [4e6] };
        problem = problem with { Workloads = [problem.Workloads[0] with { MaximumUnservedShare = 0.1 }] };
        Solve.Solver(Solve.Closely.Solver);
        SupplyResult result = SupplyPlanner.Solve(problem, Solve.Closely, TestContext.Current.CancellationToken);
        Assert.Equal(SupplyStatus.Infeasible, result.Status);
        Assert.Contains("60 % of serve would go unserved in 2024Q1", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_problem_that_makes_no_sense_is_refused_with_every_mistake()
    {
        SupplyProblem problem = Samples.Small(2);
        problem = problem with
        {
            PowerWattsByQuarter = [1],
            EnergyDollarsPerJouleByQuarter = [double.NaN, 0],
            Offers = [problem.Offers[0] with { FabSiteId = "fab-z", MinimumUnits = -1 }],
            Scenarios = [problem.Scenarios[0] with { Probability = 0.5 }],
        };
        Assert.Equal(5, Assert.Throws<InputException>(() => SupplyPlanner.Solve(problem, null, TestContext.Current.CancellationToken)).Diagnostics.Count);
    }
}
