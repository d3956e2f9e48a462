using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Requests of several priorities: against an engine that steps, and against closed forms.</summary>
public sealed class PriorityTests
{
    [Theory]
    [MemberData(nameof(LeapTests.Schedulers), MemberType = typeof(LeapTests))]
    public void Leaping_equals_stepping(string scheduler, bool keepsEvicted)
    {
        long evictions = 0, overtaken = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            int longest = random.Next(20, 600), sequences = random.Next(1, 40);
            int[] priorities = random.Next(2) == 0 ? [1, 0] : [0, 2, 1];
            SchedulerLimits limits = SpeculationTests.Limits(random, scheduler, longest, Math.Max(sequences, random.Next(8, 700)), sequences, 0);
            AffineTimes times = SpeculationTests.Times(random);
            List<Request> requests = [.. LeapTests.Workload(random, longest, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.5 * random.NextDouble())).Select(r => r with { Class = random.Next(priorities.Length) })];

            (ReplicaSimulator<AffineTimes> engine, LeapTests.Sink sink) = Run(scheduler, limits, times, requests, keepsEvicted, priorities);
            var plain = new PlainReplica(scheduler, limits, times, keepsEvicted, null, priorities);
            List<CompletedRequest> expected = plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id)));
            SpeculationTests.Equal(seed, plain, expected, engine, sink, requests.Count, limits);
            evictions += engine.State.Preemptions;
            overtaken += expected.Count(e => expected.Any(o => o.Arrival > e.Arrival && o.Scheduled < e.Scheduled && priorities[o.Class] < priorities[e.Class]));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{scheduler}: {evictions} evictions, {overtaken} overtaken");
        Assert.True(overtaken > 1000);
        Assert.Equal(!LeapTests.Reserves(scheduler), evictions > 0);
    }

    [Theory]
    [MemberData(nameof(LeapTests.Schedulers), MemberType = typeof(LeapTests))]
    public void Equal_priorities_are_the_order_of_arrival(string scheduler, bool keepsEvicted)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            int longest = random.Next(20, 600), sequences = random.Next(1, 40);
            SchedulerLimits limits = SpeculationTests.Limits(random, scheduler, longest, Math.Max(sequences, random.Next(8, 700)), sequences, 0);
            AffineTimes times = SpeculationTests.Times(random);
            List<Request> requests = [.. LeapTests.Workload(random, longest, 0.1 * random.NextDouble()).Select(r => r with { Class = random.Next(3) })];
            LeapTests.Sink plain = Run(scheduler, limits, times, requests, keepsEvicted, null).Sink, equal = Run(scheduler, limits, times, requests, keepsEvicted, [0, 0, 0]).Sink;
            Assert.Equal(plain.Of.OrderBy(r => r.Key), equal.Of.OrderBy(r => r.Key));
        }
    }

    [Theory]
    [InlineData(0.3, 0.4)]
    [InlineData(0.5, 0.3)]
    public void One_at_a_time_waits_as_in_a_queue_with_two_priorities(double urgent, double other)
    {
        // Exponential service of mean 1 s. Cobham 1954: E[W1] = R / (1 − ρ1), E[W2] = R / ((1 − ρ1)(1 − ρ1 − ρ2)), R = ρ1 + ρ2.
        var sink = new Waits();
        var limits = new SchedulerLimits { TokenBudget = 100_000_000, MaximumSequences = 1, Blocks = 100_000_000 };
        var engine = new ReplicaSimulator<AffineTimes>(new AffineTimes { PerToken = 1e-5 }, new VllmV1Scheduler(), new ReplicaState(limits) { Lines = [1, 0] }, sink);
        engine.Run(new ListSource(Poisson(urgent, other, 400_000)));
        double residual = urgent + other, first = residual / (1 - urgent), second = first / (1 - urgent - other);
        Assert.Equal(first, sink.Mean(1), first * 0.05);
        Assert.Equal(second, sink.Mean(0), second * 0.05);
    }

    [Fact]
    public void Where_the_cache_is_full_the_least_urgent_loses_its_place()
    {
        // Two prompts of 4 blocks and the first block of an answer fill a cache of 9; the other answer needs more. The one that came first is of the lower priority.
        var limits = new SchedulerLimits { TokenBudget = 4096, MaximumSequences = 8, Blocks = 9 };
        List<Request> requests = [new Request(0, 0, 64, 20, 0), new Request(1, 1, 64, 20, 1)];
        Assert.Equal([1, 0], Preemptions([1, 0]));
        Assert.Equal([0, 1], Preemptions(null));

        int[] Preemptions(int[]? lines)
        {
            LeapTests.Sink sink = Run("vllm-v1", limits, new AffineTimes { Fixed = 1e-3 }, requests, false, lines).Sink;
            return [sink.Of[0].Preemptions, sink.Of[1].Preemptions];
        }
    }

    private static List<Request> Poisson(double urgent, double other, int count)
    {
        var arrivals = new RandomStream(3, "arrivals");
        var lengths = new RandomStream(3, "lengths");
        var requests = new List<Request>();
        double now = 0;
        for (int i = 0; i < count; i++)
        {
            now -= Math.Log(arrivals.NextPositiveUnit()) / (urgent + other);
            int prompt = 1 + (int)(-1e5 * Math.Log(lengths.NextPositiveUnit()));
            requests.Add(new Request(i, Ticks.Of(now), prompt, 1, arrivals.NextUnit() < urgent / (urgent + other) ? 1 : 0));
        }

        return requests;
    }

    private static (ReplicaSimulator<AffineTimes> Engine, LeapTests.Sink Sink) Run(string scheduler, SchedulerLimits limits, AffineTimes times, List<Request> requests, bool keepsEvicted, int[]? lines)
    {
        var sink = new LeapTests.Sink();
        var state = new ReplicaState(limits, LeapTests.Reserves(scheduler), keepsEvicted ? CacheReuse.Evicted : CacheReuse.None) { Lines = lines };
        var engine = new ReplicaSimulator<AffineTimes>(times, LeapTests.Create(scheduler, limits), state, sink);
        engine.Run(new ListSource(requests));
        return (engine, sink);
    }

    private sealed class Waits : ICompletionSink
    {
        private readonly double[] _seconds = new double[2];
        private readonly long[] _count = new long[2];

        public double Mean(int @class) => _seconds[@class] / _count[@class];

        public void Completed(in CompletedRequest request)
        {
            _seconds[request.Class] += request.QueueSeconds;
            _count[request.Class]++;
        }

        public void Rejected(in Request request) => throw new InvalidOperationException();
    }
}
