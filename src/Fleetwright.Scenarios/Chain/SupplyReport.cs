using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;
using Fleetwright.Supply.Analysis;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Scenarios.Chain;

/// <summary>Solves the supply problem, asks it the questions of the report, and puts the answers in the form of <c>results.json</c>.</summary>
internal static class SupplyReport
{
    private static readonly double[] Weights = [0, 0.25, 0.5, 0.75, 1];

    /// <returns>The plan or why there is none; after cancellation the plan without the analyses that were not reached.</returns>
    public static (Results.SupplyResult? Result, string Problem, SupplyStatus Status) Run(ChainContext context, SupplyProblem problem)
    {
        var options = new SupplyOptions { Solver = context.Solver, RelativeGap = context.Gap ?? context.Scenario.Plan.Gap, Parallelism = context.Threads };
        context.Progress($"planning supply over {problem.Quarters.Count} quarters and {problem.Scenarios.Count} futures");
        Fleetwright.Supply.Planning.SupplyResult solved = SupplyPlanner.Solve(problem, options, context.Cancellation);
        if (solved.Plan is not { } plan)
        {
            return (null, solved.Reason, solved.Status);
        }

        IReadOnlyList<PlanViolation> violations = PlanChecker.Check(problem, plan);
        if (violations.Count > 0)
        {
            return (null, $"the solver's plan fails the independent check: {violations[0].Text}", SupplyStatus.Failed);
        }

        IReadOnlyList<Fleetwright.Supply.Analysis.FrontierPoint> frontier = [];
        IReadOnlyList<OutageResult> outages = [];
        IReadOnlyList<SourceValue> sources = [];
        PlanningValue? value = null;
        try
        {
            context.Progress("weighing cost against risk");
            frontier = SupplyAnalysis.RiskFrontier(problem, Weights, options, context.Cancellation).Value ?? [];
            context.Progress("stopping places");
            outages = Outages(context, problem, plan, options);
            context.Progress("planning without each source");
            sources = Sources(problem, plan, options, context.Cancellation);
            value = SupplyAnalysis.ValueOfPlanning(problem, plan, options, context.Cancellation).Value;
        }
        catch (OperationCanceledException)
        {
            // The plan is solved and checked: it is kept, and the runner says what is missing.
        }

        return (State(context, problem, plan, frontier, outages, value) with { Sources = sources }, "", SupplyStatus.Solved);
    }

