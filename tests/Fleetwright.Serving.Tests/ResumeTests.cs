using System.Reflection;
using Fleetwright.Catalog.Reading;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>A run that is stopped again and again and taken up from its checkpoints ends as one that was left alone, to the bit.</summary>
public sealed class ResumeTests
{
    public static TheoryData<string, string> Runs
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (RouterKind router in Enum.GetValues<RouterKind>())
            {
                data.Add(router.ToString(), nameof(SchedulerKind.VllmV1));
            }

            foreach (SchedulerKind scheduler in Enum.GetValues<SchedulerKind>())
            {
                data.Add("closed", scheduler.ToString());
                data.Add("tight", scheduler.ToString());
            }

            foreach (string kind in (string[])["parts", "prefixes", "ranks"])
            {
                data.Add(kind, nameof(SchedulerKind.VllmV1));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_that_is_taken_up_again_ends_as_one_that_was_not_stopped(string kind, string scheduler)
    {
        byte[] expected = Bytes(ServingSimulation.Run(Of(kind, scheduler), TestContext.Current.CancellationToken));
        byte[]? saved = null;
        int stops = 0;
        while (true)
        {
            using var stop = new CancellationTokenSource();
            var kept = new Checkpoints { Every = TimeSpan.FromHours(1), Write = write => saved = Written(write), Resumed = saved is null ? null : new MemoryStream(saved) };
            SimulationResult result = ServingSimulation.Run(Of(kind, scheduler) with { Checkpoints = kept, Observer = new Stopper(stop, kind == "tight" ? 300 : 700) }, stop.Token);
            if (!result.IsPartial)
            {
                Assert.Equal(expected, Bytes(result));
                break;
            }

            stops++;
        }

        Assert.InRange(stops, 2, 100);
    }

    [Fact]
    public void A_checkpoint_is_written_from_time_to_time_and_changes_nothing()
    {
        int written = 0;
        SimulationRequest request = Of("RoundRobin", "VllmV1");
        SimulationResult result = ServingSimulation.Run(request with { Checkpoints = new Checkpoints { Every = TimeSpan.Zero, Write = write => written += Written(write).Length > 0 ? 1 : 0 }, Observer = new Slow() }, TestContext.Current.CancellationToken);
        Assert.True(written > 0);
        Assert.Equal(Bytes(ServingSimulation.Run(Of("RoundRobin", "VllmV1"), TestContext.Current.CancellationToken)), Bytes(result));
    }

    [Fact]
    public void Another_deployment_and_a_damaged_file_are_refused()
    {
        byte[] saved = [];
        using var stop = new CancellationTokenSource();
        _ = ServingSimulation.Run(Of("Random", "VllmV1") with { Checkpoints = new Checkpoints { Write = write => saved = Written(write) }, Observer = new Stopper(stop, 100) }, stop.Token);
        Refused(Of("Random", "VllmV1") with { MaximumContext = 999 }, saved, "other limits or prices");
        Refused(Of("Random", "VllmV1"), saved[..(saved.Length / 2)], "damaged");
        Refused(Of("Random", "VllmV1"), [.. saved[..^1], 7], "damaged");

        static void Refused(SimulationRequest request, byte[] saved, string told)
        {
            InputException e = Assert.Throws<InputException>(() => ServingSimulation.Run(request with { Checkpoints = new Checkpoints { Resumed = new MemoryStream(saved) } }));
            Assert.Contains("--resume", e.Message, StringComparison.Ordinal);
            Assert.Contains(told, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Traffic_that_keeps_no_state_is_refused_at_the_start()
    {
        var model = new SessionModel { Turns = new ConstantLength(4), FirstPrompt = new ConstantLength(200), UserTokens = new ConstantLength(50), Output = new ConstantLength(60) };
        SimulationRequest request = Of("closed", "VllmV1") with { Replicas = 1, Sources = _ => new CutSource(SessionSource.Closed("users", model, 5, 5), count: 100), Checkpoints = new Checkpoints { Write = _ => { } } };
        AggregateException e = Assert.Throws<AggregateException>(() => ServingSimulation.Run(request, TestContext.Current.CancellationToken));
        Assert.Contains("SessionSource cannot be taken up again", Assert.IsType<InputException>(e.InnerException).Message, StringComparison.Ordinal);
    }

    // A field that is new must be written down too, or a resumed run goes astray: after adding it to Transfer, count it here. State of drafts, tiers, adapters and split fleets is not written, and
    // ServingSimulation.Problem refuses such runs.
    [Theory]
    [InlineData(typeof(ReplicaState), 58)]
    [InlineData(typeof(ReplicaSimulator<>), 17)]
    [InlineData(typeof(LockstepSimulator<>), 18)]
    [InlineData(typeof(FleetSimulator), 9)]
    [InlineData(typeof(SequenceEnds), 5)]
    [InlineData(typeof(PrefixCache), 11)]
    [InlineData(typeof(FreeBlockQueue), 4)]
    [InlineData(typeof(RankBalancer), 6)]
    [InlineData(typeof(LatencySketch), 6)]
    [InlineData(typeof(ClassStatistics), 12)]
    [InlineData(typeof(RunStatistics), 5)]
    [InlineData(typeof(OccupancySeries), 5)]
    [InlineData(typeof(ClosedLoopSource), 12)]
    [InlineData(typeof(CutSource), 5)]
    public void No_field_is_forgotten(Type type, int known) =>
        Assert.Equal(known, type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Length);

    [Theory]
    [InlineData(typeof(Scheduler))]
    [InlineData(typeof(Router))]
    public void A_policy_that_remembers_something_writes_it_down(Type policy)
    {
        foreach (Type type in policy.Assembly.GetTypes().Where(t => t.IsSubclassOf(policy)))
        {
            // Parameters of a constructor that are used later are fields that are not marked as read-only.
            bool remembers = type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Any(f => !f.IsInitOnly && f.Name[0] != '<');
            Assert.True(!remembers || type.GetMethod("Transfer")!.DeclaringType == type, type.Name);
        }
    }

    private static SimulationRequest Of(string kind, string scheduler)
    {
        Replica replica = kind == "ranks"
            ? Fixtures.Replica(Fixtures.Catalog.Models.Get("deepseek-ai/DeepSeek-V3"), Fixtures.H200, new Sharding(1, 1, 8, 8))
            : Fixtures.Replica(Fixtures.Llama8, Fixtures.H200, new Sharding(1));
        var request = new SimulationRequest
        {
            Replica = replica,
            Replicas = 3,
            Scheduler = Enum.Parse<SchedulerKind>(scheduler),
            Threads = 1,
            Seed = 5,
            MaximumContext = 2000,
        };
        RequestLengths lengths = new IndependentLengths(new LognormalLength(300, 0.8), new LognormalLength(60, 0.8));
        var traffic = new TrafficClass("requests", ArrivalModel.Poisson(90), lengths);
        return kind switch
        {
            "closed" => request with { Sources = i => new CutSource(new ClosedLoopSource($"clients/{i}", lengths, 20, 5, new DelayModel(DelayKind.Exponential, 0.05)), count: 1500) },
            "parts" => request with { Sources = i => new CutSource(GeneratedSource.Part(traffic, 5, i, 3, SplitRule.Random), toSeconds: 60) },
            "tight" => request with { Replica = WithBlocks(replica, 300), Replicas = 1, Router = RouterKind.LeastOutstanding, Source = new CutSource(new GeneratedSource(traffic, 5), count: 1000) },
            "prefixes" => request with
            {
                SharesPrefixes = true,
                Router = RouterKind.Prefix,
                Source = new CutSource(
                    SessionSource.Open("chat", new SessionModel { Turns = new ConstantLength(4), FirstPrompt = new ConstantLength(200), UserTokens = new ConstantLength(50), Output = new ConstantLength(60), Pause = new DelayModel(DelayKind.Constant, 0.5), WaitsForAnswer = false }, ArrivalModel.Poisson(20), 5),
                    count: 8000),
            },
            "ranks" => request with { Replicas = 2, Source = new CutSource(new GeneratedSource(traffic, 5), count: 8000) },
            _ => request with { Router = Enum.Parse<RouterKind>(kind), Source = new CutSource(new GeneratedSource(traffic, 5), count: 8000) },
        };
    }

    // A cache of so few blocks that sequences lose their places.
    private static Replica WithBlocks(Replica replica, int blocks) => Fixtures.Replica(Fixtures.Llama8, Fixtures.H200, new Sharding(1), engine: Fixtures.Engine with
    {
        RuntimeReserveBytes = Fixtures.Engine.RuntimeReserveBytes + replica.CacheRoomBytes - ((blocks + 0.5) * 16 * replica.Graph.CacheBytesPerSequence(1024) / 1024),
    });

    private static byte[] Written(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray();
    }

    private static byte[] Bytes(SimulationResult result) => Written(stream =>
    {
        var state = StateTransfer.To(stream);
        foreach (IState part in (IEnumerable<IState>)[result.Statistics, .. result.Occupancy])
        {
            part.Transfer(state);
        }

        _ = state.Of(result.Work);
    });

    // Makes a run last some tenths of a second, so that it is time for a checkpoint.
    private sealed class Slow : ICompletionSink
    {
        private int _count;

        public void Completed(in CompletedRequest request) => _ = ++_count % 400 == 0 && SpinWait.SpinUntil(() => false, 15);

        public void Rejected(in Request request)
        {
        }
    }

    // Stops a run after so many requests.
    private sealed class Stopper(CancellationTokenSource stop, int after) : ICompletionSink
    {
        private int _left = after;

        public void Completed(in CompletedRequest request)
        {
            if (--_left == 0)
            {
                stop.Cancel();
            }
        }

        public void Rejected(in Request request)
        {
        }
    }
}
