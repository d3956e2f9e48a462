using Fleetwright.Models;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>Failures and repairs against the closed forms of alternating renewal processes, and what becomes of requests and tokens.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(60, 200)]
    public void Availability_is_that_of_an_alternating_renewal_process(double detection, double startUp)
    {
        // Up for 1/λ on average, then noticed after d, repaired in R, started in s, during which it may fail again: e^(−λs) ÷ (1 + λ(d + R)), which is MTBF ÷ (MTBF + MTTR) for d = s = 0.
        const double mtbf = 2000, repair = 500;
        FleetOutcome fleet = Fleet(Idle(32, 200_000, 1) with
        {
            Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = mtbf, RepairSeconds = repair, DetectionSeconds = detection }, StartUp = new StartUp(startUp) },
        });
        double expected = Math.Exp(-startUp / mtbf) / (1 + ((detection + repair) / mtbf));

        // One replica's share over T has a deviation of √(2·MTBF²·MTTR² ÷ (MTBF + MTTR)³ ÷ T) = 0.025, that of 32 replicas 0.0045.
        Assert.Equal(expected, fleet.Kinds[0].UpSeconds / fleet.Kinds[0].MemberSeconds, 3.5 * 0.0045);
        Assert.InRange(fleet.Kinds[0].MemberSeconds, 32 * 200_000.0, 32 * 202_000.0);
    }

    [Fact]
    public void Failures_are_as_many_as_a_Poisson_process_has()
    {
        // 16 replicas of 2 chips for 40,000 s at one failure in 50,000 s a chip: 25.6 on average, and as much variance (χ² of 39 degrees: 16 to 74 with 99.9 %).
        double[] counts = [.. Enumerable.Range(1, 40).Select(seed => (double)Fleet(Idle(16, 40_000, (ulong)seed, 2) with
        {
            Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 50_000, RepairSeconds = 1e-3, DetectionSeconds = 0 } },
        }).Failures!.ChipFailures)];
        double mean = counts.Average(), spread = counts.Sum(c => (c - mean) * (c - mean)) / mean;
        Assert.Equal(25.6, mean, 3.5 * Math.Sqrt(25.6 / 40));
        Assert.InRange(spread, 16, 74);
    }

    [Fact]
    public void As_many_replicas_are_up_as_k_out_of_n_says()
    {
        // Three replicas with one repair shop each: at least two of three are up with A³ + 3A²(1 − A). Intervals of the series are short against repairs.
        const double mtbf = 100_000, repair = 20_000, a = mtbf / (mtbf + repair);
        double two = 0, all = 0;
        for (ulong seed = 1; seed <= 24; seed++)
        {
            FleetSeries series = Fleet(Idle(3, 2_000_000, seed, gap: 50_000) with
            {
                Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = mtbf, RepairSeconds = repair, DetectionSeconds = 0 } },
            }).Series;
            two += Enumerable.Range(0, series.Count).Count(i => series.Mean(ReplicaStatus.Up, i) > 1.5);
            all += series.Count;
        }

        Assert.Equal((a * a * a) + (3 * a * a * (1 - a)), two / all, 0.02);
    }

    [Fact]
    public void A_node_takes_all_replicas_on_it_down_together()
    {
        // Eight replicas of one chip share a server of eight, eight more the next.
        FleetOutcome fleet = Fleet(Idle(16, 400_000, 3) with
        {
            Behaviour = new FleetBehaviour { Failures = new FailureRules { NodeMtbfSeconds = 20_000, RepairSeconds = 2000, DetectionSeconds = 0 } },
        });
        Assert.Equal(0, fleet.Failures!.ChipFailures);
        Assert.Equal(8 * fleet.Failures.NodeFailures, fleet.Failures.ReplicaFailures);
        Assert.InRange(fleet.Failures.NodeFailures, 20, 60);
    }

    [Fact]
    public void A_spare_takes_over_after_detection_and_start_up()
    {
        // With spares enough, a replica is away for 10 + 90 s at every failure, whatever the repair takes.
        FleetOutcome fleet = Fleet(Idle(8, 400_000, 5) with
        {
            Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 20_000, RepairSeconds = 3600, Spares = 40 }, StartUp = new StartUp(90) },
        });
        Assert.Equal(fleet.Failures!.ReplicaFailures, fleet.Failures.SparesUsed);
        Assert.Equal(10.0 * fleet.Failures.ReplicaFailures, fleet.Kinds[0].DownSeconds, 20.0);
        Assert.True(fleet.Availability > 0.99, $"{fleet.Availability}");
        Assert.Equal(40 * fleet.Kinds[0].MemberSeconds / 8, fleet.Kinds[0].SpareSeconds, 1.0);
    }

    [Theory]
    [InlineData(LostRequests.Retry, RouterKind.RoundRobin)]
    [InlineData(LostRequests.Retry, RouterKind.LeastOutstanding)]
    [InlineData(LostRequests.Drop, RouterKind.PowerOfTwo)]
    public void Every_request_ends_once_and_every_token_is_accounted_for(LostRequests rule, RouterKind router)
    {
        Ends ends = new();
        SimulationRequest request = Busy(router) with
        {
            Observer = ends,
            Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 25, RepairSeconds = 10, DetectionSeconds = 2, OnFailure = rule }, StartUp = new StartUp(5) },
        };
        SimulationResult found = ServingSimulation.Run(request, TestContext.Current.CancellationToken);
        FailureOutcome failures = found.Fleet!.Failures!;
        Assert.Equal(3000, ends.Completed.Count + ends.Rejected.Count);
        Assert.Equal(ends.Rejected.Count, failures.Drops);
        Assert.Equal(rule == LostRequests.Retry ? 0 : failures.LostRequests, failures.Drops);
        Assert.Equal(rule == LostRequests.Retry ? failures.LostRequests : 0, failures.Retries);
        Assert.True(failures.LostRequests > 100 && failures.LostAnswers > 50, $"{failures.LostRequests} requests lost, {failures.LostAnswers} of them in their answers");

        Dictionary<long, Request> sent = [];
        for (IRequestSource source = Stream(); source.NextArrival != Ticks.Never;)
        {
            Request r = source.Take();
            sent.Add(r.Id, r);
        }

        foreach (CompletedRequest r in ends.Completed)
        {
            Assert.Equal((sent[r.Id].PromptTokens, sent[r.Id].OutputTokens, sent[r.Id].Arrival), (r.PromptTokens, r.OutputTokens, r.Arrival));
            Assert.True(r.Arrival <= r.Scheduled && r.Scheduled < r.FirstToken && r.FirstToken <= r.Completed);
        }

        // Whatever was computed is in an answer or was lost; an answer's first token, and the first after each interruption, comes from a prompt.
        Assert.Equal(0, found.Statistics.Classes[0].Preemptions);
        Assert.Equal(ends.Completed.Sum(r => (long)r.PromptTokens + r.OutputTokens - 1) + failures.LostTokens, found.Work.Tokens);
        Assert.Equal(ends.Completed.Sum(r => r.OutputTokens - 1L) + failures.DroppedTokens - failures.LostAnswers, found.Work.Decoded);
    }

    [Fact]
    public void Who_had_its_first_token_keeps_it_and_waits_for_the_next()
    {
        Ends with = new(), without = new();
        var behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 150, RepairSeconds = 20 } };
        SimulationResult found = ServingSimulation.Run(Busy(RouterKind.RoundRobin) with { Observer = with, Behaviour = behaviour }, TestContext.Current.CancellationToken);
        SimulationResult calm = ServingSimulation.Run(Busy(RouterKind.RoundRobin) with { Observer = without }, TestContext.Current.CancellationToken);
        LatencySketch gap = found.Fleet!.Failures!.Interruption;
        Assert.InRange(gap.Count, 10, found.Fleet.Failures.Retries);
        Assert.True(gap.Quantile(0.01) >= 0.5, $"{gap.Quantile(0.01)}");
        Assert.InRange(gap.Maximum, 10, 60);
        Assert.True(found.Statistics.Classes[0].EndToEnd.Mean > calm.Statistics.Classes[0].EndToEnd.Mean);
        Assert.Equal(calm.Statistics.Classes[0].OutputTokens, found.Statistics.Classes[0].OutputTokens);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    public void All_stages_and_ranks_of_a_replica_fail_together(int stages, int ranks)
    {
        SimulationRequest request = Busy(RouterKind.LeastOutstanding) with
        {
            Replica = Fixtures.Replica(Fixtures.GptOss, Fixtures.H200, ranks == 1 ? new Sharding(1, stages) : new Sharding(1, 1, 2, 2)),
            Replicas = 3,
            Source = Stream(20, 1500),
            Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 60, RepairSeconds = 10, DetectionSeconds = 2 }, StartUp = new StartUp(5) },
        };
        SimulationResult found = ServingSimulation.Run(request, TestContext.Current.CancellationToken);
        FailureOutcome failures = found.Fleet!.Failures!;
        ClassStatistics all = found.Statistics.Classes[0];
        Assert.Equal((1500, 0), (all.Completed, all.Preemptions));
        Assert.True(failures.LostAnswers > 10, $"{failures.LostAnswers}");
        Assert.Equal(all.PromptTokens + all.OutputTokens - 1500 + failures.LostTokens, found.Work.Tokens);
        Assert.Equal(all.OutputTokens - 1500 - failures.LostAnswers, found.Work.Decoded);
    }

    [Fact]
    public void Stepping_and_threads_change_nothing()
    {
        SimulationRequest request = Busy(RouterKind.LeastOutstanding) with
        {
            Behaviour = new FleetBehaviour
            {
                Failures = new FailureRules { ChipMtbfSeconds = 100, RepairSeconds = 20, DetectionSeconds = 2, Spares = 1 },
                Restarts = new RestartRules { EverySeconds = 40, RestartSeconds = 3 },
                StartUp = new StartUp(5),
            },
        };
        SimulationResult one = ServingSimulation.Run(request with { Threads = 1 }, TestContext.Current.CancellationToken);
        SimulationResult two = ServingSimulation.Run(request with { Threads = 2, Source = Stream() }, TestContext.Current.CancellationToken);
        SimulationResult steps = ServingSimulation.Run(request with { Leaps = false, Source = Stream() }, TestContext.Current.CancellationToken);
        Assert.True(one.Fleet!.Failures!.Retries > 20 && one.Fleet.Restarts >= 4, $"{one.Fleet.Failures.Retries} retries, {one.Fleet.Restarts} restarts");
        Assert.Equal(one.Work, two.Work);
        Assert.Equal(one.Joules, two.Joules);
        foreach (SimulationResult other in (SimulationResult[])[two, steps])
        {
            Assert.Equal(one.Fleet.Failures.LostTokens, other.Fleet!.Failures!.LostTokens);
            Assert.Equal(one.Fleet.Failures.Retries, other.Fleet.Failures.Retries);
            Assert.Equal(one.Work.Tokens, other.Work.Tokens);
            Assert.Equal(one.Work.Iterations, other.Work.Iterations);
            Assert.Equal(one.Statistics.Classes[0].EndToEnd.SumSeconds, other.Statistics.Classes[0].EndToEnd.SumSeconds, 3000 * 1e-9);
            Assert.Equal(one.Statistics.Classes[0].Ttft.SumSeconds, other.Statistics.Classes[0].Ttft.SumSeconds, 3000 * 1e-9);
        }
    }

    [Fact]
    public void A_closed_loop_keeps_its_clients_through_failures()
    {
        foreach (LostRequests rule in Enum.GetValues<LostRequests>())
        {
            SimulationResult found = ServingSimulation.Run(
                Busy(RouterKind.LeastOutstanding) with
                {
                    Source = new CutSource(new ClosedLoopSource("loop", Lengths, 32, 1), count: 2000),
                    Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 60, RepairSeconds = 20, DetectionSeconds = 1, OnFailure = rule } },
                },
                TestContext.Current.CancellationToken);
            Assert.Equal(2000, found.Statistics.Completed + found.Statistics.Classes[0].Rejected);
            Assert.True(found.Fleet!.Failures!.LostRequests > 20);
        }
    }

    [Fact]
    public void A_fleet_that_keeps_books_allocates_nothing_for_a_request_once_warm()
    {
        // The same run with 20,000 requests more takes as much memory, but for the two or three times that an array grows.
        long Allocated(int count)
        {
            SimulationRequest request = Busy(RouterKind.LeastOutstanding) with { Source = Stream(40, count), Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 1e8, RepairSeconds = 1 } } };
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = ServingSimulation.Run(request, TestContext.Current.CancellationToken);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        _ = Allocated(30_000);
        Assert.InRange(Allocated(30_000) - Allocated(10_000), -100_000, 100_000);
    }

    internal static readonly IndependentLengths Lengths = new(LengthText.Parse("input", "lognormal:700,0.8"), LengthText.Parse("output", "lognormal:120,0.7"));

    internal static IRequestSource Stream(double rate = 40, int count = 3000) => new CutSource(new GeneratedSource(new TrafficClass("chat", ArrivalModel.Poisson(rate), Lengths), 1), count: count);

    // Replicas that serve a request in a while, so that a run lasts.
    internal static SimulationRequest Idle(int replicas, double seconds, ulong seed, int tp = 1, double gap = 1000) => new()
    {
        Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(tp)),
        Replicas = replicas,
        Source = new ListSource([.. Enumerable.Range(1, (int)(seconds / gap)).Select(i => new Request(i, Ticks.Of(i * gap), 100, 2))]),
        Threads = 1,
        Seed = seed,
    };

    internal static SimulationRequest Busy(RouterKind router) => new()
    {
        Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1)),
        Replicas = 6,
        Router = router,
        Source = Stream(),
        Threads = 1,
        Seed = 1,
    };

    internal static FleetOutcome Fleet(SimulationRequest request) => ServingSimulation.Run(request, TestContext.Current.CancellationToken).Fleet!;

    private sealed class Ends : ICompletionSink
    {
        public List<CompletedRequest> Completed { get; } = [];

        public List<Request> Rejected { get; } = [];

        void ICompletionSink.Completed(in CompletedRequest request) => Completed.Add(request);

        void ICompletionSink.Rejected(in Request request) => Rejected.Add(request);
    }
}
