using Fleetwright.Models;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>Prefill and decode pools: against a fleet that steps, against closed forms, and what must be conserved.</summary>
public sealed class SplitFleetTests
{
    private const double BytesPerToken = 1e5;

    public static TheoryData<string, string, bool> Schedulers => new()
    {
        { "vllm-v1", "vllm-v1", false }, { "vllm-v1", "vllm-v1", true }, { "sarathi", "sarathi", false }, { "vllm-v0", "vllm-v0", false }, { "prefill-first", "prefill-first", false }, { "vllm-v1", "sarathi", false },
    };

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Leaping_equals_stepping(string first, string second, bool keepsEvicted)
    {
        long evictions = 0, again = 0, leaps = 0, iterations = 0, held = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            int block = random.Next(2) == 0 ? 16 : random.Next(1, 40), longest = random.Next(20, 400);
            SchedulerLimits Limits(string scheduler)
            {
                int sequences = random.Next(1, 30), tightness = random.Next(3);
                return new SchedulerLimits
                {
                    TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : Math.Max(sequences, random.Next(8, 700)),
                    MaximumSequences = sequences,
                    BlockTokens = block,
                    Blocks = ((longest / block) + 3) * (tightness == 0 ? 1 : tightness == 1 ? 3 : 50),
                    WatermarkBlocks = random.Next(2),
                };
            }

            SchedulerLimits one = Limits(first), two = Limits(second);
            var times = new AffineTimes { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-7 * random.NextDouble(), PerLongestToken = 1e-6, PerPair = 1e-9 };
            var link = new KvLink(random.Next(4) == 0 ? double.PositiveInfinity : 1e7 * Math.Pow(300, random.NextDouble()), random.Next(2) * 1e-3 * random.NextDouble());
            FirstToken rule = random.Next(2) == 0 ? FirstToken.AfterTransfer : FirstToken.FromPrefill;
            int senders = random.Next(1, 4), receivers = random.Next(1, 4);
            List<Request> requests = LeapTests.Workload(random, longest, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.05 * random.NextDouble()));

