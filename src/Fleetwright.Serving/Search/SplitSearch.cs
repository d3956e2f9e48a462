using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Search;

/// <summary>
/// The cheapest pair of a prefill and a decode pool that keeps the targets, by simulation: on each chip, and with prompts on another chip than answers. The price of a mean prompt and of a decode step say which
/// layouts of each are worth simulating. From what they could do at their best, both numbers are raised until the targets are kept, whichever pool is
/// waited for; then the fewest prefill replicas are found by bisection, and with them the fewest decode replicas: one less of either fails. All fleets see the same draws.
/// </summary>
public static class SplitSearch
{
    private const int LayoutsPerPool = 2;
    private const double More = 1.2;
    private const int MostTries = 40;

    // A layout whose long prompts take more of the time to the first token than this leaves too little for the queue; it is tried after the others.
    private const double OwnShare = 2.0 / 3;

    // A pair of layouts whose best case costs more than this much of the plan that was found is not simulated.
    private const double WorthTrying = 1.15;

    /// <summary>
    /// A plan for each offer that has one, and one with prompts on another chip where that is cheaper than all of them; the cheapest first. When cancelled, those that were found.
    /// </summary>
    public static IReadOnlyList<SplitPlan> Run(SizingRequest request, SimulatedSearchOptions options, CancellationToken cancellation = default)
    {
        (Candidate[] Prefill, Candidate[] Decode)[] layouts = [.. request.Offers.Select(o => Layouts(request, o))];
        var plans = new List<SplitPlan>();
        try
        {
            foreach ((Candidate[] prefill, Candidate[] decode) in layouts)
            {
                if (Cheapest(prefill.SelectMany(p => decode.Select(d => (p, d))), double.PositiveInfinity) is { } plan)
                {
                    plans.Add(plan);
                }
            }

            double known = plans.Count > 0 ? plans.Min(p => p.DollarsPerSecond) : double.PositiveInfinity;
            if (Cheapest(
                layouts.SelectMany((first, i) => layouts.Where((_, j) => j != i).SelectMany(second => first.Prefill.SelectMany(p => second.Decode.Select(d => (p, d))))).Where(x => x.p.Replica.Graph.Precision.KvCache == x.d.Replica.Graph.Precision.KvCache),
                known) is { } mixed && mixed.DollarsPerSecond < known)
            {
                plans.Add(mixed);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What was found by then is an answer already.
        }

        return [.. plans.OrderBy(p => p.DollarsPerSecond)];

        // Of pairs of layouts, those first that cost least at their best; none that at its best costs more than is known.
        SplitPlan? Cheapest(IEnumerable<(Candidate Prefill, Candidate Decode)> pairs, double most)
        {
            SplitPlan? best = null;
            foreach ((Candidate first, Candidate second) in pairs.OrderBy(x => Least(x)).ThenBy(x => x.Prefill.Replica.Chips + x.Decode.Replica.Chips))
            {
                foreach (RouterKind router in options.Routers)
                {
                    if (Least((first, second)) < Math.Min(most, best is null ? double.PositiveInfinity : WorthTrying * best.DollarsPerSecond))
                    {
                        SplitPlan? plan = new Sizing(request, options, first, second, router, cancellation).Find();
                        best = plan is not null && (best is null || plan.DollarsPerSecond < best.DollarsPerSecond) ? plan : best;
                    }
                }
            }

            return best;
        }

        double Least((Candidate Prefill, Candidate Decode) pair) => request.RequestsPerSecond * (pair.Prefill.DollarsPerRequest + pair.Decode.DollarsPerRequest);
    }

    private static (Candidate[] Prefill, Candidate[] Decode) Layouts(SizingRequest request, ChipOffer offer)
    {
        Replica[] replicas =
        [
            .. ServingSearch.Usable(request, offer).SelectMany(
                precision => LayoutSpace.Of(request.Model, offer.Chip.Chip, request.MaximumChipsPerReplica).Select(s => new Replica(new ModelGraph(request.Model, precision, s), offer.Chip, request.Engine))),
        ];
        return (Best(replicas.Select(r => Prompts(request, offer, r))), Best(replicas.Select(r => Decodes(request, offer, r))));

        static Candidate[] Best(IEnumerable<Candidate?> all) => [.. all.OfType<Candidate>().OrderBy(c => c.IsTight).ThenBy(c => c.DollarsPerRequest).ThenBy(c => c.Replica.Chips).Take(LayoutsPerPool)];
    }

    // As many mean prompts in a step as its budget holds, unless one at the quantile takes longer alone than the first token may.
    private static Candidate? Prompts(SizingRequest request, ChipOffer offer, Replica replica)
    {
        LengthDistribution lengths = request.Workload.Prompt;
        double longest = Math.Exp(lengths.LogMean + (NormalBins.NormalQuantile(request.Targets.Quantile) * lengths.LogDeviation));
        double prompt = lengths.Mean, groups = replica.Sharding.AttentionDataParallel, together = groups * Math.Max(1, Math.Floor(request.Engine.TokenBudget / prompt));
        if (replica.MaximumSequences(prompt, longest) < 1 || (replica.Step(StepShape.Prefill(groups, longest)).Seconds is var own && own > request.Targets.TtftSeconds))
        {
            return null;
        }

        return new Candidate(offer, replica, replica.Sharding.PipelineParallel * together / replica.Step(StepShape.Prefill(together, prompt)).Seconds, own > OwnShare * request.Targets.TtftSeconds);
    }

    // The most sequences whose step takes no longer than a further token may.
    private static Candidate? Decodes(SizingRequest request, ChipOffer offer, Replica replica)
    {
        Workload work = request.Workload;
        double room = replica.MaximumSequences(work.MeanContext, work.CachedTokens + work.Prompt.Mean + work.Output.Mean), most = 0;
        int stages = replica.Sharding.PipelineParallel;
        foreach (double n in LayoutSpace.Loads.TakeWhile(n => n <= room))
        {
            double seconds = replica.Step(StepShape.Decode(Math.Max(1, n / stages), work.MeanContext)).Seconds;
            most = seconds <= request.Targets.TpotSeconds ? Math.Max(most, n / seconds / Math.Max(1, work.Output.Mean - 1)) : most;
        }

        return most > 0 ? new Candidate(offer, replica, most, false) : null;
    }

    private sealed record Candidate(ChipOffer Offer, Replica Replica, double RequestsPerSecond, bool IsTight)
    {
        private ReplicaTable? _table;

        public double DollarsPerRequest => Replica.Chips * Offer.DollarsPerSecond / RequestsPerSecond;

        // Prices are the same in all runs.
        public ReplicaTable Table => _table ??= ServingSimulation.Table(Replica);
    }

    private sealed class Sizing(SizingRequest request, SimulatedSearchOptions options, Candidate first, Candidate second, RouterKind router, CancellationToken cancellation)
    {
        private readonly Dictionary<(int, int), (SimulatedLoad Load, bool WaitsForDecode)> _known = [];
        private readonly KvLink? _link = KvLink.Of(first.Replica, second.Replica);
        private long _requests;

        public SplitPlan? Find()
        {
            int prompts = Count(first), decodes = Count(second), mostPrompts = Math.Max(16, 10 * prompts), mostDecodes = Math.Max(16, 10 * decodes);
            for (int tries = 0; _link is null || !At(prompts, decodes).Load.Meets; tries++)
            {
                if (_link is null || tries == MostTries || prompts > mostPrompts || decodes > mostDecodes)
                {
                    return null;
                }

                (prompts, decodes) = At(prompts, decodes).WaitsForDecode ? (prompts, Raised(decodes)) : (Raised(prompts), decodes);
            }

            prompts = Fewest(prompts, p => At(p, decodes).Load.Meets);
            decodes = Fewest(decodes, d => At(prompts, d).Load.Meets);
            double rate = request.RequestsPerSecond, dollars = (prompts * first.Replica.Chips * first.Offer.DollarsPerSecond) + (decodes * second.Replica.Chips * second.Offer.DollarsPerSecond);
            return new SplitPlan(
                first.Offer, Pool(prompts), second.Offer, second.Replica, decodes, router, Chips(prompts, decodes), At(prompts, decodes).Load, prompts > 1 ? At(prompts - 1, decodes).Load : null, decodes > 1 ? At(prompts, decodes - 1).Load : null,
                Simulate(prompts, decodes, rate * More).Load, dollars, dollars / (rate * request.Workload.Output.Mean) * 1e6, _requests);
        }

        private int Count(Candidate pool) => (int)Math.Clamp(Math.Ceiling(request.RequestsPerSecond / pool.RequestsPerSecond), 1, 1 << 18);

        private static int Raised(int count) => Math.Max(count + 1, (int)(count * 1.2));

        // Of 1 to a number that meets.
        private static int Fewest(int meets, Func<int, bool> isEnough)
        {
            int fails = 0;
            while (meets - fails > 1)
            {
                int middle = fails == 0 ? Math.Max(1, (int)(meets * 0.9)) : (fails + meets) / 2;
                (fails, meets) = isEnough(middle) ? (fails, middle) : (middle, meets);
            }

            return meets;
        }

        private long Chips(int prompts, int decodes) => ((long)prompts * first.Replica.Chips) + ((long)decodes * second.Replica.Chips);

        private PrefillPool Pool(int replicas) => new() { Replica = first.Replica, Replicas = replicas, Router = router, Link = _link!, Table = first.Table };

        private (SimulatedLoad Load, bool WaitsForDecode) At(int prompts, int decodes) =>
            _known.TryGetValue((prompts, decodes), out (SimulatedLoad, bool) known) ? known : _known[(prompts, decodes)] = Simulate(prompts, decodes, request.RequestsPerSecond);

        private (SimulatedLoad Load, bool WaitsForDecode) Simulate(int prompts, int decodes, double rate)
        {
            var fleet = new SimulationRequest { Replica = second.Replica, Replicas = decodes, Router = router, Table = second.Table, Prefill = Pool(prompts) };
            SimulatedLoad load = SimulatedSearch.Measure(request, options, prompts + decodes, rate, fleet, out IReadOnlyList<SimulationResult> found, cancellation);
            _requests += found.Sum(f => f.Statistics.Completed);
            options.Progress?.Invoke(new SimulatedTrial(second.Replica, router, load));

            // Slow tokens are the decode pool's; slow first tokens are those of the pool that is waited for longer.
            double blocks = found.Sum(f => f.Prefill!.Transfers.ForBlocks.Mean), queue = found.Sum(f => f.Statistics.Classes[0].Queue.Mean);
            bool slow = load.Tpot.Value > request.Targets.TpotSeconds || load.Ttft.Value <= request.Targets.TtftSeconds;
            return (load, slow || blocks > queue);
        }
    }
}
