using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>The engine that leaps against one that steps and knows no sums, on random workloads.</summary>
public sealed class LeapTests
{
    public static TheoryData<string, bool> Schedulers => new() { { "sarathi", false }, { "vllm-v0", false }, { "vllm-v1", false }, { "vllm-v1", true }, { "prefill-first", false }, { "no-eviction", false }, { "orca", false }, { "static", false } };

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Leaping_equals_stepping(string scheduler, bool keepsEvicted)
    {
        long evictions = 0, leaps = 0, iterations = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            bool reserves = Reserves(scheduler);
            int block = random.Next(3) switch { 0 => 1, 1 => 16, _ => random.Next(2, 40) };
            int longest = random.Next(20, 600);
            int sequences = random.Next(1, 40);
            int tightness = random.Next(3);
            var limits = new SchedulerLimits
            {
                TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : Math.Max(sequences, random.Next(8, 700)),
                MaximumSequences = sequences,
                BlockTokens = block,
                Blocks = ((longest / block) + 3) * (tightness == 0 ? 1 : tightness == 1 ? 3 : 50),
                WatermarkBlocks = random.Next(2),
                MaximumContext = longest,
            };
            var times = new AffineTimes { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-7 * random.NextDouble(), PerLongestToken = 1e-6, PerPair = 1e-9 };
            List<Request> requests = Workload(random, longest, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.5 * random.NextDouble()));

            var sink = new Sink();
            var engine = new ReplicaSimulator<AffineTimes>(times, Create(scheduler, limits), new ReplicaState(limits, reserves, keepsEvicted ? CacheReuse.Evicted : CacheReuse.None), sink);
            engine.Run(new ListSource(requests));
            var plain = new PlainReplica(scheduler, limits, times, keepsEvicted);
            List<CompletedRequest> expected = plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id)));

            Assert.True(expected.Count + sink.Turned.Count == requests.Count, $"seed {seed}");
            Assert.True(plain.Iterations == engine.Work.Iterations, $"seed {seed}: {plain.Iterations} iterations, {engine.Work.Iterations} by leaps");
            Assert.True(plain.Preemptions == engine.State.Preemptions, $"seed {seed}: evictions {plain.Preemptions}, {engine.State.Preemptions}");
            Assert.Equal(limits.Blocks, engine.State.FreeBlocks);
            foreach (CompletedRequest e in expected)
            {
                CompletedRequest own = sink.Of[e.Id];
                Assert.Equal(e.Preemptions, own.Preemptions);
                Assert.InRange(Math.Abs(own.QueueSeconds - e.QueueSeconds), 0, 1e-9);
                Assert.InRange(Math.Abs(own.Ttft - e.Ttft), 0, 1e-9);
                Assert.InRange(Math.Abs(own.EndToEnd - e.EndToEnd), 0, 1e-9);
            }

            evictions += engine.State.Preemptions;
            leaps += engine.Work.Runs;
            Assert.Equal(plain.TokensComputed, engine.Work.Tokens);
            iterations += engine.Work.Iterations;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{scheduler}: {iterations} iterations in {leaps} runs, {evictions} evictions");
        Assert.True(leaps < iterations);
        Assert.Equal(!Reserves(scheduler), evictions > 0);
    }

    internal static bool Reserves(string scheduler) => scheduler is "orca" or "static" or "no-eviction";

    internal static Scheduler Create(string name, SchedulerLimits limits) => name switch
    {
        "sarathi" => new SarathiScheduler(),
        "vllm-v0" => new VllmV0Scheduler(limits.TokenBudget),
        "vllm-v1" => new VllmV1Scheduler(),
        "prefill-first" => new PrefillFirstScheduler(),
        "no-eviction" => new NoEvictionScheduler(),
        "orca" => new OrcaScheduler(),
        _ => new StaticScheduler(),
    };

    internal static List<Request> Workload(Random random, int longest, double gap)
    {
        var requests = new List<Request>();
        double now = 0;
        for (int i = 0; i < 60; i++)
        {
            now += -gap * Math.Log(1 - random.NextDouble());
            int output = random.Next(3) == 0 ? 1 : random.Next(1, longest / 2);
            requests.Add(new Request(i, Ticks.Of(now), random.Next(1, Math.Max(2, longest - output)), output));
        }

        return requests;
    }

    internal sealed class Sink : ICompletionSink
    {
        public Dictionary<long, CompletedRequest> Of { get; } = [];

        public HashSet<long> Turned { get; } = [];

        public void Completed(in CompletedRequest request) => Of.Add(request.Id, request);

        public void Rejected(in Request request) => Turned.Add(request.Id);
    }
}
