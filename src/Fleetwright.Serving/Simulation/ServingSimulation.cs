using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Timelines;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>What is simulated.</summary>
public sealed record SimulationRequest
{
    /// <summary>A copy of the model on its chips under an engine.</summary>
    public required Replica Replica { get; init; }

    /// <summary>Copies of it.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>How iterations are filled; as the engine does when null.</summary>
    public SchedulerKind? Scheduler { get; init; }

    /// <summary>How requests are dealt out.</summary>
    public RouterKind Router { get; init; }

    /// <summary>The requests, dealt out by the router. Null when every replica has <see cref="Sources"/> of its own.</summary>
    public IRequestSource? Source { get; init; }

    /// <summary>
    /// The requests of each replica by its number, for streams that can be drawn apart (<c>GeneratedSource.Part</c>) and for closed loops: no router, and only the
    /// replicas that run at the moment are in memory.
    /// </summary>
    public Func<int, IRequestSource>? Sources { get; init; }

    /// <summary>What the requests of each class must keep.</summary>
    public IReadOnlyList<ServiceTarget> Targets { get; init; } = [default(ServiceTarget) with { TtftSeconds = double.PositiveInfinity, TpotSeconds = double.PositiveInfinity, EndToEndSeconds = double.PositiveInfinity }];

    /// <summary>Tokens of a typical sequence at its end: what a block of the cache takes is found at this length, for models whose cache is not proportional to it.</summary>
    public double TypicalContext { get; init; } = 1024;

    /// <summary>Tokens of a sequence at most, prompt and answer; what Orca and static batching reserve.</summary>
    public int MaximumContext { get; init; } = 8192;

    /// <summary>Requests that arrive in the first so many seconds load the fleet but are not counted in the latencies: a run starts empty.</summary>
    public double WarmUpSeconds { get; init; }

    /// <summary>Threads to use; the results do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Seed of what the router draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether prompts that begin alike (<see cref="Request.Session"/>, <see cref="Request.PrefixHashes"/>) find what others have left in the cache.</summary>
    public bool SharesPrefixes { get; init; }

    /// <summary>Whether runs of iterations are taken in one step; the results are the same.</summary>
    public bool Leaps { get; init; } = true;

    /// <summary>Hears of every request that ends, such as a file of all requests; called from several threads at once, in no order that could be relied on.</summary>
    public ICompletionSink? Observer { get; init; }

    /// <summary>Draws what single replicas do in a window of time; null for nothing.</summary>
    public Timeline? Timeline { get; init; }

    /// <summary>Where the state of the run is kept from time to time, and from where it goes on; null for nothing of it.</summary>
    public Checkpoints? Checkpoints { get; init; }

    /// <summary>Prices of the replica's iterations that another run has filled already; null for a table of its own.</summary>
    internal ReplicaTable? Table { get; init; }

    /// <summary>Hears how far the run is: requests that ended and simulated seconds; from time to time.</summary>
    public Action<SimulationProgress>? Progress { get; init; }
}

/// <summary>How far a run is.</summary>
/// <param name="Completed">Requests that ended.</param>
/// <param name="Seconds">Simulated seconds.</param>
/// <param name="Runs">Runs of iterations that the engine stepped through.</param>
public readonly record struct SimulationProgress(long Completed, double Seconds, long Runs);

/// <summary>What came out.</summary>
/// <param name="Statistics">Latencies and counts by class.</param>
/// <param name="Work">What all replicas did together.</param>
/// <param name="Occupancy">How full the first replicas were over time.</param>
/// <param name="Seconds">Simulated seconds: to the end of the last request.</param>
/// <param name="Limits">What the scheduler of each replica could fill, or of each of its ranks with data-parallel attention.</param>
/// <param name="Scheduler">How iterations were filled.</param>
/// <param name="Joules">Energy of all chips.</param>
/// <param name="IsPartial">Whether it was cancelled before its end.</param>
public sealed record SimulationResult(
    RunStatistics Statistics,
    ReplicaWork Work,
    IReadOnlyList<OccupancySeries> Occupancy,
    double Seconds,
    SchedulerLimits Limits,
    SchedulerKind Scheduler,
    double Joules,
    bool IsPartial);

