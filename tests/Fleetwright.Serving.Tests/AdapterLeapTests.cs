using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Adapters: the engine that leaps against one that steps, on random workloads.</summary>
public sealed class AdapterLeapTests
{
    [Theory]
    [MemberData(nameof(LeapTests.Schedulers), MemberType = typeof(LeapTests))]
    public void Leaping_equals_stepping(string scheduler, bool keepsEvicted)
    {
        long leaps = 0, iterations = 0, evictions = 0, overtaken = 0;
        var all = new AdapterTraffic();
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            int block = random.Next(3) switch { 0 => 1, 1 => 16, _ => random.Next(2, 40) }, longest = random.Next(20, 600), sequences = random.Next(1, 40);
            var limits = new SchedulerLimits
            {
                TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : Math.Max(sequences, random.Next(8, 700)),
                MaximumSequences = sequences,
                BlockTokens = block,
                Blocks = ((longest / block) + 3) * (random.Next(3) switch { 0 => 1, 1 => 3, _ => 50 }),
                WatermarkBlocks = random.Next(2),
                MaximumContext = longest,
            };
            int count = random.Next(1, 12), slots = random.Next(1, 6);
            var adapters = new LoraAdapters
            {
                Count = count,
                Rank = 16,
                Slots = slots,
                HostLink = 1,
                Skew = 2 * random.NextDouble(),
                Share = random.Next(3) switch { 0 => 1, 1 => 0.5, _ => random.NextDouble() },
                HostCount = random.Next(2) == 0 ? null : Math.Max(slots, random.Next(count + 1)),
            };
            var sizes = new AdapterSizes(0, 0, 1e-2 * random.NextDouble(), 1e-1 * random.NextDouble());
            var draw = new AdapterDraw(adapters, (ulong)seed);
            var times = new AdaptedTimes(
                new AffineTimes { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-7 * random.NextDouble(), PerPair = 1e-9 }, 1e-5 * random.NextDouble(), 1e-3 * random.NextDouble());

            // Urgency needs an order that does not change with admission.
            int[]? priorities = scheduler is "sarathi" or "vllm-v1" && random.Next(2) == 0 ? [0, 1, 2] : null;
            List<Request> requests = [.. LeapTests.Workload(random, longest, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.5 * random.NextDouble())).Select(r => r with { Class = random.Next(3) })];

            var sink = new LeapTests.Sink();
            var traffic = new AdapterTraffic();
            var state = new ReplicaState(limits, LeapTests.Reserves(scheduler), keepsEvicted ? CacheReuse.Evicted : CacheReuse.None) { Lora = (draw, adapters, sizes, traffic), Lines = priorities };
            var engine = new ReplicaSimulator<AdaptedTimes>(times, LeapTests.Create(scheduler, limits), state, sink);
            engine.Run(new ListSource(requests));
            var slow = new PlainAdapters(r => draw.Of(r), adapters, sizes, times);
            var plain = new PlainReplica(scheduler, limits, times.Times, keepsEvicted, priorities: priorities, adapters: slow);
            List<CompletedRequest> expected = plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id)));

            Assert.True(expected.Count + sink.Turned.Count == requests.Count && sink.Of.Count == expected.Count, $"seed {seed}: {expected.Count} and {sink.Of.Count} of {requests.Count}");
            Assert.True(plain.Iterations == engine.Work.Iterations, $"seed {seed}: {plain.Iterations} iterations, {engine.Work.Iterations} by leaps");
            Assert.True(plain.Preemptions == state.Preemptions, $"seed {seed}: evictions {plain.Preemptions}, {state.Preemptions}");
            Assert.True((slow.Loads, slow.DiskLoads) == (traffic.Loads, traffic.DiskLoads), $"seed {seed}: loads {slow.Loads} and {slow.DiskLoads} from disk, {traffic.Loads} and {traffic.DiskLoads}");
            Assert.Equal(limits.Blocks, state.FreeBlocks);
            Assert.Equal(plain.TokensComputed, engine.Work.Tokens);
            foreach (CompletedRequest e in expected)
            {
                CompletedRequest own = sink.Of[e.Id];
                Assert.Equal(e.Preemptions, own.Preemptions);
                Assert.True(Math.Abs(own.QueueSeconds - e.QueueSeconds) < 1e-9 && Math.Abs(own.Ttft - e.Ttft) < 1e-9 && Math.Abs(own.EndToEnd - e.EndToEnd) < 1e-9, $"seed {seed}, request {e.Id}");
            }

            overtaken += priorities is null ? expected.Zip(expected.Skip(1)).Count(p => p.First.Id > p.Second.Id) : 0;
            (leaps, iterations, evictions) = (leaps + engine.Work.Runs, iterations + engine.Work.Iterations, evictions + state.Preemptions);
            all.Add(traffic);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{scheduler}: {iterations} iterations in {leaps} runs, {evictions} evictions, {all.Loads} loads, {all.DiskLoads} from disk, blocked {Ticks.Seconds(all.BlockedTicks):0} s");
        Assert.True(leaps < iterations && overtaken > 0 && all.BlockedTicks > 0);
        Assert.True(all.DiskLoads > 0 && all.Loads > all.DiskLoads && all.Starts > all.Loads);
        Assert.Equal(!LeapTests.Reserves(scheduler), evictions > 0);
    }
}
