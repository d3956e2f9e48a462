using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.FrontEnds;
using Fleetwright.Serving.Simulation.Offload;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Speculation;
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

    /// <summary>Further kinds of replicas behind the same router, numbered after those of <see cref="Replica"/>.</summary>
    public IReadOnlyList<FleetKind> Also { get; init; } = [];

    /// <summary>Share of requests that a copy of <see cref="Replica"/> should get, against the weights of <see cref="Also"/>.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>What happens to replicas while they serve; null when they are up all the time.</summary>
    public FleetBehaviour? Behaviour { get; init; }

    /// <summary>The replicas of each class with <see cref="RouterKind.ByClass"/>; none when every class goes to all.</summary>
    public IReadOnlyList<ClassGroup> Groups { get; init; } = [];

    /// <summary>How requests are dealt out within a group.</summary>
    public RouterKind GroupRouter { get; init; }

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

    /// <summary>
    /// The priority of each class, the lowest number first: who waits is admitted in the order of (priority, arrival), and the running sequence that is last in it
    /// loses its place first where the cache is full (vLLM, <c>--scheduling-policy priority</c>). Null for the order of arrival.
    /// </summary>
    public IReadOnlyList<int>? Priorities { get; init; }

    /// <summary>Speculative decoding; null for none.</summary>
    public SpeculativeDecoding? Speculation { get; init; }

    /// <summary>LoRA adapters; null for the base model only.</summary>
    public LoraAdapters? Adapters { get; init; }

    /// <summary>Where the cache goes when it does not fit on the chips; null where what does not fit is forgotten.</summary>
    public CacheOffload? Offload { get; init; }

    /// <summary>Whether runs of iterations are taken in one step; the results are the same.</summary>
    public bool Leaps { get; init; } = true;

    /// <summary>
    /// A pool of replicas that compute the prompts; <see cref="Replica"/>, <see cref="Replicas"/>, <see cref="Scheduler"/> and <see cref="Router"/> are then those of the pool that decodes,
    /// and the requests come from <see cref="Source"/>. Null when every replica does both.
    /// </summary>
    public PrefillPool? Prefill { get; init; }

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
    bool IsPartial)
{
    /// <summary>
    /// What the prefill pool did, where prompts have one: <see cref="Work"/>, <see cref="Occupancy"/>, <see cref="Limits"/> and <see cref="Scheduler"/> are then those of the pool that decodes;
    /// latencies and <see cref="Joules"/> are of both.
    /// </summary>
    public PrefillResult? Prefill { get; init; }

    /// <summary>What became of the replicas of a fleet that changes or is of several kinds; null of one that is always the same.</summary>
    public FleetOutcome? Fleet { get; init; }

    /// <summary>What the prefix cache and the tiers behind it found, and what moved; null when there is neither.</summary>
    public CacheTraffic? Cache { get; init; }

    /// <summary>What the adapters did; null without any.</summary>
    public AdapterTraffic? Adapters { get; init; }
}

/// <summary>Simulates replicas of a model behind a router.</summary>
public static class ServingSimulation
{
    private const int MostShards = 64;
    internal const int MostSeries = 16;
    private const int BlockTokens = 16;

