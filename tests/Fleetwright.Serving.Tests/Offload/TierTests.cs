using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Offload;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests.Offload;

public sealed class TierTests
{
    [Fact]
    public void Chips_host_and_disk_are_one_LRU_stack()
    {
        // One request at a time, each with one unit of a block and a token more. A request needs two blocks, so that the chips keep one unit fewer than they have blocks
        // and a request whose unit was asked for d different units ago finds it by d alone (Mattson et al. 1970).
        const int blocks = 12, host = 20, disk = 30;
        var random = new Random(7);
        var requests = new List<Request>();
        var recent = new List<long>();
        long[] expected = new long[4];
        for (int i = 0; i < 20_000; i++)
        {
            // Cubed, so that some are asked for often and some hardly ever.
            long session = 1 + (long)(120 * Math.Pow(random.NextDouble(), 3));
            requests.Add(new Request(i, Ticks.Of(i), 17, 1) { Session = session });
            int distance = recent.IndexOf(session) + 1;
            _ = recent.Remove(session);
            recent.Insert(0, session);
            expected[distance == 0 || distance > blocks - 1 + host + disk ? 3 : distance > blocks - 1 + host ? 2 : distance > blocks - 1 ? 1 : 0]++;
        }

        CacheTraffic traffic = Run(blocks, new OffloadLimits { HostBlocks = host, DiskBlocks = disk, HostSeconds = 1e-3, DiskSeconds = 1e-2, TokenSeconds = double.PositiveInfinity }, requests).Traffic!;
        Assert.Equal<long[]>(expected, [traffic.ChipTokens / 16, traffic.HostTokens / 16, traffic.DiskTokens / 16, requests.Count - ((traffic.ChipTokens + traffic.HostTokens + traffic.DiskTokens) / 16)]);
        Assert.All(expected, e => Assert.True(e > 500));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Loads_wait_for_the_copy_engine_as_M_D_1(double utilisation)
    {
        // More conversations in turn than the chips keep, so that after the first round each is loaded from the host: S = 1 ms, E[wait + copy] = S + S·ρ / 2(1 − ρ).
        const int sessions = 500;
        const double copy = 1e-3;
        var random = new Random(3);
        var requests = new List<Request>();
        double now = 0;
        for (int i = 0; i < 200_000; i++)
        {
            now += i < sessions ? 1 : -copy / utilisation * Math.Log(1 - random.NextDouble());
            requests.Add(new Request(i, Ticks.Of(now), 17, 1) { Session = 1 + (i % sessions) });
        }

        CacheTraffic traffic = Run(200, new OffloadLimits { HostBlocks = 1000, HostSeconds = copy, TokenSeconds = double.PositiveInfinity }, requests, sequences: 90, times: new AffineTimes { Fixed = 1e-9 }).Traffic!;
        Assert.Equal(requests.Count - sessions, traffic.Loads);
        double expected = copy * (1 + (utilisation / (2 * (1 - utilisation))));
        Assert.Equal(expected, Ticks.Seconds(traffic.LoadWaitTicks) / traffic.Loads, expected * 0.03);
    }

    [Fact]
    public void A_first_token_waits_for_the_copy_of_what_is_loaded()
    {
        // 40 units of 16 tokens, dropped by a stranger's long prompt: 641 tokens at 1 ms each are computed in 641 ms, and loaded in 40 · 2 ms when they come back.
        List<Request> requests = [new Request(0, 0, 641, 1) { Session = 1 }, new Request(1, Ticks.Of(10), 959, 1) { Session = 2 }, new Request(2, Ticks.Of(20), 641, 1) { Session = 1 }];
        var offload = new OffloadLimits { HostBlocks = 100, HostSeconds = 2e-3, TokenSeconds = 1e-3 };
        LeapTests.Sink sink = Run(60, offload, requests, times: new AffineTimes { PerToken = 1e-3 }).Sink;
        Assert.Equal(0.641, sink.Of[0].Ttft, 1e-9);
        Assert.Equal((40 * 2e-3) + 1e-3, sink.Of[2].Ttft, 1e-9);
        Assert.Equal(40 * 2e-3, sink.Of[2].QueueSeconds, 1e-9);
    }

    [Fact]
    public void What_is_slower_to_load_than_to_compute_is_computed()
    {
        List<Request> requests = [new Request(0, 0, 641, 1) { Session = 1 }, new Request(1, Ticks.Of(10), 959, 1) { Session = 2 }, new Request(2, Ticks.Of(20), 641, 1) { Session = 1 }];
        foreach ((double seconds, bool loads) in new[] { (15.9e-3, true), (16.1e-3, false) })
        {
            (LeapTests.Sink sink, CacheTraffic? traffic, _) = Run(60, new OffloadLimits { HostBlocks = 100, HostSeconds = seconds, TokenSeconds = 1e-3 }, requests, times: new AffineTimes { PerToken = 1e-3 });
            Assert.Equal((loads ? 1 : 0, loads ? 0 : 1), (traffic!.Loads, traffic.LoadsDeclined));
            Assert.Equal(loads ? (40 * seconds) + 1e-3 : 0.641, sink.Of[2].Ttft, 1e-9);
        }
    }

    [Fact]
    public void A_beginning_on_the_host_is_loaded_though_the_rest_on_a_slow_disk_is_not()
    {
        // The last 30 of 40 units are on a disk that takes ten times as long as computing them: the stranger's prompt drops the last units first.
        List<Request> requests = [new Request(0, 0, 641, 1) { Session = 1 }, new Request(1, Ticks.Of(10), 959, 1) { Session = 2 }, new Request(2, Ticks.Of(20), 641, 1) { Session = 1 }];
        (LeapTests.Sink sink, CacheTraffic? traffic, _) = Run(60, new OffloadLimits { HostBlocks = 10, DiskBlocks = 100, HostSeconds = 1e-3, DiskSeconds = 0.16, TokenSeconds = 1e-3 }, requests, times: new AffineTimes { PerToken = 1e-3 });
        Assert.Equal((160, 0), (traffic!.HostTokens, traffic.DiskTokens));
        Assert.Equal(10e-3 + 0.481, sink.Of[2].Ttft, 1e-9);
    }

    [Fact]
    public void Requests_that_begin_alike_wait_for_one_load()
    {
        List<Request> requests = [new Request(0, 0, 641, 1) { Session = 1 }, new Request(1, Ticks.Of(10), 900, 1) { Session = 2 }];
        requests.AddRange(Enumerable.Range(0, 3).Select(i => new Request(2 + i, Ticks.Of(20 + (i * 1e-3)), 641, 1) { Session = 1 }));
        (LeapTests.Sink sink, CacheTraffic? traffic, _) = Run(200, new OffloadLimits { HostBlocks = 1000, HostSeconds = 2e-3, TokenSeconds = 1e-3 }, requests, times: new AffineTimes { PerToken = 1e-3 }, fill: 160);
        Assert.Equal(40, traffic!.HostBlocksRead);
        Assert.Equal(3, traffic.Loads);
        Assert.All(Enumerable.Range(2, 3), i => Assert.Equal(20.08 + 3e-3, sink.Of[i].Completed / 1e12, 1e-9));
    }

    [Fact]
    public void No_room_and_no_bandwidth_are_no_tier()
    {
        var random = new Random(2);
        List<Request> requests = Chats(random, 400);
        (LeapTests.Sink expected, _, ReplicaState plain) = Run(400, null, requests);
        foreach (OffloadLimits offload in new[]
        {
            new OffloadLimits { HostSeconds = 1e-6, TokenSeconds = 1 },
            new OffloadLimits { HostBlocks = 100_000, DiskBlocks = 100_000, HostSeconds = double.PositiveInfinity, DiskSeconds = double.PositiveInfinity, TokenSeconds = 1 },
        })
        {
            (LeapTests.Sink own, CacheTraffic? traffic, ReplicaState state) = Run(400, offload, requests);
            Assert.Equal(plain.FoundTokens, state.FoundTokens);
            Assert.Equal(0, traffic!.Loads);
            Assert.All(expected.Of.Values, e => Assert.Equal(e, own.Of[e.Id]));
        }
    }

    [Fact]
    public void Tokens_are_found_or_computed()
    {
        (_, CacheTraffic? traffic, ReplicaState state) = Run(2000, new OffloadLimits { HostBlocks = 1000, DiskBlocks = 4000, HostSeconds = 1e-5, DiskSeconds = 1e-4, TokenSeconds = 1e-4 }, Chats(new Random(4), 2000), sequences: 16);
        Assert.Equal(0, state.Preemptions);
        Assert.Equal(traffic!.PromptTokens, _promptTokens);
        Assert.Equal(traffic.PromptTokens - state.FoundTokens, _computedPrompts);
        Assert.Equal(state.FoundTokens, traffic.ChipTokens + traffic.HostTokens + traffic.DiskTokens);
        Assert.True(traffic.HostTokens > 0 && traffic.DiskTokens > 0);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var sink = new SwapTests.RunStatisticsSink();
        var state = new ReplicaState(new SchedulerLimits { TokenBudget = 512, MaximumSequences = 16, Blocks = 400 }, reuse: CacheReuse.Prefixes)
        {
            Offload = new OffloadLimits { HostBlocks = 1000, DiskBlocks = 1000, HostSeconds = 1e-5, DiskSeconds = 1e-4, TokenSeconds = 1e-4 },
            Traffic = new CacheTraffic(),
        };
        var simulator = new ReplicaSimulator<AffineTimes>(Times, new VllmV1Scheduler(), state, sink);
        List<Request> requests = Chats(new Random(4), 4000);
        var source = new ListSource(requests);
        simulator.RunUntil(source, requests[4000 / 2].Arrival);
        long loads = state.Traffic.Loads, before = GC.GetAllocatedBytesForCurrentThread();
        simulator.RunUntil(source, requests[^1].Arrival);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(state.Traffic.Loads > loads + 100);
    }

    [Theory]
    [InlineData("conversation_trace.jsonl.gz", 0.366)]
    [InlineData("synthetic_trace.jsonl.gz", 0.640)]
    public void Larger_tiers_find_more_of_Mooncakes_traces_up_to_what_they_share(string file, double share)
    {
        // As PrefixCacheTests has it for an endless cache on the chips; here these hold a million tokens, and the rest is loaded at once.
        using TraceFile trace = TraceFile.Open(Repository.SharedData("traces", "mooncake-fast25", file));
        long blocks = 0;
        var requests = new List<Request>();
        while (trace.Source.NextArrival != Ticks.Never)
        {
            Request r = trace.Source.Take();
            blocks += r.PrefixHashes!.Length;
            requests.Add(r with { OutputTokens = 1 });
        }

        double least = -1, most = 0;
        foreach (int hostUnits in new[] { 0, 4_000, 16_000, 64_000, 256_000 })
        {
            var offload = new OffloadLimits { HostBlocks = hostUnits * 32L / 2, DiskBlocks = hostUnits * 32L / 2, TokenSeconds = double.PositiveInfinity };
            var state = new ReplicaState(new SchedulerLimits { TokenBudget = int.MaxValue, MaximumSequences = 1, Blocks = 62_500 }, reuse: CacheReuse.Prefixes, unitTokens: trace.Source.HashTokens) { Offload = offload, Traffic = new CacheTraffic() };
            new ReplicaSimulator<AffineTimes>(new AffineTimes { Fixed = 1e-9 }, new VllmV1Scheduler(), state, new SwapTests.RunStatisticsSink()).Run(new ListSource(requests));
            most = state.FoundTokens / 512 / (double)blocks;
            TestContext.Current.TestOutputHelper?.WriteLine($"{hostUnits} units: {most:0.0000}, on chips {state.Traffic.ChipTokens / 512 / (double)blocks:0.0000}, host {state.Traffic.HostTokens / 512 / (double)blocks:0.0000}, disk {state.Traffic.DiskTokens / 512 / (double)blocks:0.0000}");
            Assert.True(most >= least);
            least = most;
        }

        Assert.InRange(most, share - 0.03, share + 0.001);
    }

    private static readonly AffineTimes Times = new() { Fixed = 4e-3, PerToken = 2e-5, PerContextToken = 1e-8 };
    private long _promptTokens;
    private long _computedPrompts;

    // Conversations whose turns come in any order.
    private static List<Request> Chats(Random random, int count)
    {
        int[] contexts = new int[60];
        var requests = new List<Request>();
        double now = 0;
        for (int i = 0; i < count; i++)
        {
            int session = random.Next(contexts.Length), prompt = contexts[session] + random.Next(20, 200), output = random.Next(2, 60);
            now += 0.3 * random.NextDouble();
            requests.Add(new Request(i, Ticks.Of(now), prompt, output) { Session = session + 1 });
            contexts[session] = prompt + output > 2000 ? 0 : prompt + output;
        }

        return requests;
    }

    private (LeapTests.Sink Sink, CacheTraffic? Traffic, ReplicaState State) Run(int blocks, OffloadLimits? offload, List<Request> requests, int sequences = 32, AffineTimes? times = null, int fill = 0)
    {
        // A conversation of its own that takes what is too much.
        requests = fill == 0 ? requests : [requests[0], new Request(requests.Count, Ticks.Of(5), fill * 16, 1) { Session = 99 }, .. requests[1..]];
        var sink = new LeapTests.Sink();
        var state = new ReplicaState(new SchedulerLimits { TokenBudget = 100_000, MaximumSequences = sequences, Blocks = blocks }, reuse: CacheReuse.Prefixes) { Offload = offload, Traffic = new CacheTraffic() };
        var simulator = new ReplicaSimulator<AffineTimes>(times ?? Times, new VllmV1Scheduler(), state, sink);
        simulator.Run(new ListSource(requests));
        (_promptTokens, _computedPrompts) = (requests.Where(r => !sink.Turned.Contains(r.Id)).Sum(r => (long)r.PromptTokens), simulator.Work.Tokens - simulator.Work.Decoded);
        Assert.Equal(blocks, state.FreeBlocks);
        return (sink, state.Traffic, state);
    }
}
