using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Speculation;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Decoding with drafts: against an engine that steps, against closed forms, and against a simulation in which every sequence draws every step.</summary>
public sealed class SpeculationTests
{
    [Theory]
    [MemberData(nameof(LeapTests.Schedulers), MemberType = typeof(LeapTests))]
    public void Leaping_equals_stepping(string scheduler, bool keepsEvicted)
    {
        long evictions = 0, leaps = 0, iterations = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            int drafts = random.Next(1, 6), longest = random.Next(40, 600), sequences = random.Next(1, 40);
            AcceptanceDraw draw = new(new SpeculativeDecoding(drafts, random.Next(2) == 0 ? [random.NextDouble()] : [.. Enumerable.Range(0, drafts).Select(_ => random.NextDouble())]), (ulong)seed);
            int[]? priorities = random.Next(3) == 0 ? [0, 2, 1] : null;
            SchedulerLimits limits = Limits(random, scheduler, longest, Math.Max(sequences * (1 + drafts), random.Next(8, 700)), sequences, drafts);
            var times = new DraftedTimes(Times(random), draw, 1e-5, 1e-4);
            List<Request> requests = [.. LeapTests.Workload(random, longest - drafts, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.5 * random.NextDouble())).Select(r => r with { Class = priorities is null ? 0 : random.Next(3) })];

            (ReplicaSimulator<DraftedTimes> engine, LeapTests.Sink sink) = Run(scheduler, limits, times, requests, draw, keepsEvicted, priorities);
            var plain = new PlainReplica(scheduler, limits, times.Times, keepsEvicted, times, priorities);
            Equal(seed, plain, plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id))), engine, sink, requests.Count, limits);
            evictions += engine.State.Preemptions;
            leaps += engine.Work.Runs;
            iterations += engine.Work.Iterations;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{scheduler}: {iterations} iterations in {leaps} runs, {evictions} evictions");
        Assert.True(leaps < iterations);
        Assert.Equal(scheduler is not "orca" and not "static", evictions > 0);
    }

    internal static void Equal<T>(int seed, PlainReplica plain, List<CompletedRequest> expected, ReplicaSimulator<T> engine, LeapTests.Sink sink, int requests, SchedulerLimits limits)
        where T : struct, IIterationTimes
    {
        Assert.True(expected.Count + sink.Turned.Count == requests, $"seed {seed}");
        Assert.True(plain.Iterations == engine.Work.Iterations, $"seed {seed}: {plain.Iterations} iterations, {engine.Work.Iterations} by leaps");
        Assert.True(plain.Preemptions == engine.State.Preemptions, $"seed {seed}: evictions {plain.Preemptions}, {engine.State.Preemptions}");
        Assert.Equal(limits.Blocks, engine.State.FreeBlocks);
        Assert.Equal(plain.TokensComputed, engine.Work.Tokens);
        foreach (CompletedRequest e in expected)
        {
            CompletedRequest own = sink.Of[e.Id];
            Assert.Equal(e.Preemptions, own.Preemptions);
            Assert.InRange(Math.Abs(own.QueueSeconds - e.QueueSeconds), 0, 1e-9);
            Assert.InRange(Math.Abs(own.Ttft - e.Ttft), 0, 1e-9);
            Assert.InRange(Math.Abs(own.EndToEnd - e.EndToEnd), 0, 1e-9);
        }
    }

    internal static SchedulerLimits Limits(Random random, string scheduler, int longest, int budget, int sequences, int ahead)
    {
        int block = random.Next(3) switch { 0 => 1, 1 => 16, _ => random.Next(2, 40) }, tightness = random.Next(3);
        return new SchedulerLimits
        {
            TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : budget,
            MaximumSequences = sequences,
            BlockTokens = block,
            Blocks = (((longest + ahead) / block) + 3) * (tightness == 0 ? 1 : tightness == 1 ? 3 : 50),
            WatermarkBlocks = random.Next(2),
            MaximumContext = longest,
        };
    }

    internal static AffineTimes Times(Random random) =>
        new() { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-7 * random.NextDouble(), PerPair = 1e-9 };

    private static (ReplicaSimulator<DraftedTimes> Engine, LeapTests.Sink Sink) Run(
        string scheduler, SchedulerLimits limits, DraftedTimes times, List<Request> requests, AcceptanceDraw draw, bool keepsEvicted = false, int[]? priorities = null)
    {
        var sink = new LeapTests.Sink();
        var state = new ReplicaState(limits, scheduler is "orca" or "static", keepsEvicted ? CacheReuse.Evicted : CacheReuse.None) { Speculation = draw, Lines = priorities };
        var engine = new ReplicaSimulator<DraftedTimes>(times, LeapTests.Create(scheduler, limits), state, sink);
        engine.Run(new ListSource(requests));
        return (engine, sink);
    }
}
