using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.FrontEnds;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>Simulates a fleet whose prompts are computed by one pool and whose answers by another.</summary>
internal static class SplitSimulation
{
    /// <summary>The prefill pool as if it were a fleet of its own: what its limits, its energy and what binds it follow from.</summary>
    public static SimulationRequest PromptsOf(SimulationRequest request, PrefillPool prefill) =>
        request with { Replica = prefill.Replica, Replicas = prefill.Replicas, Scheduler = prefill.Scheduler, Router = prefill.Router, Table = prefill.Table, Prefill = null };

    /// <summary>Why the two pools cannot run or do not go together; null when they do.</summary>
    public static string? Problem(SimulationRequest request, PrefillPool prefill)
    {
        SchedulerKind first = prefill.Scheduler ?? SchedulerKinds.Of(prefill.Replica.Engine), second = request.Scheduler ?? SchedulerKinds.Of(request.Replica.Engine);
        return first is SchedulerKind.Orca or SchedulerKind.Static || second is SchedulerKind.Orca or SchedulerKind.Static ? "a split fleet needs schedulers that take blocks as sequences grow; Orca and static batching reserve whole sequences"
            : request.Router is RouterKind.Prefix or RouterKind.Session ? "the decode pool keeps no prefixes and no sessions; its router cannot look for them"
            : request.Source is null ? "a split fleet takes its requests from one stream"
            : prefill.Replica.Graph.Precision.KvCache != request.Replica.Graph.Precision.KvCache ? "the two pools must store the cache in one number format, as it is sent as it is"
            : ServingSimulation.Problem(PromptsOf(request, prefill)) ?? ServingSimulation.Problem(request with { Prefill = null });
    }

    public static SimulationResult Run(SimulationRequest request, CancellationToken cancellation)
    {
        PrefillPool prefill = request.Prefill!;
        IRequestSource source = request.Source!;
        SimulationRequest prompts = PromptsOf(request, prefill);
        var statistics = new RunStatistics(request.Targets, Ticks.Of(request.WarmUpSeconds), request.Observer);
        var transfers = new KvTransfers();
        var first = new Pool(prompts, source, statistics, null);
        var second = new Pool(request, source, statistics, transfers.HandOver);
        var graph = new ModelGraph(request.Replica.Graph.Model, request.Replica.Graph.Precision, new Sharding(1));
        var simulator = new SplitFleetSimulator(
            first.Replicas, second.Replicas, new KvLinks(prefill.Replicas, request.Replicas, prefill.Link), tokens => graph.CacheBytesPerSequence(tokens), statistics, transfers)
        {
            FirstToken = prefill.FirstToken,
            Loop = source is IClosedLoop { Waits: true } loop ? loop : null,
            Stages = (prefill.Replica.Sharding.PipelineParallel, request.Replica.Sharding.PipelineParallel),
        };
        bool cancelled = false;
        simulator.Run(Entrance(source, prefill), now =>
        {
            request.Progress?.Invoke(new SimulationProgress(statistics.Completed, Ticks.Seconds(now), first.Work.Runs + second.Work.Runs));
            cancelled = cancellation.IsCancellationRequested;
            return !cancelled;
        });
        double seconds = Ticks.Seconds(statistics.LastCompletion), promptJoules = ReplicaEnergy.Joules(prefill.Replica, first.Work, seconds * prefill.Replicas);
        double joules = promptJoules + ReplicaEnergy.Joules(request.Replica, second.Work, seconds * request.Replicas);
        return new SimulationResult(statistics, second.Work, second.Series, seconds, second.Limits, second.Kind, joules, cancelled)
        {
            Prefill = new PrefillResult(first.Work, first.Series, first.Limits, first.Kind, promptJoules, transfers),
        };
    }

    // Every prefill replica has a front end. Which of them a request passes does not matter while they are far from busy: they are one that is as many times as fast.
    private static IRequestSource Entrance(IRequestSource source, PrefillPool prefill)
    {
        EngineOptions server = prefill.Replica.Engine;
        if (!server.HasFrontEnd)
        {
            return source;
        }

        var frontEnd = new FrontEnd(Ticks.Of(server.FrontEndSecondsPerRequest / prefill.Replicas), server.FrontEndSecondsPerToken / prefill.Replicas);
        frontEnd.Listen(source);
        return frontEnd;
    }

    private sealed class Pool
    {
        public Pool(SimulationRequest request, IRequestSource source, ICompletionSink sink, LatencySketch? handOver)
        {
            Replica replica = request.Replica;
            bool decodes = handOver is not null;
            int count = request.Replicas * replica.Sharding.PipelineParallel, ranks = replica.Sharding.AttentionDataParallel;
            Kind = request.Scheduler ?? SchedulerKinds.Of(replica.Engine);

            // A prefill pool holds no answers: what cannot be evicted there is a prompt.
            Kind = Kind == SchedulerKind.NoEviction && !decodes ? SchedulerKind.VllmV1 : Kind;
            Limits = ServingSimulation.Limits(request);
            Series = [.. Enumerable.Range(0, Math.Min(count, ServingSimulation.MostSeries)).Select(_ => new OccupancySeries())];
            ReplicaTable table = request.Table ?? ServingSimulation.Table(replica);
            long overhead = Ticks.Of(replica.Engine.RequestOverheadSeconds);
            IClosedLoop? loop = source is IClosedLoop { Waits: true } waits ? waits : null;
            Replicas = new SplitPool([.. Enumerable.Range(0, count).Select(Create)], request.Router.Create(request.Seed), Series);

            // The decode pool computes prompts only again, after an eviction, and looks for no others' prefixes.
            ReplicaState State() => new(
                Limits, Kind.ReservesWhole(), request.SharesPrefixes && !decodes ? CacheReuse.Prefixes : Kind == SchedulerKind.VllmV1 ? CacheReuse.Evicted : CacheReuse.None, source.HashTokens);

            ISplitEngine Create(int engine)
            {
                var times = new ReplicaTimes(table);
                OccupancySeries? series = engine < Series.Count ? Series[engine] : null;
                return ranks == 1
                    ? new ReplicaSimulator<ReplicaTimes>(times, Kind.Create(Limits), State(), sink, request.Leaps)
                    {
                        Series = series,
                        RequestOverhead = overhead,
                        Loop = loop,
                        Intake = decodes ? new KvIntake(handOver) : null,
                        Outbox = decodes ? null : [],
                    }
                    : new LockstepSimulator<ReplicaTimes>(times, [.. Enumerable.Range(0, ranks).Select(_ => Kind.Create(Limits))], [.. Enumerable.Range(0, ranks).Select(_ => State())], sink, request.Leaps)
                    {
                        Series = series,
                        RequestOverhead = overhead,
                        Loop = loop,
                        Intakes = decodes ? [.. Enumerable.Range(0, ranks).Select(_ => new KvIntake(handOver))] : [],
                        Outboxes = decodes ? [] : [.. Enumerable.Range(0, ranks).Select(_ => new List<int>())],
                    };
            }
        }

        public SplitPool Replicas { get; }

        public SchedulerKind Kind { get; }

        public SchedulerLimits Limits { get; }

        public IReadOnlyList<OccupancySeries> Series { get; }

        public ReplicaWork Work
        {
            get
            {
                ReplicaWork all = default;
                for (int i = 0; i < Replicas.Count; i++)
                {
                    all.Add(Replicas[i].Work);
                }

                return all;
            }
        }
    }
}
