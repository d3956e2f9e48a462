using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Analysis;

/// <summary>What first-stage decisions that are held fixed come to in given scenarios.</summary>
internal static class FixedPlan
{
    /// <summary>Scenarios in one linear programme: with the first stage fixed they are independent of each other, and small programmes are faster.</summary>
    private const int Batch = 16;

    /// <summary>The outcomes, in the order of the scenarios, each at its own least cost; null with a reason where unserved demand cannot be kept within its limits.</summary>
    public static (IReadOnlyList<ScenarioOutcome>? Outcomes, string Reason) Outcomes(
        SupplyProblem problem, FirstStage first, IReadOnlyList<SupplyScenario> scenarios, SupplyOptions options, ISolver solver, CancellationToken cancellation)
    {
        SupplyScenario[][] batches = [.. scenarios.Chunk(Batch)];
        SupplyResult[] results = Parallelly.Map(
            batches,
            options,
            batch => SupplyPlanner.Solve(Alone(problem, batch), options with { ShadowPrices = false }, solver, first, cancellation),
            cancellation);
        string reason = results.Select(r => r.Reason).FirstOrDefault(r => r.Length > 0) ?? "";
        return reason.Length > 0 ? (null, reason) : ([.. Own(results, scenarios)], "");
    }

    /// <summary>The objective of outcomes: (1 − w) × expected cost + w × CVaR.</summary>
    public static double Objective(SupplyProblem problem, IReadOnlyList<(double Probability, double Cost)> costs) =>
        ((1 - problem.RiskWeight) * costs.Sum(c => c.Probability * c.Cost))
        + (problem.RiskWeight * Risk.Tail(costs, problem.RiskLevel).ConditionalValueAtRisk);

    /// <summary>With equal weights and no weight on risk, the sum's minimum is each scenario's own.</summary>
    private static SupplyProblem Alone(SupplyProblem problem, SupplyScenario[] batch) =>
        problem with { RiskWeight = 0, Scenarios = [.. batch.Select(s => s with { Probability = 1.0 / batch.Length })] };

    private static IEnumerable<ScenarioOutcome> Own(SupplyResult[] results, IReadOnlyList<SupplyScenario> scenarios) =>
        results.SelectMany(r => r.Plan!.Scenarios).Select((o, i) => o with { Probability = scenarios[i].Probability });
}
