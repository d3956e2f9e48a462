using System.Diagnostics;
using System.Text.Json;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Tests;

public class DefaultSizeTests(ITestOutputHelper output)
{
    [Fact]
    public void The_default_size_is_planned_to_one_percent_in_under_thirty_seconds_and_checks()
    {
        SupplyProblem problem = Samples.Default();
        Stopwatch watch = Stopwatch.StartNew();
        SupplyPlan plan = SupplyPlanner.Solve(problem, new SupplyOptions { Solver = SolverChoice.Cbc, ShadowPrices = false }, TestContext.Current.CancellationToken).Plan!;
        output.WriteLine($"{problem.Scenarios.Count} scenarios, {watch.Elapsed.TotalSeconds:F2} s, objective {plan.ObjectiveDollars / 1e9:F3} bn, gap {plan.Gap:P2}, CVaR {plan.ConditionalValueAtRiskDollars / 1e9:F3}");
        output.WriteLine(JsonSerializer.Serialize(plan.ExpectedCost));
        foreach (var c in plan.Contracts) output.WriteLine(c.ToString());
        foreach (var g in plan.Orders.GroupBy(o => o.OfferId)) output.WriteLine($"{g.Key}: {string.Join(' ', g.Select(l => $"{l.OrderQuarter}:{l.Units:F0}"))}");
        foreach (var g in plan.ExpectedUnserved) output.WriteLine($"unserved {g.Key}: {string.Join(' ', g.Value.Select(l => $"{l:G4}"))}");
        Assert.Empty(PlanChecker.Check(problem, plan));
        Assert.True(plan.Gap <= 0.0101);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
    }
}
