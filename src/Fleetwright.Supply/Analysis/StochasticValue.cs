using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Analysis;

/// <summary>Value of the stochastic solution and of perfect information (Birge and Louveaux, Introduction to Stochastic Programming, chapter 4).</summary>
internal static class StochasticValue
{
    public static (PlanningValue? Value, string Reason) Of(
        SupplyProblem problem, SupplyPlan plan, SupplyOptions options, ISolver solver, CancellationToken cancellation)
    {
        // Differences of objectives are only as good as the gaps, so these smaller problems are solved ten times closer.
        SupplyOptions close = options with { ShadowPrices = false, RelativeGap = options.RelativeGap / 10 };
        SupplyResult mean = SupplyPlanner.Solve(problem with { Scenarios = [MeanScenario(problem)] }, close, solver, null, cancellation);
        if (mean.Plan is null)
        {
            return (null, mean.Reason);
        }

        (IReadOnlyList<ScenarioOutcome>? outcomes, string reason) = FixedPlan.Outcomes(
            problem, SupplyPlanner.FirstStage(problem, mean.Plan), problem.Scenarios, close, solver, cancellation);
        SupplyResult[] waits = Parallelly.Map(
            problem.Scenarios,
            close,
            s => SupplyPlanner.Solve(problem with { Scenarios = [s with { Probability = 1 }] }, close, solver, null, cancellation),
            cancellation);
        SupplyResult? failed = Array.Find(waits, w => w.Plan is null);
        if (failed is not null)
        {
            return (null, failed.Reason);
        }

        double wait = FixedPlan.Objective(problem, [.. waits.Select((w, s) => (problem.Scenarios[s].Probability, w.Plan!.ObjectiveDollars))]);
        double? ofMean = outcomes is null
            ? null
            : FixedPlan.Objective(problem, [.. outcomes.Select(o => (o.Probability, o.Cost.TotalDollars))]);
        return (new PlanningValue(plan.ObjectiveDollars, wait, ofMean, reason), "");
    }

    /// <summary>The one future in which every uncertain figure is at its mean.</summary>
    public static SupplyScenario MeanScenario(SupplyProblem problem) => new()
    {
        Id = "mean",
        Probability = 1,
        DemandMultipliers = problem.Workloads.ToDictionary(w => w.Id, w => Mean(problem, (s, t) => s.Demand(w.Id, t))),
        SiteAvailability = problem.Sites.ToDictionary(x => x.Id, x => Mean(problem, (s, t) => s.Site(x.Id, t))),
        ResourceMultipliers = problem.Resources.ToDictionary(r => r.Id, r => Mean(problem, (s, t) => s.Resource(r.Id, t))),
    };

    private static IReadOnlyList<double> Mean(SupplyProblem problem, Func<SupplyScenario, int, double> value) =>
        [.. Enumerable.Range(0, problem.Quarters.Count).Select(t => Math.Min(
            problem.Scenarios.Sum(s => s.Probability * value(s, t)),
            problem.Scenarios.Max(s => value(s, t))))];
}

/// <summary>What planning for many futures is worth.</summary>
/// <param name="RecourseDollars">RP: the objective of the plan, which is within its gap of the best.</param>
/// <param name="WaitAndSeeDollars">WS: the objective if each future were known before ordering.</param>
/// <param name="MeanPlanDollars">EEV: the objective of the plan made for the mean future, met by all futures; null when it cannot keep unserved demand within its limits.</param>
/// <param name="MeanPlanFailure">Why there is no <paramref name="MeanPlanDollars"/>; empty otherwise.</param>
public sealed record PlanningValue(double RecourseDollars, double WaitAndSeeDollars, double? MeanPlanDollars, string MeanPlanFailure)
{
    /// <summary>EVPI = RP − WS: the most that a perfect forecast would be worth.</summary>
    public double PerfectInformationDollars => RecourseDollars - WaitAndSeeDollars;

    /// <summary>VSS = EEV − RP: what is lost by planning for the mean future only.</summary>
    public double? StochasticSolutionDollars => MeanPlanDollars - RecourseDollars;
}
