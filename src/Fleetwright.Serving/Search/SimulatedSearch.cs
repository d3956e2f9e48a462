using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Search;

/// <summary>How fleets are simulated to size them.</summary>
public sealed record SimulatedSearchOptions
{
    /// <summary>How requests arrive, at the rate of the request.</summary>
    public Func<double, ArrivalModel> Arrivals { get; init; } = ArrivalModel.Poisson;

    /// <summary>Lengths of prompts and answers; lognormal with the workload's mean and variation when null.</summary>
    public RequestLengths? Lengths { get; init; }

    /// <summary>
    /// Opens a recorded stream with its rate multiplied, instead of drawn requests. Its mean rate is that of the request. One run is made of it, from its start to its end: a trace is
    /// one draw, so there are no ranges.
    /// </summary>
    public Func<double, IRequestSource>? Trace { get; init; }

    /// <summary>The ways of dealing requests out that are tried. The cheapest fleet wins, of equal ones that of the first.</summary>
    public IReadOnlyList<RouterKind> Routers { get; init; } = [RouterKind.LeastOutstanding];

    /// <summary>Time to the last token that is kept too.</summary>
    public double EndToEndSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>Layouts of a chip that are simulated: those that the steady state finds cheapest.</summary>
    public int LayoutsPerChip { get; init; } = 3;

    /// <summary>Independent runs, from 1 to 10, for the ranges.</summary>
    public int Runs { get; init; } = 5;

    /// <summary>Simulated seconds of a run whose requests are counted; longer when fewer than 10,000 would arrive.</summary>
    public double Seconds { get; init; } = 300;

    /// <summary>Simulated seconds before them, in which the fleet fills.</summary>
    public double WarmUpSeconds { get; init; } = 60;

    /// <summary>Seed of the runs. Every fleet gets the same requests, so that differences between fleets are not those between draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Hears of every fleet that was simulated.</summary>
    public Action<SimulatedTrial>? Progress { get; init; }
}

/// <summary>A fleet that was simulated.</summary>
/// <param name="Replica">Its replicas.</param>
/// <param name="Router">How requests were dealt out.</param>
/// <param name="Load">What it does.</param>
public sealed record SimulatedTrial(Replica Replica, RouterKind Router, SimulatedLoad Load);

/// <summary>
/// The cheapest fleet that keeps the targets, by simulation. The steady state says which layouts are worth simulating (targets a third looser than
/// asked, so that its own error excludes none); for each the fewest replicas are found by bisection over simulated fleets under the same draws.
/// </summary>
public static class SimulatedSearch
{
    private const double Looser = 4.0 / 3;
    private const double More = 1.2;
    private const int LeastRequests = 10_000;
    private const int MostReplicas = 1 << 20;

