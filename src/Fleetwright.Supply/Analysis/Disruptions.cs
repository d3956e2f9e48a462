using Fleetwright.Supply.Model;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Analysis;

/// <summary>The plan held fixed while sites stop, against the same plan undisturbed.</summary>
internal static class Disruptions
{
    public static (IReadOnlyList<DisruptionOutcome>? Value, string Reason) Of(
        SupplyProblem problem,
        SupplyPlan plan,
        IReadOnlyList<Disruption> disruptions,
        SupplyOptions options,
        ISolver solver,
        CancellationToken cancellation)
    {
        SupplyScenario calm = Calm(problem);
        SupplyScenario[] scenarios = [calm, .. disruptions.Select(d => Stopped(problem, calm, d.Id, d.SiteIds, d.StartQuarter, d.DurationQuarters, d.Availability))];
        (IReadOnlyList<ScenarioOutcome>? outcomes, string reason) = Outcomes(problem, plan, scenarios, options, solver, cancellation);
        return outcomes is null
            ? (null, reason)
            : ([.. disruptions.Select((d, i) => new DisruptionOutcome(d, outcomes[0], outcomes[i + 1], LostShare(problem, calm, outcomes[0], outcomes[i + 1])))], "");
    }

    public static (IReadOnlyList<SurvivalTime>? Value, string Reason) Survival(
        SupplyProblem problem, SupplyPlan plan, SupplyOptions options, ISolver solver, CancellationToken cancellation)
    {
        SupplyScenario calm = Calm(problem);
        int quarters = problem.Quarters.Count;
        List<SupplyScenario> scenarios = [calm];
        foreach (SupplySite site in problem.Sites)
        {
            scenarios.AddRange(Enumerable.Range(0, quarters).Select(q => Stopped(problem, calm, site.Id, [site.Id], q, quarters, 0)));
        }

        (IReadOnlyList<ScenarioOutcome>? outcomes, string reason) = Outcomes(problem, plan, scenarios, options, solver, cancellation);
        if (outcomes is null)
        {
            return (null, reason);
        }

        List<SurvivalTime> times = [];
        for (int i = 0; i < problem.Sites.Count; i++)
        {
            int first = 1 + (i * quarters);
            int?[] survived = [.. Enumerable.Range(0, quarters).Select(q => FirstLoss(problem, calm, outcomes[0], outcomes[first + q]) - q)];
            times.Add(new SurvivalTime(problem.Sites[i].Id, survived, problem.Sites[i].RecoveryQuarters));
        }

        return (times, "");
    }

    /// <summary>Demand may go unserved without limit here: the question is how much does.</summary>
    private static (IReadOnlyList<ScenarioOutcome>? Outcomes, string Reason) Outcomes(
        SupplyProblem problem,
        SupplyPlan plan,
        IReadOnlyList<SupplyScenario> scenarios,
        SupplyOptions options,
        ISolver solver,
        CancellationToken cancellation)
    {
        SupplyProblem lenient = problem with { Workloads = [.. problem.Workloads.Select(w => w with { MaximumUnservedShare = 1 })] };
        return FixedPlan.Outcomes(lenient, SupplyPlanner.FirstStage(problem, plan), scenarios, options, solver, cancellation);
    }

    /// <summary>Mean demand, everything working.</summary>
    private static SupplyScenario Calm(SupplyProblem problem) => new()
    {
        Id = "undisturbed",
        Probability = 1,
        DemandMultipliers = StochasticValue.MeanScenario(problem).DemandMultipliers,
    };

    private static SupplyScenario Stopped(
        SupplyProblem problem, SupplyScenario calm, string id, IEnumerable<string> sites, int start, int duration, double availability)
    {
        double[] share = [.. Enumerable.Range(0, problem.Quarters.Count).Select(t => t >= start && t < start + duration ? availability : 1)];
        return calm with
        {
            Id = $"{id} {problem.Quarters[start]}",
            SiteAvailability = sites.Distinct().ToDictionary(s => s, _ => (IReadOnlyList<double>)share),
        };
    }