    /// <summary>Runs until every request has ended, or until cancelled: what has ended by then is kept.</summary>
    /// <exception cref="ArgumentException">The weights do not fit; <see cref="Problem"/> says by how much.</exception>
    public static SimulationResult Run(SimulationRequest request, CancellationToken cancellation = default)
    {
        if ((Problem(request) ?? OffloadProblem(request) ?? AdapterProblem(request)) is { } problem)
        {
            throw new ArgumentException(problem, nameof(request));
        }

        if (request.Prefill is not null)
        {
            return SplitSimulation.Run(request, cancellation);
        }

        Replica replica = request.Replica;
        SchedulerKind kind = request.Scheduler ?? SchedulerKinds.Of(replica.Engine);
        SchedulerLimits limits = Limits(request);

        // A replica of P pipeline stages runs P micro-batches in turn: P engines with a P-th of the sequences, whose iteration is a pass through all stages.
        int stages = replica.Sharding.PipelineParallel;
        int engines = request.Replicas * stages;
        ReplicaTable table = request.Table ?? Table(replica);
        FleetPart whole = Part(new FleetKind(replica.Chip.Chip.Name, replica, request.Replicas, request.Weight), limits, table);
        FleetPart[]? parts = request.Behaviour is null && request.Also.Count == 0 ? null : [whole, .. request.Also.Select(k => Part(k, Limits(request with { Replica = k.Replica }), Table(k.Replica)))];
        SpeculationTable? drafted = request.Speculation is { } speculation ? new SpeculationTable(replica, speculation, limits.MaximumSequences, limits.TokenBudget) : null;
        int[]? urgency = request.Priorities is null ? null : [.. request.Priorities.Distinct().Order()], lines = urgency is null ? null : [.. request.Priorities!.Select(p => Array.IndexOf(urgency, p))];
        AcceptanceDraw? acceptance = request.Speculation is null ? null : new AcceptanceDraw(request.Speculation, request.Seed);
        int shards = parts?.Length ?? Math.Min(engines, MostShards);
        RunStatistics[] statistics = [.. Enumerable.Range(0, shards).Select(_ => new RunStatistics(request.Targets, Ticks.Of(request.WarmUpSeconds), request.Observer))];
        ReplicaWork total = default;
        OccupancySeries[] series = [.. Enumerable.Range(0, Math.Min(parts?.Sum(p => ChangingFleet.Slots(p, request.Behaviour) * p.Stages) ?? engines, MostSeries)).Select(_ => new OccupancySeries())];
        CacheTraffic?[] traffic = [.. Enumerable.Range(0, shards).Select(_ => request.SharesPrefixes || request.Offload is not null ? new CacheTraffic() : null)];
        OffloadLimits? offload = request.Offload is null ? null : OffloadOf(request, table);
        AdapterTraffic?[] adapted = [.. Enumerable.Range(0, shards).Select(_ => request.Adapters is null ? null : new AdapterTraffic())];
        AdapterDraw? adapterOf = request.Adapters is null ? null : new AdapterDraw(request.Adapters, request.Seed);
        FleetOutcome? outcome = null;
        bool partial = !(parts is not null ? RunChanging(parts) : request.Sources is null ? RunTogether() : RunApart(request.Sources));

        var all = new RunStatistics(request.Targets);
        CacheTraffic? moved = traffic[0] is null ? null : new CacheTraffic { BlockBytes = offload?.BlockBytes ?? 0 };
        AdapterTraffic? adapterTraffic = request.Adapters is null ? null : new AdapterTraffic();
        for (int i = 0; i < shards; i++)
        {
            all.Add(statistics[i]);
            moved?.Add(traffic[i]!);
            adapterTraffic?.Add(adapted[i]!);
        }

        double seconds = Ticks.Seconds(all.LastCompletion);
        return new SimulationResult(all, total, series, seconds, limits, kind, outcome?.Joules ?? ReplicaEnergy.Joules(replica, total, seconds * request.Replicas, request.Speculation), partial) { Fleet = outcome, Cache = moved, Adapters = adapterTraffic };

        FleetPart Part(FleetKind kind, SchedulerLimits limits, ReplicaTable table) => new(kind, limits, table)
        {
            Adapters = request.Adapters is not { } a ? null : (AdapterSizes.Of(a, kind.Replica), new AdapterTable(kind.Replica, a, Math.Max(limits.TokenBudget, limits.MaximumSequences))),
        };

        IReplicaEngine Create(int engine, IRequestSource? source, FleetPart? part = null)
        {
            (SchedulerLimits limits, int ranks, long overhead) = ((part ?? whole).Limits, (part ?? whole).Ranks, (part ?? whole).Overhead);
            var times = new ReplicaTimes((part ?? whole).Table, drafted, (part ?? whole).Adapters?.Table);
            ICompletionSink sink = part?.Sink ?? statistics[engine % shards];
            ReplicaTimeline? timeline = part is null ? request.Timeline?.Of(engine, stages, ranks, overhead, sink) : null;
            sink = timeline is null ? sink : timeline;
            OccupancySeries? occupancy = engine < series.Length ? series[engine] : null;
            IClosedLoop? loop = source is IClosedLoop { Waits: true } waits ? waits : null;

            // Ranks of data-parallel attention have a scheduler and a cache each and do every pass together.
            IReplicaEngine own = ranks == 1
                ? new ReplicaSimulator<ReplicaTimes>(times, kind.Create(limits), State(part ?? whole, source, engine % shards, timeline), sink, request.Leaps) { Series = occupancy, RequestOverhead = overhead, Loop = loop, Timeline = timeline }
                : new LockstepSimulator<ReplicaTimes>(
                    times, [.. Enumerable.Range(0, ranks).Select(_ => kind.Create(limits))], [.. Enumerable.Range(0, ranks).Select(_ => State(part ?? whole, source, engine % shards, timeline))], sink, request.Leaps, dealing: (part ?? whole).Kind.Replica.Engine.RankDealing)
                { Series = occupancy, RequestOverhead = overhead, Loop = loop, Timeline = timeline };
            EngineOptions server = (part ?? whole).Kind.Replica.Engine;
            return server.HasFrontEnd
                ? new FrontEndReplica(own, new FrontEnd(Ticks.Of(server.FrontEndSecondsPerRequest), server.FrontEndSecondsPerToken))
                : own;
        }

        ReplicaState State(FleetPart part, IRequestSource? source, int shard, ReplicaTimeline? timeline) =>
            new(part.Limits, kind.ReservesWhole(), request.SharesPrefixes ? CacheReuse.Prefixes : kind == SchedulerKind.VllmV1 ? CacheReuse.Evicted : CacheReuse.None, (source ?? request.Source)?.HashTokens ?? 0)
            { Lora = part.Adapters is not { } own ? null : (adapterOf!, request.Adapters!, own.Sizes, adapted[shard]!), Speculation = acceptance, Lines = lines, Traffic = traffic[shard], Offload = offload, Timeline = timeline };

        bool RunTogether()
        {
            IRequestSource source = request.Source ?? throw new ArgumentException("no requests", nameof(request));
            IReplicaEngine[] simulators = [.. Enumerable.Range(0, engines).Select(i => Create(i, source))];
            var fleet = new FleetSimulator(simulators, RouterKinds.Create(request, [.. Enumerable.Repeat(stages, request.Replicas)]), shards, request.Threads);
            RunWatch watch = Watch(fleet, source is IClosedLoop { Waits: true }, () => simulators.Sum(s => s.Work.Runs));
            ResumableSource.Skip(source, fleet.Taken);
            bool whole = fleet.Run(source, watch);
            foreach (IReplicaEngine simulator in simulators)
            {
                total.Add(simulator.Work);
            }

            return whole;
        }

        bool RunChanging(FleetPart[] kinds)
        {
            bool cancelled = false;
            IRequestSource source = request.Source ?? throw new ArgumentException("a fleet that changes needs one stream of requests", nameof(request));
            var book = new RequestBook();
            FleetPart[] counted = [.. kinds.Select((k, i) => k with { Sink = book.Sink(statistics[i]) })];
            var fleet = new ChangingFleet(request, counted, book, statistics, (engine, part) => Create(engine, source, part));
            fleet.Run(source, now =>
            {
                Tell(() => fleet.Runs)?.Invoke(now);
                cancelled = cancellation.IsCancellationRequested;
                return !cancelled;
            });
            outcome = fleet.Finish(statistics.Max(s => s.LastCompletion), (part, work, powered) => ReplicaEnergy.Joules(part.Replica, work, powered));
            foreach (ReplicaWork work in fleet.Work)
            {
                total.Add(work);
            }

            series = request.Behaviour is null ? series : [OccupancySeries.MeanOfServing(series, outcome.Series, fleet.EnginesEach)];
            return !cancelled;
        }

        bool RunApart(Func<int, IRequestSource> sources)
        {
            var replicas = new SeparateReplicas(engines, shards, request.Threads, sources, (engine, source) => Create(engine, source));
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
        if (request.Checkpoints is not null && (request.Prefill is not null || request.Behaviour is not null || request.Also.Count > 0 || request.Speculation is not null || request.Adapters is not null || request.Offload is not null))
        {
            return "a checkpoint holds no state of split, changing or mixed fleets, of drafts, of adapters and of what is kept outside the chips";
        }

        if (request.Prefill is { } prefill)
        {
            return SplitSimulation.Problem(request, prefill);
        }

        if (request.Also.Count > 0 && request.Also.Select(k => Problem(request with { Replica = k.Replica, Also = [] })).FirstOrDefault(p => p is not null) is { } other)
        {
            return other;
        }

        Replica replica = request.Replica;
        if (request.Speculation is not null && replica.Sharding.AttentionDataParallel > 1)
        {
            return $"speculative decoding is not simulated with data-parallel attention ({replica.Sharding}), whose groups step together";
        }

        if (replica.CacheRoomBytes > 0 && Limits(request).Blocks > 0)
        {
            return null;
        }

        double usable = replica.Chip.Chip.MemoryCapacity - replica.ReserveBytes;
        double slots = AdapterBytes(request), needed = replica.WeightBytes + replica.ActivationBytes + slots;
        string adapters = slots > 0 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", {request.Adapters!.Slots} adapters of rank {request.Adapters.Rank} {slots / 1e9:0.0} GB") : "";
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{replica.Graph.Model.Name} on {replica.Sharding} of {replica.Chip.Chip.Name} leaves no room for a cache: weights {replica.WeightBytes / 1e9:0.0} GB{adapters} and activations {replica.ActivationBytes / 1e9:0.0} GB of {usable / 1e9:0.0} GB usable on a chip, {Math.Max(0, needed - usable) / 1e9:0.0} GB too many; spread it over at least {Math.Ceiling(replica.Chips * needed / usable):0} chips or store it in fewer bits");
    }