    /// <summary>A plan for each offer that has one, the cheapest first, and what the others reach; when cancelled, of the offers that were done with.</summary>
    public static SimulatedSizing Run(SizingRequest request, SimulatedSearchOptions options, CancellationToken cancellation = default)
    {
        LatencyTargets targets = request.Targets;
        SizingRequest loose = request with { Targets = targets with { TtftSeconds = targets.TtftSeconds * Looser, TpotSeconds = targets.TpotSeconds * Looser } };
        var plans = new List<SimulatedPlan>();
        var unmet = new List<SimulatedUnmet>();
        ILookup<int, (int Offer, Replica Replica, LoadEstimate Capacity)> feasible = ServingSearch.Feasible(loose).ToLookup(f => f.Offer);
        bool partial = false;
        try
        {
            for (int i = 0; i < request.Offers.Count; i++)
            {
                Size(request, options, request.Offers[i], feasible[i].Select(f => (f.Replica, f.Capacity.RequestsPerSecond, f.Capacity.TpotTail)), plans, unmet, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The offers that were done with are an answer already.
            partial = true;
        }

        return new SimulatedSizing([.. plans.OrderBy(p => p.DollarsPerSecond)], unmet, partial);
    }

    private static void Size(
        SizingRequest request, SimulatedSearchOptions options, ChipOffer offer, IEnumerable<(Replica Replica, double PerSecond, double Tpot)> feasible, List<SimulatedPlan> plans, List<SimulatedUnmet> unmet, CancellationToken cancellation)
    {
        SimulatedPlan? best = null;
        SimulatedLoad? nearest = null;
        foreach ((Replica replica, double perSecond, _) in feasible.OrderBy(f => Math.Ceiling(request.RequestsPerSecond / f.PerSecond) * f.Replica.Chips).ThenBy(f => f.Tpot).Take(options.LayoutsPerChip))
        {
            // Prices are the same in all runs.
            ReplicaTable table = ServingSimulation.Table(replica);
            foreach (RouterKind router in options.Routers)
            {
                var sizing = new Sizing(request, options, offer, replica, table, router, cancellation);
                SimulatedPlan? plan = sizing.Find((int)Math.Clamp(Math.Ceiling(request.RequestsPerSecond / perSecond), 1, MostReplicas));
                best = plan is not null && (best is null || plan.DollarsPerSecond < best.DollarsPerSecond) ? plan : best;
                nearest = plan is null && (nearest is null || sizing.Excess(sizing.Largest!) < sizing.Excess(nearest)) ? sizing.Largest : nearest;
            }
        }

        if (best is not null)
        {
            plans.Add(best);
        }
        else
        {
            unmet.Add(new SimulatedUnmet(offer, nearest, nearest is null ? ServingSearch.Run(request with { Offers = [offer] }).Chips[0].Problem : ""));
        }
    }

    private sealed class Sizing(SizingRequest request, SimulatedSearchOptions options, ChipOffer offer, Replica replica, ReplicaTable table, RouterKind router, CancellationToken cancellation)
    {
        private readonly Dictionary<int, SimulatedLoad> _known = [];
        private long _requests;

        /// <summary>What the largest fleet that was tried does.</summary>
        public SimulatedLoad? Largest { get; private set; }

        /// <summary>How far over its targets a load is: the largest ratio.</summary>
        public double Excess(SimulatedLoad load) => Math.Max(load.Ttft.Value / request.Targets.TtftSeconds, Math.Max(load.Tpot.Value / request.Targets.TpotSeconds, load.EndToEnd.Value / options.EndToEndSeconds));

        public SimulatedPlan? Find(int guess)
        {
            // The bracket: a number that fails and one that meets.
            int fails = 0, meets = guess;
            while (!At(meets).Meets)
            {
                fails = meets;
                meets = Math.Max(meets + 1, (int)Math.Min((long)(meets * 1.3), MostReplicas));

                // What ten times the guess cannot do, a replica alone cannot either.
                if (meets > Math.Max(16, 10L * guess))
                {
                    Largest = At(fails);
                    return null;
                }
            }

            while (meets - fails > 1)
            {
                int middle = fails == 0 && meets == guess ? Math.Max(fails + 1, (int)(meets * 0.9)) : (fails + meets) / 2;
                (fails, meets) = At(middle).Meets ? (fails, middle) : (middle, meets);
            }

            double rate = request.RequestsPerSecond;
            SimulatedLoad found = At(meets), more = Simulate(meets, rate * More);
            SimulatedLoad? fewer = fails > 0 ? At(fails) : null;
            int lost = Math.Max(1, replica.Chip.Chip.ChipsPerServer / replica.Chips);
            SimulatedLoad? down = meets > lost ? Simulate(meets - lost, rate) : null;
            long chips = (long)meets * replica.Chips;
            double dollars = chips * offer.DollarsPerSecond;
            return new SimulatedPlan(
                offer, replica, router, chips, found, fewer, more, down, fewer is null && more.Meets ? Binding.RequestRate : Held(fewer ?? more), dollars, dollars / (rate * request.Workload.Output.Mean) * 1e6, _requests);
        }

        // The target that is missed by most; the cache, when sequences lose theirs.
        private Binding Held(SimulatedLoad load)
        {
            double ttft = load.Ttft.Value / request.Targets.TtftSeconds, tpot = load.Tpot.Value / request.Targets.TpotSeconds;
            return load.Preemptions > 0.01 ? Binding.Memory : ttft >= tpot ? Binding.Ttft : Binding.Tpot;
        }

        private SimulatedLoad At(int replicas) => _known.TryGetValue(replicas, out SimulatedLoad? known) ? known : _known[replicas] = Simulate(replicas, request.RequestsPerSecond);

        private SimulatedLoad Simulate(int replicas, double rate)
        {
            SimulatedLoad load = Measure(request, options, replicas, rate, new SimulationRequest { Replica = replica, Replicas = replicas, Router = router, Table = table }, out IReadOnlyList<SimulationResult> found, cancellation);
            _requests += found.Sum(f => f.Statistics.Completed);
            options.Progress?.Invoke(new SimulatedTrial(replica, router, load));
            return load;
        }
    }

    /// <summary>Simulates a fleet under the search's draws: the same requests for every fleet.</summary>
    /// <param name="request">What is to be served.</param>
    /// <param name="options">How it is simulated.</param>
    /// <param name="replicas">Replicas of the fleet, as they are told.</param>
    /// <param name="rate">Requests per second.</param>
    /// <param name="fleet">The replicas.</param>
    /// <param name="found">The runs.</param>
    /// <param name="cancellation">Stops between runs.</param>
    internal static SimulatedLoad Measure(
        SizingRequest request, SimulatedSearchOptions options, int replicas, double rate, SimulationRequest fleet, out IReadOnlyList<SimulationResult> found, CancellationToken cancellation)
    {
        LatencyTargets targets = request.Targets;
        var target = new ServiceTarget(targets.TtftSeconds, targets.TpotSeconds, options.EndToEndSeconds);
        var runs = new SimulationResult[options.Trace is null ? options.Runs : 1];
        for (int run = 0; run < runs.Length; run++)
        {
            runs[run] = ServingSimulation.Run(
                fleet with
                {
                    Source = options.Trace is { } trace ? trace(rate / request.RequestsPerSecond) : Drawn(request, options, rate, options.Seed + (ulong)run),
                    Targets = [target],
                    TypicalContext = request.Workload.MeanContext,
                    WarmUpSeconds = options.Trace is null ? options.WarmUpSeconds : 0,
                    Threads = request.Threads,
                    Seed = options.Seed + (ulong)run,
                },
                cancellation);
            cancellation.ThrowIfCancellationRequested();
        }

        found = runs;
        Interval Of(Func<ClassStatistics, double> value) => Interval.Of([.. runs.Select(f => value(f.Statistics.Classes[0]))]);
        Interval ttft = Of(c => c.Ttft.Quantile(targets.Quantile)), tpot = Of(c => c.Tpot.Quantile(targets.Quantile)), whole = Of(c => c.EndToEnd.Quantile(targets.Quantile));
        double completed = runs.Sum(f => (double)f.Statistics.Completed);
        bool turnedAway = runs.Any(f => f.Statistics.Classes[0].Rejected > 0);
        return new SimulatedLoad(
            replicas,
            rate,
            ttft,
            tpot,
            whole,
            runs.Sum(f => (double)f.Statistics.Classes[0].Good) / completed,
            runs.Sum(f => (double)f.Work.Decoded) / runs.Sum(f => (double)f.Work.Iterations),
            runs.Sum(f => (double)f.Statistics.Classes[0].Preemptions) / completed,
            !turnedAway && ttft.Value <= targets.TtftSeconds && tpot.Value <= targets.TpotSeconds && whole.Value <= options.EndToEndSeconds);
    }

    private static CutSource Drawn(SizingRequest request, SimulatedSearchOptions options, double rate, ulong seed)
    {
        RequestLengths lengths = options.Lengths ?? new IndependentLengths(Model(request.Workload.Prompt), Model(request.Workload.Output));
        return new CutSource(new GeneratedSource(new TrafficClass("requests", options.Arrivals(rate), lengths), seed), toSeconds: options.WarmUpSeconds + Math.Max(options.Seconds, LeastRequests / rate));
    }

    private static LengthModel Model(LengthDistribution length) => length.Cv > 0 ? new LognormalLength(length.Mean, length.Cv) : new ConstantLength((int)Math.Round(length.Mean));
}
