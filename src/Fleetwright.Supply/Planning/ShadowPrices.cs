using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Planning;

/// <summary>What one unit more of each limit would be worth: the duals of the linear programme that is left when contracts are held as signed and lots may be split.</summary>
internal static class ShadowPrices
{
    public static IReadOnlyList<BindingLimit> Of(
        SupplyProblem problem, LinearSolution solved, ISolver solver, CancellationToken cancellation)
    {
        PlanModel model = PlanModel.Build(problem);
        foreach (int sign in model.Sign.Where(c => c != PlanModel.None))
        {
            model.Linear.Relax(sign);
            model.Linear.Fix(sign, Math.Round(solved.Values[sign]));
        }

        foreach (OrderColumn order in model.Orders)
        {
            // Without its own upper bound, so that the worth of a capacity shows at the row that states it.
            model.Linear.Relax(order.Column);
        }

        LinearSolution solution = solver.Solve(model.Linear, 0, 0, cancellation);
        return solution.Status == LinearStatus.Solved && solution.Duals.Length > 0 ? [.. Read(model, solution.Duals)] : [];
    }

    private static IEnumerable<BindingLimit> Read(PlanModel model, double[] duals)
    {
        // A row's right-hand side counts thousands of chips (or of chips' worth of a resource) or megawatts, the objective millions of dollars.
        const double perChip = PlanModel.DollarsPerUnit / PlanModel.ChipsPerUnit;
        for (int t = 0; t < model.Quarters; t++)
        {
            double worth = -Enumerable.Range(0, model.Problem.Scenarios.Count)
                .Sum(s => model.PowerRow[s, t] is >= 0 and int row ? duals[row] : 0);
            if (worth > 1e-7)
            {
                // Millions of dollars a megawatt are dollars a watt.
                yield return new BindingLimit(LimitKind.Power, "", t, worth);
            }
        }

        foreach ((int row, int resource, int quarter, double scale) in model.ResourceRows)
        {
            if (-duals[row] > 1e-7)
            {
                yield return new BindingLimit(LimitKind.Resource, model.Problem.Resources[resource].Id, quarter, -duals[row] * perChip / scale);
            }
        }

        foreach ((int row, int offer, int quarter) in model.CapacityRows)
        {
            if (-duals[row] > 1e-7)
            {
                yield return new BindingLimit(LimitKind.Capacity, model.Problem.Offers[offer].Id, quarter, -duals[row] * perChip);
            }
        }
    }
}