/// <summary>Simulates replicas of a model behind a router.</summary>
public static class ServingSimulation
{
    private const int MostShards = 64;
    private const int MostSeries = 16;

    /// <summary>Runs until every request has ended, or until cancelled: what has ended by then is kept.</summary>
    /// <exception cref="ArgumentException">The weights do not fit; <see cref="Problem"/> says by how much.</exception>
    public static SimulationResult Run(SimulationRequest request, CancellationToken cancellation = default)
    {
        if (Problem(request) is { } problem)
        {
            throw new ArgumentException(problem, nameof(request));
        }

        Replica replica = request.Replica;
        SchedulerKind kind = request.Scheduler ?? SchedulerKinds.Of(replica.Engine);
        SchedulerLimits limits = Limits(request);

        // A replica of P pipeline stages runs P micro-batches in turn: P engines with a P-th of the sequences, whose iteration is a pass through all stages.
        int stages = replica.Sharding.PipelineParallel;
        int engines = request.Replicas * stages;
        ReplicaTable table = request.Table ?? Table(replica);
        int ranks = replica.Sharding.AttentionDataParallel;
        int shards = Math.Min(engines, MostShards);
        RunStatistics[] statistics = [.. Enumerable.Range(0, shards).Select(_ => new RunStatistics(request.Targets, Ticks.Of(request.WarmUpSeconds), request.Observer))];
        OccupancySeries[] series = [.. Enumerable.Range(0, Math.Min(engines, MostSeries)).Select(_ => new OccupancySeries())];
        long overhead = Ticks.Of(replica.Engine.RequestOverheadSeconds);
        ReplicaWork total = default;
        bool partial = !(request.Sources is null ? RunTogether() : RunApart(request.Sources));

        var all = new RunStatistics(request.Targets);
        for (int i = 0; i < shards; i++)
        {
            all.Add(statistics[i]);
        }

        double seconds = Ticks.Seconds(all.LastCompletion);
        return new SimulationResult(all, total, series, seconds, limits, kind, ReplicaEnergy.Joules(replica, total, seconds * request.Replicas), partial);

        IReplicaEngine Create(int engine, IRequestSource? source)
        {
            var times = new ReplicaTimes(table);
            ReplicaTimeline? timeline = request.Timeline?.Of(engine, stages, ranks, overhead, statistics[engine % shards]);
            ICompletionSink sink = timeline is null ? statistics[engine % shards] : timeline;
            OccupancySeries? occupancy = engine < series.Length ? series[engine] : null;
            IClosedLoop? loop = source is IClosedLoop { Waits: true } waits ? waits : null;

            // Ranks of data-parallel attention have a scheduler and a cache each and do every pass together.
            return ranks == 1
                ? new ReplicaSimulator<ReplicaTimes>(times, kind.Create(limits), State(source, timeline), sink, request.Leaps) { Series = occupancy, RequestOverhead = overhead, Loop = loop, Timeline = timeline }
                : new LockstepSimulator<ReplicaTimes>(
                    times, [.. Enumerable.Range(0, ranks).Select(_ => kind.Create(limits))], [.. Enumerable.Range(0, ranks).Select(_ => State(source, timeline))], sink, request.Leaps)
                { Series = occupancy, RequestOverhead = overhead, Loop = loop, Timeline = timeline };
        }

        ReplicaState State(IRequestSource? source, ReplicaTimeline? timeline) =>
            new(limits, kind.ReservesWhole(), request.SharesPrefixes ? CacheReuse.Prefixes : kind == SchedulerKind.VllmV1 ? CacheReuse.Evicted : CacheReuse.None, (source ?? request.Source)?.HashTokens ?? 0) { Timeline = timeline };

        bool RunTogether()
        {
            IRequestSource source = request.Source ?? throw new ArgumentException("no requests", nameof(request));
            IReplicaEngine[] simulators = [.. Enumerable.Range(0, engines).Select(i => Create(i, source))];
            var fleet = new FleetSimulator(simulators, request.Router.Create(request.Seed), shards, request.Threads);
            RunWatch watch = Watch(fleet, source is IClosedLoop { Waits: true }, () => simulators.Sum(s => s.Work.Runs));
            ResumableSource.Skip(source, fleet.Taken);
            bool whole = fleet.Run(source, watch);
            foreach (IReplicaEngine simulator in simulators)
            {
                total.Add(simulator.Work);
            }

            return whole;
        }

        bool RunApart(Func<int, IRequestSource> sources)
        {
            var replicas = new SeparateReplicas(engines, shards, request.Threads, sources, Create);
            bool whole = replicas.Run(Watch(replicas, closed: false, () => replicas.Work.Runs));
            total = replicas.Work;
            return whole;
        }

        // What looks after the run; the state of an earlier one has been put in when it comes back.
        RunWatch Watch(IState engine, bool closed, Func<long> runs)
        {
            Checkpoints? kept = request.Checkpoints;
            if (kept is not null)
            {
                var whole = new RunState(table, limits, [.. statistics, .. series, engine, .. request.Sources is not null && kept.Beside is { } beside ? [beside] : Array.Empty<IState>()]);
                whole.Check(closed);
                if (kept.Resumed is { } from)
                {
                    whole.Transfer(StateTransfer.From(from));
                }

                return new RunWatch(cancellation, Tell(runs), kept.Write is null ? null : () => kept.Write(to => whole.Transfer(StateTransfer.To(to))), kept.Every);
            }

            return new RunWatch(cancellation, Tell(runs));
        }

        Action<long>? Tell(Func<long> runs) => request.Progress is not { } progress ? null : now => progress(new SimulationProgress(statistics.Sum(s => s.Completed), Ticks.Seconds(now), runs()));
    }

