using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Uncertainty;

/// <summary>The ways in which one risk can turn out.</summary>
internal sealed record RiskOutcomes(string Id, IReadOnlyList<RiskOutcome> Patterns)
{
    public static IEnumerable<RiskOutcomes> Of(SupplyProblem problem, SupplyRisks risks)
    {
        if (risks.DemandPaths.Any(p => p.Probability > 0))
        {
            yield return new RiskOutcomes("demand", [.. risks.DemandPaths.Where(p => p.Probability > 0).Select(Path)]);
        }

        int quarters = problem.Quarters.Count;
        foreach (SiteOutageRisk outage in risks.Outages.Where(o => o.Probability > 0))
        {
            int[] starts = [.. outage.StartQuarters ?? [.. Enumerable.Range(0, quarters)]];
            RiskOutcome happens = new(outage.Probability, starts.Length, (p, s, v) => Stop(p, s, outage, starts[v]));
            yield return WithCalm(outage.Id, happens);
        }

        foreach (ShortageRisk shortage in risks.Shortages.Where(o => o.Probability > 0))
        {
            int[] starts = [.. shortage.StartQuarters ?? [0]];
            RiskOutcome happens = new(shortage.Probability, starts.Length, (p, s, v) => Shorten(p, s, shortage, starts[v]));
            yield return WithCalm(shortage.Id, happens);
        }
    }

    /// <summary>The pattern whose stretch of the unit interval holds <paramref name="unit"/>.</summary>
    public int PatternAt(double unit)
    {
        for (int p = 0; p < Patterns.Count - 1; p++)
        {
            if (unit < Patterns[p].Probability)
            {
                return p;
            }

            unit -= Patterns[p].Probability;
        }

        return Patterns.Count - 1;
    }

    private static RiskOutcomes WithCalm(string id, RiskOutcome happens) =>
        new(id, happens.Probability < 1 ? [new RiskOutcome(1 - happens.Probability, 1, (_, s, _) => s), happens] : [happens]);

    private static RiskOutcome Path(DemandPath path) => new(path.Probability, 1, (problem, scenario, _) =>
    {
        Dictionary<string, IReadOnlyList<double>> multipliers = [];
        foreach (SupplyWorkload workload in problem.Workloads)
        {
            if (path.Multipliers.TryGetValue(workload.Id, out var own) || path.Multipliers.TryGetValue("*", out own))
            {
                multipliers[workload.Id] = own;
            }
        }

        return Named(scenario, path.Id) with { DemandMultipliers = multipliers };
    });

    private static SupplyScenario Stop(SupplyProblem problem, SupplyScenario scenario, SiteOutageRisk outage, int start)
    {
        Dictionary<string, IReadOnlyList<double>> sites = new(scenario.SiteAvailability);
        foreach (string site in outage.SiteIds)
        {
            sites[site] = During(problem.Quarters.Count, start, outage.DurationQuarters, outage.Availability, t => scenario.Site(site, t));
        }

        return Named(scenario, $"{outage.Id} {problem.Quarters[start]}") with { SiteAvailability = sites };
    }

    private static SupplyScenario Shorten(SupplyProblem problem, SupplyScenario scenario, ShortageRisk shortage, int start)
    {
        int duration = shortage.DurationQuarters ?? problem.Quarters.Count;
        string name = duration >= problem.Quarters.Count && start == 0 ? shortage.Id : $"{shortage.Id} {problem.Quarters[start]}";
        Dictionary<string, IReadOnlyList<double>> resources = new(scenario.ResourceMultipliers)
        {
            [shortage.ResourceId] = During(
                problem.Quarters.Count, start, duration, shortage.RemainingShare, t => scenario.Resource(shortage.ResourceId, t)),
        };
        return Named(scenario, name) with { ResourceMultipliers = resources };
    }

    /// <summary>Where two events overlap, the worse one counts.</summary>
    private static double[] During(int quarters, int start, int duration, double value, Func<int, double> before) =>
        [.. Enumerable.Range(0, quarters).Select(t => t >= start && t < start + duration ? Math.Min(value, before(t)) : before(t))];

    private static SupplyScenario Named(SupplyScenario scenario, string name) =>
        scenario with { Id = scenario.Id.Length == 0 ? name : scenario.Id + " · " + name };
}

/// <summary>One way in which a risk can turn out, in as many equally likely variants (start quarters).</summary>
internal sealed record RiskOutcome(double Probability, int Variants, Func<SupplyProblem, SupplyScenario, int, SupplyScenario> Apply);
