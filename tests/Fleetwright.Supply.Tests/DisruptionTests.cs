using Fleetwright.Supply.Analysis;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Tests;

public class DisruptionTests
{
    [Fact]
    public void An_outage_costs_the_deliveries_of_its_quarters()
    {
        (SupplyProblem problem, SupplyPlan plan) = Growing();
        Disruption stop = new("A stops", ["fab-a"], 1, 2);
        DisruptionOutcome outcome = Assert.Single(SupplyAnalysis.Disrupt(problem, plan, [stop], Solve.Closely, TestContext.Current.CancellationToken).Value!);

        // Chips made in quarters 1 and 2 would have come in 2 and 3, a thousand each; the rest comes.
        Assert.Equal([0, 0, 1.0 / 3, 2.0 / 4, 2.0 / 5], outcome.LostShare["serve"], new Close());
        Solve.Near(5000 * 1000.0 * (1 + 2 + 2), outcome.DamageDollars, 1e-5);
        Assert.True(outcome.ExtraDollars < outcome.DamageDollars);
        Assert.Equal(0, outcome.Undisturbed.Cost.UnservedDollars);
    }

    [Fact]
    public void The_plan_survives_as_long_as_its_stock_meets_demand()
    {
        (SupplyProblem problem, SupplyPlan plan) = Growing();
        SurvivalTime[] times = [.. SupplyAnalysis.TimeToSurvive(problem, plan, Solve.Closely, TestContext.Current.CancellationToken).Value!];

        // A chip made in a quarter comes in the next, and every quarter needs the new ones. Site B makes nothing.
        Assert.Equal([1, 1, 1, 1, null], times.Single(t => t.SiteId == "fab-a").QuartersByStart);
        Assert.True(times.Single(t => t.SiteId == "fab-a").IsExposed);
        Assert.All(times.Single(t => t.SiteId == "fab-b").QuartersByStart, q => Assert.Null(q));
        Assert.False(times.Single(t => t.SiteId == "fab-b").IsExposed);
    }

    [Fact]
    public void Replaying_a_plan_on_its_own_futures_gives_its_own_costs()
    {
        SupplyProblem problem = Samples.Default(12) with { RiskWeight = 0 };
        SupplyPlan plan = Solve.Plan(problem, new SupplyOptions { Solver = SolverChoice.Cbc, RelativeGap = 0.02, ShadowPrices = false });
        IReadOnlyList<ScenarioOutcome> again = SupplyAnalysis.Replay(problem, plan, problem.Scenarios, Solve.Closely, TestContext.Current.CancellationToken).Value!;
        Solve.Near(plan.ExpectedCost.TotalDollars, again.Sum(o => o.Probability * o.Cost.TotalDollars), 1e-5);
    }

    [Fact]
    public void The_number_of_processes_does_not_change_an_analysis()
    {
        (SupplyProblem problem, SupplyPlan plan) = Growing();
        double[] Costs(int parallelism) => [.. SupplyAnalysis.Disrupt(
            problem,
            plan,
            [.. Enumerable.Range(0, 40).Select(i => new Disruption($"stop {i}", ["fab-a"], i % 5, 1 + (i / 5)))],
            Solve.Closely with { Parallelism = parallelism },
            TestContext.Current.CancellationToken).Value!.Select(o => o.ExtraDollars)];
        Assert.Equal(Costs(1), Costs(2));
    }

    /// <summary>A thousand chips a quarter more each quarter, made in the quarter before.</summary>
    private static (SupplyProblem Problem, SupplyPlan Plan) Growing()
    {
        SupplyProblem problem = Samples.Small(5, lead: 1);
        problem = problem with
        {
            Sites = [.. problem.Sites.Select(s => s with { RecoveryQuarters = 4 })],
            Owned = [new OwnedChips("x", "m", [1000, 0, 0, 0, 0])],
            Offers = [problem.Offers[0] with { CapacityByQuarter = Samples.Flat(1000, 5) }],
            Workloads = [problem.Workloads[0] with { DemandByQuarter = [1000, 2000, 3000, 4000, 5000] }],
        };
        return (problem, Solve.Plan(problem));
    }

    private sealed class Close : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) < 1e-5;

        public int GetHashCode(double obj) => 0;
    }
}
