using Fleetwright.Catalog.Reading;
using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Planning;

/// <summary>Finds the plan of least (1 − w) × expected cost + w × CVaR.</summary>
public static class SupplyPlanner
{
    /// <summary>Plans.</summary>
    /// <param name="problem">What to decide.</param>
    /// <param name="options">How to solve; null for the defaults.</param>
    /// <param name="cancellation">Ends the solver's process and removes its files.</param>
    /// <exception cref="InputException">The problem makes no sense; with every mistake found.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static SupplyResult Solve(SupplyProblem problem, SupplyOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SupplyOptions();
        ProblemCheck.ThrowIfWrong(problem);
        if (SolverLocator.Find(options.Solver, options.SolverSearchPath) is not { } solver)
        {
            return new SupplyResult(SupplyStatus.NoSolver, SolverLocator.Advice, null);
        }

        try
        {
            return Solve(problem, options, solver, null, cancellation);
        }
        catch (SolverException e)
        {
            return new SupplyResult(SupplyStatus.Failed, e.Message, null);
        }
    }

    /// <summary>Solves with a given solver, for a free first stage or a given one.</summary>
    internal static SupplyResult Solve(
        SupplyProblem problem, SupplyOptions options, ISolver solver, FirstStage? given, CancellationToken cancellation)
    {
        PlanModel model = PlanModel.Build(problem, given);
        LinearSolution solution = solver.Solve(model.Linear, options.RelativeGap, options.MaximumNodes, cancellation);
        switch (solution.Status)
        {
            case LinearStatus.Solved:
                SupplyPlan plan = PlanReader.Read(model, solution);
                return new SupplyResult(
                    SupplyStatus.Solved,
                    "",
                    options.ShadowPrices && given is null ? plan with { BindingLimits = ShadowPrices.Of(problem, solution, solver, cancellation) } : plan);
            case LinearStatus.Infeasible:
                return new SupplyResult(SupplyStatus.Infeasible, Infeasibility.Reason(problem, options, solver, given, cancellation), null);
            case LinearStatus.NothingFound:
                return new SupplyResult(SupplyStatus.Failed, $"{solution.Solver} found no plan within {options.MaximumNodes} nodes", null);
            default:
                throw new InvalidOperationException("The model of the plan is unbounded, which it can never be.");
        }
    }

    /// <summary>The decisions of a plan that are made before the future is known.</summary>
    internal static FirstStage FirstStage(SupplyProblem problem, SupplyPlan plan)
    {
        double[][] units = [.. problem.Offers.Select(_ => new double[problem.Quarters.Count])];
        bool[] signed = new bool[problem.Offers.Count];
        for (int o = 0; o < problem.Offers.Count; o++)
        {
            string id = problem.Offers[o].Id;
            signed[o] = plan.Contracts.FirstOrDefault(c => c.OfferId == id)?.IsSigned ?? true;
            foreach (OrderLine line in plan.Orders.Where(l => l.OfferId == id))
            {
                units[o][line.OrderQuarter] = line.Units;
            }
        }

        return new FirstStage(signed, units);
    }
}
