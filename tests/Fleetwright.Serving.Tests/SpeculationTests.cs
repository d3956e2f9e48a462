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
        Assert.Equal(!LeapTests.Reserves(scheduler), evictions > 0);
    }

    [Theory]
    [InlineData(1, 0.7)]
    [InlineData(3, 0.7)]
    [InlineData(5, 0.9)]
    [InlineData(4, 0)]
    [InlineData(4, 1)]
    public void A_step_gains_as_many_tokens_as_Leviathan_et_al_expect(int drafts, double acceptance)
    {
        var speculation = new SpeculativeDecoding(drafts, [acceptance]);
        double expected = acceptance == 1 ? drafts + 1 : (1 - Math.Pow(acceptance, drafts + 1)) / (1 - acceptance);
        Assert.Equal(expected, speculation.ExpectedTokens, 1e-12);
        AcceptanceDraw draw = new(speculation, 1);
        long steps = Enumerable.Range(0, 200).Sum(i => (long)draw.Steps(i, 0, 10_000));
        Assert.Equal(expected, 200 * 10_000.0 / steps, expected * 2e-3);
        Assert.Equal(acceptance == 0 ? 37 : acceptance == 1 ? (37 + drafts) / (drafts + 1) : draw.Steps(7, 0, 37), draw.Steps(7, 0, 37));
    }

    [Fact]
    public void Requests_differ_by_the_spread_of_their_acceptance()
    {
        // One draft: a request of acceptance a gains 1 + a tokens a step. Long answers leave only what differs between requests.
        AcceptanceDraw draw = new(new SpeculativeDecoding(1, [0.6]) { AcceptanceSpread = 0.08 }, 1);
        double[] gains = [.. Enumerable.Range(0, 4000).Select(i => 20_000.0 / draw.Steps(i, 0, 20_000))];
        double mean = gains.Average(), deviation = Math.Sqrt(gains.Average(g => (g - mean) * (g - mean)));
        Assert.Equal(1.6, mean, 0.005);
        Assert.Equal(0.08, deviation, 0.004);
    }

    [Theory]
    [MemberData(nameof(LeapTests.Schedulers), MemberType = typeof(LeapTests))]
    public void Drafts_that_are_never_accepted_and_cost_nothing_change_nothing(string scheduler, bool keepsEvicted)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            int longest = random.Next(40, 600), sequences = random.Next(1, 40);
            var limits = new SchedulerLimits { TokenBudget = scheduler == "vllm-v0" ? 4 * longest : 4000, MaximumSequences = sequences, Blocks = 100_000, MaximumContext = longest };
            AffineTimes times = Times(random);
            List<Request> requests = LeapTests.Workload(random, longest - 3, 0.05);
            AcceptanceDraw draw = new(new SpeculativeDecoding(3, [0]), 1);
            LeapTests.Sink drafted = Run(scheduler, limits, new DraftedTimes(times, draw, 0), requests, draw, keepsEvicted).Sink, plain = new();

            // The budget of three drafts for every sequence is given to both.
            new ReplicaSimulator<AffineTimes>(times, LeapTests.Create(scheduler, limits), new ReplicaState(limits, LeapTests.Reserves(scheduler), keepsEvicted ? CacheReuse.Evicted : CacheReuse.None), plain).Run(new ListSource(requests));
            foreach ((long id, CompletedRequest e) in plain.Of)
            {
                Assert.InRange(Math.Abs(drafted.Of[id].Ttft - e.Ttft), 0, 1e-9);
                Assert.InRange(Math.Abs(drafted.Of[id].EndToEnd - e.EndToEnd), 0, 1e-9);
            }
        }
    }

    [Theory]
    [InlineData(4, 0.8, 0.05)]
    [InlineData(7, 0.6, 0.1)]
    public void One_sequence_is_faster_by_what_Leviathan_et_al_say(int drafts, double acceptance, double cost)
    {
        // Theorem 3.8: (1 − a^(K+1)) ÷ ((1 − a)(K·c + 1)) for a draft that takes c of a target's step, where verification takes no longer than a step.
        AcceptanceDraw draw = new(new SpeculativeDecoding(drafts, [acceptance]), 1);
        var step = new AffineTimes { Fixed = 0.01 };
        List<Request> requests = [new Request(0, 0, 10, 100_001)];
        var limits = new SchedulerLimits { TokenBudget = 4096, MaximumSequences = 1, Blocks = 100_000 };
        double seconds = Run("vllm-v1", limits, new DraftedTimes(step, draw, 0, cost * 0.01), requests, draw).Sink.Of[0].EndToEnd;
        double expected = (1 - Math.Pow(acceptance, drafts + 1)) / ((1 - acceptance) * ((drafts * cost) + 1));
        Assert.Equal(expected, 100_001 * 0.01 / seconds, expected * 0.01);
    }

    [Theory]
    [InlineData(3, 0.7, 30)]
    [InlineData(5, 0.85, 12)]
    public void Even_tokens_are_as_good_as_tokens_in_jumps(int drafts, double acceptance, double rate)
    {
        // Against sequences that draw every step and grow by what was accepted, with other random numbers: means and p50 within 1 %, p99 within 2 %, of answers
        // long enough for their TPOT not to be that of one or two steps, whose p99 differs by 3 % between two runs of the same length.
        var times = new AffineTimes { Fixed = 5e-3, PerToken = 1e-5, PerContextToken = 3e-8 };
        List<Request> requests = PoissonRequests(rate, 12_000);
        AcceptanceDraw draw = new(new SpeculativeDecoding(drafts, [acceptance]), 5);
        var limits = new SchedulerLimits { TokenBudget = 100_000, MaximumSequences = 4096, Blocks = 10_000_000 };
        LeapTests.Sink sink = Run("vllm-v1", limits, new DraftedTimes(times, draw, 1e-5), requests, draw).Sink;
        CompletedRequest[] even = [.. sink.Of.Values], jumps = [.. new JumpingReplica(times, drafts, acceptance, 1e-5).Run(requests)];
        foreach ((string name, Func<CompletedRequest, double> of) in ((string, Func<CompletedRequest, double>)[])[("TPOT", r => r.Tpot), ("end to end", r => r.EndToEnd), ("TTFT", r => r.Ttft)])
        {
            double[] a = [.. even.Where(r => r.OutputTokens > 16).Select(of).Order()], b = [.. jumps.Where(r => r.OutputTokens > 16).Select(of).Order()];
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: mean {a.Average():0.00000} against {b.Average():0.00000}, p50 {a[a.Length / 2]:0.00000} {b[b.Length / 2]:0.00000}, p99 {a[a.Length * 99 / 100]:0.00000} {b[b.Length * 99 / 100]:0.00000}");
            Assert.Equal(b.Average(), a.Average(), b.Average() * 0.01);
            Assert.Equal(b[b.Length / 2], a[a.Length / 2], b[b.Length / 2] * 0.01);
            Assert.Equal(b[b.Length * 99 / 100], a[a.Length * 99 / 100], b[b.Length * 99 / 100] * 0.02);
        }
    }

    [Theory]
    [InlineData(1, 900)]
    [InlineData(37, 1011)]
    [InlineData(200, 4090)]
    public void Priced_steps_add_up_to_their_run(int sequences, double context)
    {
        var head = Fixtures.Replica(SpeculativeDecoding.HeadOf(Fixtures.Llama8), Fixtures.H100, Models.Sharding.None, Models.Precision.Bf16);
        var speculation = new SpeculativeDecoding(3, [0.7]) { Draft = head, SharesEmbedding = true, HostSeconds = 1e-4 };
        SpeculationTable table = new(Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, Models.Sharding.None, Models.Precision.Bf16), speculation, 256, 8192);
        double growth = sequences * speculation.ExpectedTokens, steps = 0;
        Assert.Equal(600, table.Decode(sequences, sequences * context, growth, 600, double.PositiveInfinity, out double run));
        for (int i = 0; i < 600; i++)
        {
            steps += table.Iteration(sequences, (sequences * context) + (i * growth), []);
        }

        Assert.Equal(steps, run, 1e-9);
        int half = table.Decode(sequences, sequences * context, growth, 600, run / 2, out double cut);
        Assert.InRange(half, 1, 599);
        Assert.True(cut >= run / 2);
    }

    [Fact]
    public void Threads_and_leaps_change_nothing()
    {
        Results First(int threads, bool leaps)
        {
            SimulationResult result = ServingSimulation.Run(new SimulationRequest
            {
                Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, Models.Sharding.None, Models.Precision.Bf16),
                Replicas = 3,
                Source = new ListSource(PoissonRequests(30, 1500)),
                Speculation = new SpeculativeDecoding(3, [0.7]),
                Threads = threads,
                Leaps = leaps,
            });
            Simulation.Results.ClassStatistics all = result.Statistics.Classes[0];
            return new Results(all.Ttft.SumSeconds, all.EndToEnd.SumSeconds, all.Queue.SumSeconds, result.Work.Iterations);
        }

        Results one = First(1, true), stepped = First(1, false);
        Assert.Equal(one, First(2, true));
        Assert.Equal(stepped.Iterations, one.Iterations);
        Assert.Equal(stepped.EndToEnd, one.EndToEnd, 1500 * 1e-9);
        Assert.Equal(stepped.Ttft, one.Ttft, 1500 * 1e-9);
    }

    private readonly record struct Results(double Ttft, double EndToEnd, double Queue, long Iterations);

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        AcceptanceDraw draw = new(new SpeculativeDecoding(3, [0.7]) { AcceptanceSpread = 0.1 }, 1);
        var limits = new SchedulerLimits { TokenBudget = 4096, MaximumSequences = 64, Blocks = 2000 };
        var sink = new Simulation.Results.RunStatistics([new Simulation.Results.ServiceTarget(1, 0.05)]);
        var engine = new ReplicaSimulator<DraftedTimes>(
            new DraftedTimes(new AffineTimes { Fixed = 5e-3, PerToken = 2e-5 }, draw, 1e-5), LeapTests.Create("vllm-v1", limits), new ReplicaState(limits) { Speculation = draw, Lines = [0] }, sink);
        var source = new ListSource(PoissonRequests(8, 20_000));
        engine.RunUntil(source, Ticks.Of(1000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        engine.RunUntil(source, Ticks.Of(2000));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static List<Request> PoissonRequests(double rate, int count)
    {
        var random = new RandomStream(11, "requests");
        List<Request> requests = [];
        double now = 0;
        for (int i = 0; i < count; i++)
        {
            now -= Math.Log(random.NextPositiveUnit()) / rate;
            requests.Add(new Request(i, Ticks.Of(now), 1 + random.Below(900), 1 + random.Below(300)));
        }

        return requests;
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
        var state = new ReplicaState(limits, LeapTests.Reserves(scheduler), keepsEvicted ? CacheReuse.Evicted : CacheReuse.None) { Speculation = draw, Lines = priorities };
        var engine = new ReplicaSimulator<DraftedTimes>(times, LeapTests.Create(scheduler, limits), state, sink);
        engine.Run(new ListSource(requests));
        return (engine, sink);
    }
}