            var sink = new LeapTests.Sink();
            (SplitFleetSimulator fleet, ISplitEngine[] from, ISplitEngine[] to) = Fleet(times, times, (first, one, senders), (second, two, receivers), link, sink, rule, keepsEvicted);
            fleet.Run(new ListSource(requests));
            PlainReplica[] plainFrom = [.. from.Select(_ => new PlainReplica(first, one, times, keepsEvicted) { Outbox = [] })], plainTo = [.. to.Select(_ => new PlainReplica(second, two, times, keepsEvicted))];
            var plain = new PlainSplit(plainFrom, plainTo, times, link, BytesPerToken, rule);
            plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id)));

            List<CompletedRequest> expected = [.. plainFrom.Concat(plainTo).SelectMany(p => p.Completed)];
            Assert.True(expected.Count + sink.Turned.Count == requests.Count, $"seed {seed}: {expected.Count} + {sink.Turned.Count}");
            foreach (CompletedRequest e in expected)
            {
                CompletedRequest own = sink.Of[e.Id];
                Assert.True(e.Preemptions == own.Preemptions, $"seed {seed}, request {e.Id}: evictions");
                Assert.True(Math.Abs(own.QueueSeconds - e.QueueSeconds) < 1e-9, $"seed {seed}, request {e.Id}: queue {own.QueueSeconds} for {e.QueueSeconds}");
                Assert.True(Math.Abs(own.Ttft - e.Ttft) < 1e-9, $"seed {seed}, request {e.Id}: TTFT {own.Ttft} for {e.Ttft}");
                Assert.True(Math.Abs(own.EndToEnd - e.EndToEnd) < 1e-9, $"seed {seed}, request {e.Id}: end {own.EndToEnd} for {e.EndToEnd}");
            }

            foreach ((ISplitEngine engine, PlainReplica replica) in from.Zip(plainFrom).Concat(to.Zip(plainTo)))
            {
                ReplicaState state = engine.Rank(0).State;
                Assert.True(replica.Iterations == engine.Work.Iterations && replica.TokensComputed == engine.Work.Tokens, $"seed {seed}: {replica.Iterations} iterations, {engine.Work.Iterations} by leaps");
                Assert.True(state.FreeBlocks == state.Limits.Blocks && replica.FreeBlocks == state.Limits.Blocks && state.HeldCount + state.ReservedCount + state.IncomingCount == 0, $"seed {seed}: something is left");
                Assert.True(state.Preemptions == replica.Preemptions, $"seed {seed}: evictions {state.Preemptions} for {replica.Preemptions}");
                (leaps, iterations) = (leaps + engine.Work.Runs, iterations + engine.Work.Iterations);
            }

            // Every cache was sent once, whole.
            Assert.Equal(plain.Sent, fleet.Transfers.Count);
            Assert.Equal(expected.Count(e => e.OutputTokens > 1), fleet.Transfers.Count);
            Assert.Equal(expected.Where(e => e.OutputTokens > 1).Sum(e => e.PromptTokens) * BytesPerToken, fleet.Transfers.Bytes, 1);
            evictions += to.Sum(d => d.Rank(0).State.Preemptions);
            again += to.Sum(d => d.Work.Tokens - d.Work.Decoded);
            held += fleet.Transfers.ForBlocks.Quantile(0.9) > 1e-3 ? 1 : 0;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{first}, {second}: {iterations} iterations in {leaps} runs, {evictions} evictions in decode pools, {again} tokens computed again, {held} runs held back");
        Assert.True(leaps < iterations && evictions > 0 && again > 0 && held > 10);
    }

    [Fact]
    public void Prompts_and_transfers_of_constant_time_wait_as_one_queue_at_the_slower_of_the_two()
    {
        // Queues in tandem with constant times: all waiting together is that of M/D/1 at the slowest (Friedman 1965), λc² / 2(1 − λc).
        const double Prompt = 1, Transfer = 1.6, Rate = 0.5;
        var link = new KvLink(BytesPerToken / Transfer);
        (Sink sink, SplitFleetSimulator fleet) = Tandem(Prompt, link, Rate, 200_000);
        double wait = Rate * Transfer * Transfer / (2 * (1 - (Rate * Transfer)));
        Assert.Equal(Prompt + Transfer + wait, sink.Ttft / sink.Count, 0.03 * wait);

        // What waits at the link is the rest of that at the prefill.
        Assert.Equal(wait - (Rate * Prompt * Prompt / (2 * (1 - (Rate * Prompt)))), fleet.Transfers.ForLink.Mean, 0.03 * wait);
        Assert.Equal(Transfer, fleet.Transfers.Transfer.Mean, 1e-9);
    }

    [Fact]
    public void A_link_that_is_faster_than_prompts_makes_nobody_wait()
    {
        const double Prompt = 1, Transfer = 0.9, Latency = 0.25, Rate = 0.8;
        (Sink sink, SplitFleetSimulator fleet) = Tandem(Prompt, new KvLink(BytesPerToken / Transfer, Latency), Rate, 100_000);
        Assert.Equal(0, fleet.Transfers.ForLink.Maximum);
        Assert.Equal(0, fleet.Transfers.ForBlocks.Maximum);
        double wait = Rate / (2 * (1 - Rate));
        Assert.Equal(Prompt + Transfer + Latency + wait, sink.Ttft / sink.Count, 0.04 * wait);
    }

    [Fact]
    public void Answers_of_one_token_never_leave_the_prefill_pool()
    {
        var times = new AffineTimes { Fixed = 1e-2, PerToken = 1e-5 };
        var limits = new SchedulerLimits { TokenBudget = 512, MaximumSequences = 16, Blocks = 400 };
        var random = new Random(1);
        List<Request> requests = [.. LeapTests.Workload(random, 300, 0.02).Select(r => r with { OutputTokens = 1 })];
        var alone = new LeapTests.Sink();
        new ReplicaSimulator<AffineTimes>(times, LeapTests.Create("vllm-v1", limits), new ReplicaState(limits), alone).Run(new ListSource(requests));
        var split = new LeapTests.Sink();
        (SplitFleetSimulator fleet, _, ISplitEngine[] to) = Fleet(times, times, ("vllm-v1", limits, 1), ("vllm-v1", limits, 1), new KvLink(double.PositiveInfinity), split, FirstToken.AfterTransfer);
        fleet.Run(new ListSource(requests));
        Assert.Equal(alone.Of.OrderBy(r => r.Key), split.Of.OrderBy(r => r.Key));
        Assert.Equal(0, fleet.Transfers.Count);
        Assert.Equal(0, to[0].Work.Iterations);
    }

    [Fact]
    public void First_tokens_from_the_prefill_pool_do_not_depend_on_the_decode_pool()
    {
        // As long as the prefill pool's own cache is large: with nothing to wait for but prompts.
        var times = new AffineTimes { Fixed = 1e-2, PerToken = 1e-5 };
        var limits = new SchedulerLimits { TokenBudget = 512, MaximumSequences = 16, Blocks = 100_000 };
        List<Request> requests = LeapTests.Workload(new Random(2), 300, 0.02);
        var alone = new LeapTests.Sink();
        new ReplicaSimulator<AffineTimes>(times, LeapTests.Create("vllm-v1", limits), new ReplicaState(limits), alone).Run(new ListSource([.. requests.Select(r => r with { OutputTokens = 1 })]));
        var split = new LeapTests.Sink();
        Fleet(times, times with { Fixed = 0.2 }, ("vllm-v1", limits, 1), ("vllm-v1", limits with { Blocks = 30 }, 1), new KvLink(1e6), split, FirstToken.FromPrefill).Fleet.Run(new ListSource(requests));
        Assert.All(requests, r => Assert.Equal(alone.Of[r.Id].Ttft, split.Of[r.Id].Ttft));
    }

    [Fact]
    public void A_full_decode_pool_holds_the_prefill_pool_back()
    {
        // One prompt of a block an iteration of a second, a decode pool for one sequence of ten iterations, two blocks to wait in: the prefill pool has
        // computed three when it must wait, and from then on it computes one when one ends.
        var limits = new SchedulerLimits { TokenBudget = 16, MaximumSequences = 16, Blocks = 2 };
        var sink = new LeapTests.Sink();
        (SplitFleetSimulator fleet, ISplitEngine[] from, _) = Fleet(
            new AffineTimes { Fixed = 1 }, new AffineTimes { Fixed = 1 }, ("vllm-v1", limits, 1), ("vllm-v1", limits with { Blocks = 2, MaximumSequences = 1 }, 1), new KvLink(double.PositiveInfinity), sink, FirstToken.FromPrefill);
        fleet.Run(new ListSource([.. Enumerable.Range(0, 12).Select(i => new Request(i, 0, 16, 11))]));
        for (int n = 1; n <= 12; n++)
        {
            Assert.Equal(1 + (10.0 * n), sink.Of[n - 1].EndToEnd, 1e-9);
            Assert.Equal(n <= 3 ? n : 12 + (10.0 * (n - 4)), sink.Of[n - 1].Ttft, 1e-9);
        }

        Assert.Equal(12, from[0].Work.Iterations);
        Assert.Equal(12, fleet.Transfers.Count);
    }

    [Fact]
    public void Caches_leave_and_reach_a_replica_one_at_a_time()
    {
        // Two prompts that are whole together on one replica, for two others: the second starts when the first has left.
        var limits = new SchedulerLimits { TokenBudget = 1000, MaximumSequences = 16, Blocks = 1000 };
        var sink = new LeapTests.Sink();
        (SplitFleetSimulator fleet, _, _) = Fleet(
            new AffineTimes { Fixed = 1 }, new AffineTimes { Fixed = 1 }, ("vllm-v1", limits, 1), ("vllm-v1", limits, 2), new KvLink(100 * BytesPerToken, 0.5), sink, FirstToken.AfterTransfer);
        fleet.Run(new ListSource([new Request(0, 0, 100, 2), new Request(1, 0, 300, 2)]));
        Assert.Equal(1 + 1 + 0.5, sink.Of[0].Ttft, 1e-9);
        Assert.Equal(1 + 1 + 3 + 0.5, sink.Of[1].Ttft, 1e-9);
        Assert.Equal(1, fleet.Transfers.ForLink.Maximum, 1e-9);
    }

    [Fact]
    public void A_receiver_takes_one_cache_at_a_time_from_all_senders()
    {
        var limits = new SchedulerLimits { TokenBudget = 1000, MaximumSequences = 16, Blocks = 1000 };
        var sink = new LeapTests.Sink();
        (SplitFleetSimulator fleet, _, _) = Fleet(
            new AffineTimes { Fixed = 1 }, new AffineTimes { Fixed = 1 }, ("vllm-v1", limits, 2), ("vllm-v1", limits, 1), new KvLink(100 * BytesPerToken), sink, FirstToken.AfterTransfer);
        fleet.Run(new ListSource([new Request(0, 0, 100, 2), new Request(1, 0, 300, 2)]));
        Assert.Equal(1 + 1, sink.Of[0].Ttft, 1e-9);
        Assert.Equal(1 + 1 + 3, sink.Of[1].Ttft, 1e-9);
    }

    [Fact]
    public void Links_of_large_pools_carry_nearly_all_that_they_could()
    {
        // Sixteen senders and sixteen receivers at 90 % of what each can carry: caches wait, but not longer and longer.
        const int Pool = 16, Count = 40_000;
        const double Transfer = 1, Load = 0.9;
        var limits = new SchedulerLimits { TokenBudget = 1000, MaximumSequences = 1000, Blocks = 1_000_000 };
        var sink = new Sink();
        (SplitFleetSimulator fleet, _, _) = Fleet(
            new AffineTimes { Fixed = 1e-6 }, new AffineTimes { Fixed = 1e-6 }, ("vllm-v1", limits, Pool), ("vllm-v1", limits, Pool), new KvLink(BytesPerToken / Transfer), sink, FirstToken.AfterTransfer, router: RouterKind.Random);
        fleet.Run(new CutSource(new GeneratedSource(new TrafficClass("r", ArrivalModel.Poisson(Pool * Load / Transfer), new IndependentLengths(new ConstantLength(1), new ConstantLength(2))), 7), count: Count));

        // Two queues in a row, of which each alone would wait as M/D/1.
        double one = Load / (2 * (1 - Load));
        Assert.InRange(fleet.Transfers.ForLink.Mean, one, 2 * one);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var times = new AffineTimes { Fixed = 5e-3, PerToken = 2e-5, PerContextToken = 1e-8 };
        var limits = new SchedulerLimits { TokenBudget = 8192, MaximumSequences = 64, Blocks = 4000 };
        var sink = new RunStatistics([new ServiceTarget(1, 0.05)]);
        (SplitFleetSimulator fleet, _, _) = Fleet(times, times, ("vllm-v1", limits, 2), ("vllm-v1", limits, 2), new KvLink(1e9, 1e-4), sink, FirstToken.AfterTransfer);
        var lengths = new IndependentLengths(LengthText.Parse("input", "uniform:10,900"), LengthText.Parse("output", "uniform:1,300"));
        long before = 0, after = 0, windows = 0;
        fleet.Run(new CutSource(new GeneratedSource(new TrafficClass("r", ArrivalModel.Poisson(30), lengths), 1), count: 80_000), _ =>
        {
            (before, after) = (++windows == 3 ? GC.GetAllocatedBytesForCurrentThread() : before, GC.GetAllocatedBytesForCurrentThread());
            return true;
        });
        Assert.Equal(80_000, sink.Completed);
        Assert.True(windows > 4);
        Assert.Equal(0, after - before);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 8)]
    public void Pools_of_a_real_model_send_every_cache_once_and_leap_as_they_step(int attentionFirst, int attentionSecond)
    {
        ModelSpecChoice model = attentionSecond > 1 ? new(Fixtures.GptOss, new Sharding(8 / attentionFirst, 1, 8, attentionFirst), new Sharding(1, 1, 8, attentionSecond)) : new(Fixtures.Llama8, new Sharding(1), new Sharding(2));
        SimulationResult leaps = Run(leaps: true), steps = Run(leaps: false), again = Run(leaps: true);
        ClassStatistics all = leaps.Statistics.Classes[0];
        Assert.Equal(3000, all.Completed);
        Assert.Equal(3000, leaps.Prefill!.Transfers.Count);
        Assert.Equal(all.OutputTokens - all.Completed, leaps.Work.Decoded);
        Assert.Equal(all.PromptTokens, leaps.Prefill.Work.Tokens);
        Assert.Equal(0, leaps.Prefill.Work.Decoded);
        Assert.Equal(all.EndToEnd.SumSeconds, again.Statistics.Classes[0].EndToEnd.SumSeconds);
        Assert.Equal(steps.Statistics.Classes[0].EndToEnd.SumSeconds, all.EndToEnd.SumSeconds, 3000 * 1e-9);
        Assert.Equal(steps.Statistics.Classes[0].Ttft.SumSeconds, all.Ttft.SumSeconds, 3000 * 1e-9);
        Assert.Equal(steps.Work.Iterations, leaps.Work.Iterations);
        Assert.True(leaps.Work.Runs < steps.Work.Runs);

        // Bytes by hand: keys and values of all heads and layers, whatever the layout of either pool.
        if (attentionSecond == 1)
        {
            Assert.Equal(all.PromptTokens * 2.0 * 32 * 8 * 128, leaps.Prefill.Transfers.Bytes, 1);
        }

        SimulationResult Run(bool leaps) => ServingSimulation.Run(
            new SimulationRequest
            {
                Replica = Fixtures.Replica(model.Model, Fixtures.H100, model.Decode, Precision.Fp8 with { KvCache = Catalog.Units.Dtype.Fp8 }),
                Replicas = 2,
                Prefill = new PrefillPool
                {
                    Replica = Fixtures.Replica(model.Model, Fixtures.H100, model.Prefill, Precision.Fp8 with { KvCache = Catalog.Units.Dtype.Fp8 }),
                    Replicas = 2,
                    Router = RouterKind.LeastOutstanding,
                    Link = new KvLink(50e9, 14e-6),
                },
                Router = RouterKind.LeastOutstanding,
                Source = new CutSource(
                    new GeneratedSource(new TrafficClass("chat", ArrivalModel.Poisson(30), new IndependentLengths(LengthText.Parse("input", "lognormal:700,0.8"), LengthText.Parse("output", "uniform:2,200"))), 1), count: 3000),
                Leaps = leaps,
                Seed = 1,
            },
            TestContext.Current.CancellationToken);
    }

    private sealed record ModelSpecChoice(Catalog.Models.ModelSpec Model, Sharding Prefill, Sharding Decode);

    // One prompt of a token at a time, then one decode that takes next to nothing.
    private static (Sink Sink, SplitFleetSimulator Fleet) Tandem(double promptSeconds, KvLink link, double rate, int count)
    {
        var limits = new SchedulerLimits { TokenBudget = 1, MaximumSequences = 1, Blocks = 1_000_000 };
        var sink = new Sink();
        (SplitFleetSimulator fleet, _, _) = Fleet(
            new AffineTimes { Fixed = promptSeconds }, new AffineTimes { Fixed = 1e-9 }, ("vllm-v1", limits, 1), ("vllm-v1", limits with { MaximumSequences = 1000, TokenBudget = 1000 }, 1), link, sink, FirstToken.AfterTransfer);
        fleet.Run(new CutSource(new GeneratedSource(new TrafficClass("r", ArrivalModel.Poisson(rate), new IndependentLengths(new ConstantLength(1), new ConstantLength(2))), 7), count: count));
        Assert.Equal(count, sink.Count);
        return (sink, fleet);
    }

    private static (SplitFleetSimulator Fleet, ISplitEngine[] Prefill, ISplitEngine[] Decode) Fleet(
        AffineTimes first, AffineTimes second, (string Scheduler, SchedulerLimits Limits, int Count) from, (string Scheduler, SchedulerLimits Limits, int Count) to, KvLink link, ICompletionSink sink, FirstToken rule, bool keepsEvicted = false, RouterKind router = RouterKind.RoundRobin)
    {
        var transfers = new KvTransfers();
        CacheReuse reuse = keepsEvicted ? CacheReuse.Evicted : CacheReuse.None;
        ISplitEngine[] prefill = [.. Enumerable.Range(0, from.Count).Select(_ => new ReplicaSimulator<AffineTimes>(first, LeapTests.Create(from.Scheduler, from.Limits), new ReplicaState(from.Limits, reuse: reuse), sink) { Outbox = [] })];
        ISplitEngine[] decode = [.. Enumerable.Range(0, to.Count).Select(_ => new ReplicaSimulator<AffineTimes>(second, LeapTests.Create(to.Scheduler, to.Limits), new ReplicaState(to.Limits, reuse: reuse), sink) { Intake = new KvIntake(transfers.HandOver) })];
        var fleet = new SplitFleetSimulator(
            new SplitPool(prefill, router.Create(1), []), new SplitPool(decode, router.Create(2), []), new KvLinks(from.Count, to.Count, link), tokens => tokens * BytesPerToken, sink, transfers)
        { FirstToken = rule };
        return (fleet, prefill, decode);
    }

    private sealed class Sink : ICompletionSink
    {
        public long Count { get; private set; }

        public double Ttft { get; private set; }

        public void Completed(in CompletedRequest request)
        {
            Count++;
            Ttft += request.Ttft;
        }

        public void Rejected(in Request request) => throw new InvalidOperationException();
    }
}