    /// <summary>Why a replica cannot serve the adapters that the request asks for; null when it can.</summary>
    public static string? AdapterProblem(SimulationRequest request)
    {
        Sharding sharding = request.Also.Select(k => k.Replica.Sharding).Append(request.Replica.Sharding).FirstOrDefault(s => s.PipelineParallel > 1 || s.AttentionDataParallel > 1);
        return request.Adapters is not { } adapters ? null
            : request.Replica.Graph.Model.Ranking is not null ? $"{request.Replica.Graph.Model.Name} is a ranking model, which has no adapters"
            : sharding.PipelineParallel > 1 || sharding.AttentionDataParallel > 1 ? $"adapters are simulated for replicas with one scheduler, not for {sharding}"
            : request.Prefill is not null ? "adapters are not simulated with pools of their own for prompts"
            : request.Speculation is not null ? "adapters are not simulated with speculative decoding"
            : request.Offload is not null ? "adapters are not simulated with swapping or tiers behind the prefix cache"
            : adapters.HostCount < adapters.Slots ? FormattableString.Invariant($"host memory keeps {adapters.HostCount} adapters; allowed: at least the {adapters.Slots} that are on the chips")
            : null;
    }

    /// <summary>Why a replica cannot run as the request asks with what it may keep outside its chips; null when it can.</summary>
    public static string? OffloadProblem(SimulationRequest request)
    {
        Sharding sharding = request.Replica.Sharding;
        SchedulerKind kind = request.Scheduler ?? SchedulerKinds.Of(request.Replica.Engine);
        bool swaps = request.Offload?.Preemption == PreemptionKind.Swap, prefixes = request.SharesPrefixes, tiers = request.Offload?.HasTiers == true;
        return (swaps || tiers) && sharding.AttentionDataParallel > 1 ? "ranks of data-parallel attention form their batches together; swapping and tiers are simulated for replicas with one scheduler"
            : (swaps || tiers) && sharding.PipelineParallel > 1 ? "the micro-batches of pipeline stages would share a host link; swapping and tiers are simulated for replicas of one stage"
            : swaps && kind.ReservesWhole() ? $"the scheduler {kind} reserves whole sequences and never evicts one; allowed: any other scheduler"
            : (prefixes || tiers) && kind is SchedulerKind.Orca or SchedulerKind.Static or SchedulerKind.VllmV0 ? $"the scheduler {kind} computes every prompt whole; allowed: {SchedulerKind.VllmV1}, {SchedulerKind.Sarathi}, {SchedulerKind.NoEviction} or {SchedulerKind.PrefillFirst}"
            : tiers && !prefixes ? "tiers keep what the prefix cache drops; allowed: with a prefix cache"
            : null;
    }

