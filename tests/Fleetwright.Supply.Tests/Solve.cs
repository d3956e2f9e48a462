using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Tests;

/// <summary>Solving in tests: closely, with the solver asked for, skipping where it is not installed.</summary>
internal static class Solve
{
    public static SupplyOptions Closely { get; } = new() { Solver = SolverChoice.Cbc, RelativeGap = 1e-7, ShadowPrices = false };

    public static ISolver Solver(SolverChoice choice)
    {
        ISolver? solver = SolverLocator.Find(choice);
        Assert.SkipWhen(solver is null, $"The solver {choice} is not installed here.");
        return solver!;
    }

    /// <summary>The checked plan.</summary>
    public static SupplyPlan Plan(SupplyProblem problem, SupplyOptions? options = null)
    {
        Solver((options ?? Closely).Solver);
        SupplyResult result = SupplyPlanner.Solve(problem, options ?? Closely, TestContext.Current.CancellationToken);
        Assert.Equal("", result.Reason);
        Assert.Empty(PlanChecker.Check(problem, result.Plan!));
        return result.Plan!;
    }

    public static LinearSolution Linear(LinearModel model, SolverChoice choice = SolverChoice.Cbc) =>
        Solver(choice).Solve(model, 1e-9, 100000, TestContext.Current.CancellationToken);

    public static double Ordered(this SupplyPlan plan, string offer) => plan.Orders.Where(o => o.OfferId == offer).Sum(o => o.Units);

    public static void Near(double expected, double actual, double relative = 1e-6) =>
        Assert.InRange(actual, expected - (relative * Math.Abs(expected)), expected + (relative * Math.Abs(expected)));
}
