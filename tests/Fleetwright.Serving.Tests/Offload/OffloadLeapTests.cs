using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Offload;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests.Offload;

/// <summary>Swapping and tiers: the engine that leaps against one that steps, on random workloads.</summary>
public sealed class OffloadLeapTests
{
    [Theory]
    [InlineData("vllm-v0", false)]
    [InlineData("vllm-v1", false)]
    [InlineData("vllm-v1", true)]
    [InlineData("sarathi", false)]
    [InlineData("sarathi", true)]
    [InlineData("prefill-first", false)]
    [InlineData("prefill-first", true)]
    public void Leaping_equals_stepping(string scheduler, bool prefixes)
    {
        long leaps = 0, iterations = 0;
        var all = new CacheTraffic();
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            int block = random.Next(3) switch { 0 => 1, 1 => 16, _ => random.Next(2, 40) };
            int unit = prefixes ? block * random.Next(1, 4) : 0, longest = random.Next(20, 600), sequences = random.Next(1, 40);
            var limits = new SchedulerLimits
            {
                TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : Math.Max(sequences, random.Next(8, 700)),
                MaximumSequences = sequences,
                BlockTokens = block,
                Blocks = ((longest / block) + 3) * (random.Next(3) switch { 0 => 1, 1 => 3, _ => 8 }),
                WatermarkBlocks = random.Next(2),
                MaximumContext = longest,
            };
            var times = new AffineTimes { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-7 * random.NextDouble(), PerLongestToken = 1e-6, PerPair = 1e-9 };
            double second = 1e-2 * random.NextDouble() * block / longest;
            var offload = new OffloadLimits
            {
                SwapBlocks = random.Next(3) switch { 0 => 0, 1 => 1 + (limits.Blocks / 6), _ => 2 * limits.Blocks },
                HostBlocks = prefixes ? random.Next(3) * limits.Blocks : 0,
                DiskBlocks = prefixes ? random.Next(3) * limits.Blocks : 0,
                HostSeconds = second,
                DiskSeconds = second * (1 + (5 * random.NextDouble())),
                TokenSeconds = random.Next(4) == 0 ? double.PositiveInfinity : 4 * second / block * random.NextDouble(),
            };
            int sessions = random.Next(2, 20);
            List<Request> requests = [.. LeapTests.Workload(random, longest, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.5 * random.NextDouble())).Select(r => r with { Session = random.Next(sessions) })];

            var sink = new LeapTests.Sink();
            var state = new ReplicaState(limits, reuse: prefixes ? CacheReuse.Prefixes : CacheReuse.None, unitTokens: unit) { Offload = offload, Traffic = new CacheTraffic() };
            var engine = new ReplicaSimulator<AffineTimes>(times, LeapTests.Create(scheduler, limits), state, sink);
            engine.Run(new ListSource(requests));
            var plain = new PlainOffloadReplica(scheduler, limits, times, offload, unit);
            plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id)));

            Assert.True(plain.Completed.Count + sink.Turned.Count == requests.Count && sink.Of.Count == plain.Completed.Count, $"seed {seed}");
            Assert.True(plain.Iterations == engine.Work.Iterations, $"seed {seed}: {plain.Iterations} iterations, {engine.Work.Iterations} by leaps");
            Assert.True(plain.Preemptions == state.Preemptions, $"seed {seed}: evictions {plain.Preemptions}, {state.Preemptions}");
            Assert.Equal(plain.TokensComputed, engine.Work.Tokens);
            Assert.Equal(plain.KeptUnits, state.KeptUnits);
            Same(plain.Traffic, state.Traffic!, seed);
            foreach (CompletedRequest e in plain.Completed)
            {
                CompletedRequest own = sink.Of[e.Id];
                Assert.Equal(e.Preemptions, own.Preemptions);
                Assert.InRange(Math.Abs(own.QueueSeconds - e.QueueSeconds), 0, 1e-9);
                Assert.InRange(Math.Abs(own.Ttft - e.Ttft), 0, 1e-9);
                Assert.InRange(Math.Abs(own.EndToEnd - e.EndToEnd), 0, 1e-9);
            }

            // Everything is given back, and what went out came in unless the prefix cache still had it.
            Assert.Equal(limits.Blocks, state.FreeBlocks);
            Assert.Equal(limits.Blocks, plain.Free);
            Assert.Equal(0, state.SwapBlocksTaken + state.SwappedCount + state.LoadingCount);
            Assert.Equal(state.Traffic!.SwapsOut, state.Traffic.SwapsIn);
            Assert.True(prefixes ? state.Traffic.SwapBlocksIn <= state.Traffic.SwapBlocksOut : state.Traffic.SwapBlocksIn == state.Traffic.SwapBlocksOut);
            all.Add(state.Traffic);
            leaps += engine.Work.Runs;
            iterations += engine.Work.Iterations;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{scheduler}: {iterations} iterations in {leaps} runs, {all.SwapsOut} swaps, {all.SwapsDenied} denied, {all.Loads} loads, {all.LoadsDeclined} declined, tokens on chips {all.ChipTokens}, host {all.HostTokens}, disk {all.DiskTokens}");
        Assert.True(leaps < iterations);
        Assert.True(all.SwapsOut > 100 && all.SwapsDenied > 100);
        Assert.True(!prefixes || (all.Loads > 100 && all.LoadsDeclined > 100 && all.HostTokens > 0 && all.DiskTokens > 0));
    }

    private static void Same(CacheTraffic plain, CacheTraffic engine, int seed)
    {
        (long, long, long, long, long, long) Found(CacheTraffic t) => (t.ChipTokens, t.HostTokens, t.DiskTokens, t.Loads, t.LoadsDeclined, t.BlocksKept);
        (long, long, long, long, long, long, long) Moved(CacheTraffic t) => (t.HostBlocksRead, t.DiskBlocksRead, t.DiskBlocksWritten, t.SwapsOut, t.SwapsDenied, t.SwapBlocksOut, t.SwapBlocksIn);
        Assert.True(Found(plain) == Found(engine), $"seed {seed}: {Found(plain)}, {Found(engine)} by leaps");
        Assert.True(Moved(plain) == Moved(engine), $"seed {seed}: {Moved(plain)}, {Moved(engine)} by leaps");
        Assert.InRange(Math.Abs(plain.LoadWaitTicks - engine.LoadWaitTicks), 0, 1000 * (1 + engine.Loads));
        Assert.InRange(Math.Abs(plain.SwapTicks - engine.SwapTicks), 0, 2 * (1 + engine.SwapsOut));
        Assert.Equal(plain.LoadTicks, engine.LoadTicks);
    }
}