    /// <summary>Why a replica cannot run at all; null when it can.</summary>
    public static string? Problem(SimulationRequest request)
    {
        Replica replica = request.Replica;
        if (replica.CacheRoomBytes > 0 && Limits(request).Blocks > 0)
        {
            return null;
        }

        double usable = replica.Chip.Chip.MemoryCapacity - replica.ReserveBytes;
        double needed = replica.WeightBytes + replica.ActivationBytes;
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{replica.Graph.Model.Name} on {replica.Sharding} of {replica.Chip.Chip.Name} leaves no room for a cache: weights {replica.WeightBytes / 1e9:0.0} GB and activations {replica.ActivationBytes / 1e9:0.0} GB of {usable / 1e9:0.0} GB usable on a chip, {Math.Max(0, needed - usable) / 1e9:0.0} GB too many; spread it over at least {Math.Ceiling(replica.Chips * needed / usable):0} chips or store it in fewer bits");
    }

    /// <summary>A table of a replica's prices that several runs may share.</summary>
    internal static ReplicaTable Table(Replica replica)
    {
        SchedulerLimits limits = Limits(new SimulationRequest { Replica = replica });
        int ranks = replica.Sharding.AttentionDataParallel;
        return new ReplicaTable(replica, limits.MaximumSequences * ranks, limits.TokenBudget * ranks);
    }

    private static SchedulerLimits Limits(SimulationRequest request)
    {
        Replica replica = request.Replica;
        int stages = replica.Sharding.PipelineParallel;
        const int block = 16;
        double blockBytes = replica.Graph.CacheBytesPerSequence(request.TypicalContext) / request.TypicalContext * block;
        double blocks = blockBytes > 0 ? Math.Max(0, replica.CacheRoomBytes) / blockBytes / stages : 1e12;
        return new SchedulerLimits
        {
            TokenBudget = replica.Engine.TokenBudget,
            MaximumSequences = Math.Max(1, replica.Engine.MaximumSequences / stages),
            Blocks = (long)Math.Floor(blocks),
            BlockTokens = block,
            MaximumContext = request.MaximumContext,
        };
    }
}