    /// <summary>A table of a replica's prices that several runs may share.</summary>
    internal static ReplicaTable Table(Replica replica)
    {
        SchedulerLimits limits = Limits(new SimulationRequest { Replica = replica });
        int ranks = replica.Sharding.AttentionDataParallel;
        return new ReplicaTable(replica, limits.MaximumSequences * ranks, limits.TokenBudget * ranks);
    }

    // A prompt token where prompts fill an iteration, at the start of their sequences: longer contexts take longer, so this errs to computing.
    private static OffloadLimits OffloadOf(SimulationRequest request, ReplicaTable table)
    {
        int budget = request.Replica.Engine.TokenBudget;
        double seconds = table.Iteration(0, 0, [new PromptChunk(budget, 0)]) / budget;
        return OffloadLimits.Of(request.Offload!, BlockBytes(request), request.Replica.Chips, seconds);
    }

    // Of a block on one chip.
    private static double BlockBytes(SimulationRequest request) => request.Replica.Graph.CacheBytesPerSequence(request.TypicalContext) / request.TypicalContext * BlockTokens;

    // Of the adapters on one chip: engines take the room of all slots from the start.
    private static double AdapterBytes(SimulationRequest request) => request.Adapters is not { } a || request.Replica.Graph.Model.Ranking is not null ? 0 : a.Slots * AdapterSizes.Of(a, request.Replica).ChipBytes;

