using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Analysis;

/// <summary>Questions about a plan, each answered by solving again. Every method needs a solver; without one its result says how to get one.</summary>
public static class SupplyAnalysis
{
    /// <summary>Cost against risk: the plan for each weight w of CVaR in the objective.</summary>
    /// <param name="problem">The problem; its own weight is ignored.</param>
    /// <param name="weights">Weights from 0 (expected cost only) to 1 (CVaR only).</param>
    /// <param name="options">How to solve; null for the defaults.</param>
    /// <param name="cancellation">Ends the solver's processes.</param>
    public static AnalysisResult<IReadOnlyList<FrontierPoint>> RiskFrontier(
        SupplyProblem problem, IReadOnlyList<double> weights, SupplyOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SupplyOptions();
        return Run<IReadOnlyList<FrontierPoint>>(problem, options, solver =>
        {
            SupplyResult[] results = Parallelly.Map(
                weights,
                options,
                w => SupplyPlanner.Solve(problem with { RiskWeight = w }, options with { ShadowPrices = false }, solver, null, cancellation),
                cancellation);
            SupplyResult? failed = Array.Find(results, r => r.Plan is null);
            return failed is not null
                ? (null, failed.Reason)
                : ([.. results.Select((r, i) => new FrontierPoint(weights[i], r.Plan!.ExpectedCost.TotalDollars, r.Plan.ConditionalValueAtRiskDollars, r.Plan))], "");
        });
    }

    /// <summary>What it is worth to plan for many futures instead of the mean one, and what it would be worth to know the future.</summary>
    /// <param name="problem">The problem that the plan solves.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="options">How to solve; null for the defaults.</param>
    /// <param name="cancellation">Ends the solver's processes.</param>
    public static AnalysisResult<PlanningValue> ValueOfPlanning(
        SupplyProblem problem, SupplyPlan plan, SupplyOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SupplyOptions();
        return Run<PlanningValue>(problem, options, solver => StochasticValue.Of(problem, plan, options, solver, cancellation));
    }

    /// <summary>Replays a plan's orders on other futures, such as fresh samples, for a cost that the plan was not fitted to. Each future is met at its own least cost.</summary>
    /// <param name="problem">The problem that the plan solves.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="scenarios">The futures; their probabilities sum to 1.</param>
    /// <param name="options">How to solve; null for the defaults.</param>
    /// <param name="cancellation">Ends the solver's processes.</param>
    public static AnalysisResult<IReadOnlyList<ScenarioOutcome>> Replay(
        SupplyProblem problem,
        SupplyPlan plan,
        IReadOnlyList<SupplyScenario> scenarios,
        SupplyOptions? options = null,
        CancellationToken cancellation = default)
    {
        options ??= new SupplyOptions();
        return Run<IReadOnlyList<ScenarioOutcome>>(problem with { Scenarios = scenarios }, options, solver =>
            FixedPlan.Outcomes(problem, SupplyPlanner.FirstStage(problem, plan), scenarios, options, solver, cancellation));
    }

    /// <summary>What if sites stop: the plan's orders held fixed, demand at its mean over the scenarios, nothing else going wrong.</summary>
    /// <param name="problem">The problem that the plan solves.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="disruptions">What stops.</param>
    /// <param name="options">How to solve; null for the defaults.</param>
    /// <param name="cancellation">Ends the solver's processes.</param>
    public static AnalysisResult<IReadOnlyList<DisruptionOutcome>> Disrupt(
        SupplyProblem problem,
        SupplyPlan plan,
        IReadOnlyList<Disruption> disruptions,
        SupplyOptions? options = null,
        CancellationToken cancellation = default)
    {
        options ??= new SupplyOptions();
        return Run<IReadOnlyList<DisruptionOutcome>>(problem, options, solver => Disruptions.Of(problem, plan, disruptions, options, solver, cancellation));
    }

    /// <summary>How long the plan carries on when a site stops for good, for each site and each quarter in which that may begin
    /// (time to survive; Simchi-Levi et al. 2015, Interfaces 45(5)).</summary>
    /// <param name="problem">The problem that the plan solves.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="options">How to solve; null for the defaults.</param>
    /// <param name="cancellation">Ends the solver's processes.</param>
    public static AnalysisResult<IReadOnlyList<SurvivalTime>> TimeToSurvive(
        SupplyProblem problem, SupplyPlan plan, SupplyOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SupplyOptions();
        return Run<IReadOnlyList<SurvivalTime>>(problem, options, solver => Disruptions.Survival(problem, plan, options, solver, cancellation));
    }

    private static AnalysisResult<T> Run<T>(SupplyProblem problem, SupplyOptions options, Func<ISolver, (T? Value, string Reason)> answer)
        where T : class
    {
        ProblemCheck.ThrowIfWrong(problem);
        if (SolverLocator.Find(options.Solver, options.SolverSearchPath) is not { } solver)
        {
            return new AnalysisResult<T>(null, SolverLocator.Advice);
        }

        try
        {
            (T? value, string reason) = answer(solver);
            return new AnalysisResult<T>(value, reason);
        }
        catch (SolverException e)
        {
            return new AnalysisResult<T>(null, e.Message);
        }
    }
}

/// <summary>An answer, or why there is none.</summary>
/// <param name="Value">The answer; null when there is none.</param>
/// <param name="Reason">Why there is none; empty when there is one.</param>
/// <typeparam name="T">What the answer is.</typeparam>
public sealed record AnalysisResult<T>(T? Value, string Reason)
    where T : class;

/// <summary>A plan on the frontier of cost against risk.</summary>
/// <param name="RiskWeight">The weight w of CVaR in its objective.</param>
/// <param name="ExpectedDollars">Its expected cost.</param>
/// <param name="ConditionalValueAtRiskDollars">Its CVaR.</param>
/// <param name="Plan">The plan.</param>
public sealed record FrontierPoint(double RiskWeight, double ExpectedDollars, double ConditionalValueAtRiskDollars, SupplyPlan Plan);