    private static Results.SupplyResult State(
        ChainContext context, SupplyProblem problem, SupplyPlan plan, IReadOnlyList<Fleetwright.Supply.Analysis.FrontierPoint> frontier,
        IReadOnlyList<OutageResult> outages, PlanningValue? value)
    {
        Dictionary<string, SupplyOffer> offers = problem.Offers.ToDictionary(o => o.Id);
        Dictionary<string, SupplySite> sites = problem.Sites.ToDictionary(s => s.Id);
        return new Results.SupplyResult
        {
            Solver = plan.Solver,
            Gap = plan.Gap,
            Futures = problem.Scenarios.Count,
            RiskWeight = problem.RiskWeight,
            TailLevel = problem.RiskLevel,
            Offers = [.. problem.Offers.Select(o => new OfferSummary(o.Id, o.ChipId, o.Maker, sites[o.FabSiteId].Name, sites[o.FabSiteId].Country, sites[o.PackagingSiteId].Name))],
            // Whole chips: the plan's fractions of a chip are below what it is proven to.
            Orders = [.. plan.Orders.Where(l => l.Units >= 0.5).OrderBy(l => l.OrderQuarter).ThenBy(l => l.OfferId, StringComparer.Ordinal).Select(l => new Results.OrderLine(
                Name(context, l.OrderQuarter), l.OfferId, l.ChipId, l.Maker, sites[offers[l.OfferId].FabSiteId].Name, Math.Round(l.Units), Math.Round(l.Units) * l.UnitPriceDollars, Name(context, l.DeliveryQuarter)))],
            Fleet = Fleet(problem, plan, sites),
            Assignment = [.. plan.ExpectedAssigned.OrderBy(c => c.Key, StringComparer.Ordinal)
                .SelectMany(chip => chip.Value.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => new AssignmentSeries(w.Key, chip.Key, w.Value)))
                .Where(a => a.Chips.Any(c => c > 0.5))],
            PowerWatts = plan.ExpectedPowerWatts,
            PowerLimitWatts = problem.PowerWattsByQuarter,
            Unserved = [.. problem.Workloads.Select(w => new UnservedSeries(w.Id, UnservedShare(problem, plan, w)))],
            Cost = Cost(plan),
            Frontier = [.. frontier.Select(p => new Results.FrontierPoint(p.RiskWeight, p.ExpectedDollars, p.ConditionalValueAtRiskDollars))],
            Outages = outages,
            Sources = [],
            ValueOfStochasticSolution = value?.StochasticSolutionDollars,
            ValueOfPerfectInformation = value?.PerfectInformationDollars,
            ShadowPrices = [.. plan.BindingLimits.Select(l => Price(context, problem, l)).Where(p => p.Dollars >= 0.01)],
            FutureCosts = [.. plan.Scenarios.Select(s => new FutureCost(s.Id, s.Probability, s.Cost.TotalDollars, MeanUnserved(problem, s)))],
        };
    }

    private static List<SourceValue> Sources(SupplyProblem problem, SupplyPlan plan, SupplyOptions options, CancellationToken cancellation)
    {
        var values = new List<SourceValue>();
        HashSet<string> ordered = [.. plan.Orders.Where(l => l.Units >= 0.5).Select(l => l.OfferId)];
        foreach (string id in problem.Offers.Where(o => ordered.Contains(o.Id)).Select(o => o.FabSiteId).Distinct())
        {
            SupplyProblem without = problem with { Offers = [.. problem.Offers.Where(o => o.FabSiteId != id)] };
            if (without.Offers.Count > 0 && SupplyPlanner.Solve(without, options with { ShadowPrices = false }, cancellation).Plan is { } other)
            {
                SupplySite site = problem.Sites.First(s => s.Id == id);
                values.Add(new SourceValue(
                    site.Name, site.Country, other.ExpectedCost.TotalDollars - plan.ExpectedCost.TotalDollars, other.ConditionalValueAtRiskDollars - plan.ConditionalValueAtRiskDollars));
            }
        }

        return values;
    }

    private static string Name(ChainContext context, int quarter) => context.Scenario.Quarters[0].Plus(quarter).ToString();

    // Chips of one kind from one offer: expected deliveries of its orders, less what has been retired. Owned chips are a series of their own.
    private static List<FleetSeries> Fleet(SupplyProblem problem, SupplyPlan plan, Dictionary<string, SupplySite> sites)
    {
        int quarters = problem.Quarters.Count;
        var fleet = new List<FleetSeries>();
        foreach (Fleetwright.Supply.Problem.OwnedChips owned in problem.Owned)
        {
            fleet.Add(new FleetSeries(owned.ChipId, owned.Maker, "owned", Accumulate(owned.ArrivalsByQuarter, Life(problem, owned.ChipId))));
        }

        foreach (SupplyOffer offer in problem.Offers)
        {
            double[] arrivals = new double[quarters];
            foreach (ScenarioOutcome outcome in plan.Scenarios)
            {
                foreach (Delivery delivery in outcome.Deliveries.Where(d => d.OfferId == offer.Id && d.DeliveryQuarter < quarters))
                {
                    arrivals[delivery.DeliveryQuarter] += outcome.Probability * delivery.DeliveredUnits;
                }
            }

            if (arrivals.Any(a => a > 0.5))
            {
                fleet.Add(new FleetSeries(offer.ChipId, offer.Maker, sites[offer.FabSiteId].Name, Accumulate(arrivals, Life(problem, offer.ChipId))));
            }
        }

        return fleet;
    }

    private static int Life(SupplyProblem problem, string chip) => problem.Chips.First(c => c.Id == chip).UsefulLifeQuarters;

    private static double[] Accumulate(IReadOnlyList<double> arrivals, int life) =>
        [.. Enumerable.Range(0, arrivals.Count).Select(t => Enumerable.Range(0, t + 1).Where(u => t - u < life).Sum(u => arrivals[u]))];

    private static double[] UnservedShare(SupplyProblem problem, SupplyPlan plan, SupplyWorkload workload) =>
        [.. Enumerable.Range(0, problem.Quarters.Count).Select(t =>
        {
            double demand = problem.Scenarios.Sum(s => s.Probability * s.Demand(workload.Id, t)) * workload.DemandByQuarter[t];
            return demand > 0 ? Math.Clamp(plan.ExpectedUnserved[workload.Id][t] / demand, 0, 1) : 0;
        })];

    private static double MeanUnserved(SupplyProblem problem, ScenarioOutcome outcome)
    {
        SupplyScenario scenario = problem.Scenarios.First(s => s.Id == outcome.Id);
        List<double> shares = [];
        foreach (SupplyWorkload workload in problem.Workloads)
        {
            double demand = workload.DemandByQuarter.Select((d, t) => d * scenario.Demand(workload.Id, t)).Sum();
            if (demand > 0)
            {
                shares.Add(outcome.Unserved[workload.Id].Sum() / demand);
            }
        }

        return shares.Count == 0 ? 0 : shares.Average();
    }

    private static Results.CostBreakdown Cost(SupplyPlan plan)
    {
        Fleetwright.Supply.Planning.CostBreakdown cost = plan.ExpectedCost;
        return new Results.CostBreakdown(
            cost.TotalDollars, plan.ConditionalValueAtRiskDollars, cost.PurchaseDollars - cost.SalvageDollars, cost.FixedDollars, cost.EnergyDollars,
            cost.RunningDollars, cost.RentalDollars, cost.UnservedDollars);
    }

    private static ShadowPrice Price(ChainContext context, SupplyProblem problem, BindingLimit limit) => limit.Kind switch
    {
        LimitKind.Power => new ShadowPrice("power", Name(context, limit.Quarter), "MW", limit.DollarsPerUnit * 1e6),
        LimitKind.Resource => new ShadowPrice(limit.Id, Name(context, limit.Quarter), problem.Resources.First(r => r.Id == limit.Id).Unit, limit.DollarsPerUnit),
        _ => new ShadowPrice($"capacity of {limit.Id}", Name(context, limit.Quarter), "chip", limit.DollarsPerUnit),
    };

    // Each place at risk stops at the start, in the middle and late in the horizon.
    private static List<OutageResult> Outages(ChainContext context, SupplyProblem problem, SupplyPlan plan, SupplyOptions options)
    {
        Scenario scenario = context.Scenario;
        List<(Outage Outage, Disruption Disruption)> asked = [.. scenario.Risks.Outages.SelectMany(o =>
        {
            IReadOnlyList<string> sites = SupplyStage.SitesOf(context, problem, o.Place);
            int last = Math.Max(0, context.Quarters - o.Quarters);
            IEnumerable<int> starts = new[] { 1, context.Quarters / 3, context.Quarters * 2 / 3 }.Select(s => Math.Min(s, last)).Distinct();
            return sites.Count == 0 ? [] : starts.Select(s => (o, new Disruption($"{o.Name} from {Name(context, s)}", sites, s, o.Quarters)));
        })];
        AnalysisResult<IReadOnlyList<DisruptionOutcome>> outcomes = SupplyAnalysis.Disrupt(problem, plan, [.. asked.Select(a => a.Disruption)], options, context.Cancellation);
        if (outcomes.Value is null)
        {
            return [];
        }

        return [.. asked.Zip(outcomes.Value).Select(pair => new OutageResult(
            pair.First.Outage.Place,
            Name(context, pair.First.Disruption.StartQuarter),
            pair.First.Outage.Quarters,
            pair.Second.Undisturbed.Deliveries.Sum(d => d.DeliveredUnits) - pair.Second.Disturbed.Deliveries.Sum(d => d.DeliveredUnits),
            [.. pair.Second.LostShare.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => new WorkloadShare(w.Key, w.Value.Max()))],
            pair.Second.DamageDollars,
            SurvivedQuarters(pair.Second, context.Quarters)))];
    }

    // Quarters from the stop until demand goes unserved because of it; to the end of the horizon when none does.
    private static int SurvivedQuarters(DisruptionOutcome outcome, int quarters)
    {
        int start = outcome.Disruption.StartQuarter;
        return Enumerable.Range(start, quarters - start).FirstOrDefault(t => outcome.LostShare.Values.Any(w => w[t] > 1e-4), quarters) - start;
    }
}