    internal static SchedulerLimits Limits(SimulationRequest request)
    {
        Replica replica = request.Replica;
        int stages = replica.Sharding.PipelineParallel;
        double room = replica.CacheRoomBytes - AdapterBytes(request), sequenceBytes = replica.Graph.CacheBytesPerSequence(request.TypicalContext);
        if (request.Speculation is { Draft: { } draft })
        {
            // The draft model has weights and a cache of its own beside the target's.
            room -= request.Speculation.DraftWeightBytes();
            sequenceBytes += draft.Graph.CacheBytesPerSequence(request.TypicalContext);
        }

        double blockBytes = sequenceBytes / request.TypicalContext * BlockTokens;
        double blocks = blockBytes > 0 ? Math.Max(0, room) / blockBytes / stages : 1e12;
        int sequences = Math.Max(1, replica.Engine.MaximumSequences / stages);
        return new SchedulerLimits
        {
            TokenBudget = replica.Engine.TokenBudget,

            // Every one of them verifies its drafts within the budget.
            MaximumSequences = request.Speculation is null ? sequences : Math.Clamp(replica.Engine.TokenBudget / (1 + request.Speculation.DraftTokens), 1, sequences),
            Blocks = (long)Math.Floor(blocks),
            BlockTokens = BlockTokens,
            MaximumContext = request.MaximumContext,
        };
    }
}