    /// <summary>The first quarter in which more demand goes unserved than undisturbed, weighed by its penalty, by more than a millionth of all demand; null for none.</summary>
    private static int? FirstLoss(SupplyProblem problem, SupplyScenario calm, ScenarioOutcome before, ScenarioOutcome after)
    {
        for (int t = 0; t < problem.Quarters.Count; t++)
        {
            double Weighed(Func<SupplyWorkload, double> units) => problem.Workloads.Sum(w => w.UnservedDollarsPerUnitQuarter * units(w));
            double all = Weighed(w => Math.Max(w.DemandByQuarter[t] * calm.Demand(w.Id, t), before.Unserved[w.Id][t]));
            if (Weighed(w => after.Unserved[w.Id][t] - before.Unserved[w.Id][t]) > 1e-6 * all)
            {
                return t;
            }
        }

        return null;
    }

    private static Dictionary<string, IReadOnlyList<double>> LostShare(
        SupplyProblem problem, SupplyScenario calm, ScenarioOutcome before, ScenarioOutcome after)
    {
        Dictionary<string, IReadOnlyList<double>> lost = [];
        foreach (SupplyWorkload workload in problem.Workloads)
        {
            double[] demand = [.. workload.DemandByQuarter.Select((d, t) => d * calm.Demand(workload.Id, t))];
            double total = demand.Sum();
            lost[workload.Id] =
            [
                .. demand.Select((d, t) =>
                {
                    double extra = after.Unserved[workload.Id][t] - before.Unserved[workload.Id][t];
                    double whole = workload.IsMovable ? total : d;
                    return whole > 0 ? extra / whole : 0;
                }),
            ];
        }

        return lost;
    }
}

/// <summary>Sites that stop.</summary>
/// <param name="Id">What to call it, such as <c>Taiwan stops</c>.</param>
/// <param name="SiteIds">The sites.</param>
/// <param name="StartQuarter">Index of the first quarter without them.</param>
/// <param name="DurationQuarters">For how many quarters.</param>
/// <param name="Availability">The share that still works.</param>
public sealed record Disruption(string Id, IReadOnlyList<string> SiteIds, int StartQuarter, int DurationQuarters, double Availability = 0);

/// <summary>What a disruption does to a plan.</summary>
/// <param name="Disruption">What stopped.</param>
/// <param name="Undisturbed">The plan with nothing stopped, at mean demand.</param>
/// <param name="Disturbed">The plan with it.</param>
/// <param name="LostShare">The share of demand that goes unserved because of it, by workload and quarter; of movable work, of its total.</param>
public sealed record DisruptionOutcome(
    Disruption Disruption,
    ScenarioOutcome Undisturbed,
    ScenarioOutcome Disturbed,
    IReadOnlyDictionary<string, IReadOnlyList<double>> LostShare)
{
    /// <summary>The change of the whole cost. It can be negative: chips that never arrive are not paid for, and a plan with slack may not miss them.</summary>
    public double ExtraDollars => Disturbed.Cost.TotalDollars - Undisturbed.Cost.TotalDollars;

    /// <summary>What is lost by it: penalties for demand that goes unserved because of it, and rent for chips that step in.</summary>
    public double DamageDollars =>
        Disturbed.Cost.UnservedDollars + Disturbed.Cost.RentalDollars - Undisturbed.Cost.UnservedDollars - Undisturbed.Cost.RentalDollars;
}

/// <summary>How long the plan serves all that it would undisturbed after a site has stopped for good.</summary>
/// <param name="SiteId">The site.</param>
/// <param name="QuartersByStart">Whole quarters survived, by the quarter in which it stops; null where nothing is lost before the horizon ends.</param>
/// <param name="RecoveryQuarters">The site's time to recover, where known.</param>
public sealed record SurvivalTime(string SiteId, IReadOnlyList<int?> QuartersByStart, double? RecoveryQuarters)
{
    /// <summary>The shortest time over all starts; null when nothing is ever lost.</summary>
    public int? ShortestQuarters => QuartersByStart.Min();

    /// <summary>Whether the site can stay away for longer than the plan survives without it: what to hedge.</summary>
    public bool IsExposed => ShortestQuarters < RecoveryQuarters;
}
