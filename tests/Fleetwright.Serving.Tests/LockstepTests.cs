using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Ranks of data-parallel attention in lockstep.</summary>
public sealed class LockstepTests
{
    public static TheoryData<string, bool, bool> Schedulers
    {
        get
        {
            var data = new TheoryData<string, bool, bool>();
            foreach (string scheduler in (string[])["sarathi", "vllm-v0", "vllm-v1", "prefill-first", "orca", "static"])
            {
                data.Add(scheduler, false, false);
                data.Add(scheduler, true, scheduler == "vllm-v1");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Leaping_equals_stepping(string scheduler, bool ahead, bool keepsEvicted)
    {
        long evictions = 0, leaps = 0, iterations = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            bool reserves = LeapTests.Reserves(scheduler);
            int ranks = random.Next(1, 5), block = random.Next(2) == 0 ? 16 : random.Next(1, 40), longest = random.Next(20, 600), sequences = random.Next(1, 16), tightness = random.Next(3);
            var limits = new SchedulerLimits
            {
                TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : Math.Max(sequences, random.Next(8, 700)),
                MaximumSequences = sequences,
                BlockTokens = block,
                Blocks = ((longest / block) + 3) * (tightness == 0 ? 1 : tightness == 1 ? 3 : 50),
                WatermarkBlocks = random.Next(2),
                MaximumContext = longest,
            };
            var rank = new AffineTimes { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-6 * random.NextDouble(), PerLongestToken = 3e-6 * random.NextDouble(), PerPair = 1e-9 };
            var times = new LockstepAffineTimes(rank, 2e-5);
            List<Request> requests = LeapTests.Workload(random, longest, random.NextDouble() < 0.2 ? 0 : 0.002 + (0.3 * random.NextDouble()));

            var sink = new LeapTests.Sink();
            var engine = new LockstepSimulator<LockstepAffineTimes>(
                times, [.. Enumerable.Range(0, ranks).Select(_ => LeapTests.Create(scheduler, limits))], [.. Enumerable.Range(0, ranks).Select(_ => new ReplicaState(limits, reserves, keepsEvicted ? CacheReuse.Evicted : CacheReuse.None))], sink)
            { SchedulesAhead = ahead };
            engine.Run(new ListSource(requests));
            var plain = new PlainLockstep(scheduler, limits, times, ranks, ahead, keepsEvicted);
            List<CompletedRequest> expected = plain.Run(requests, sink.Turned);

            Assert.True(expected.Count + sink.Turned.Count == requests.Count, $"seed {seed}");
            foreach (CompletedRequest e in expected.OrderBy(e => e.Id))
            {
                CompletedRequest own = sink.Of[e.Id];
                Assert.True(Math.Abs(own.QueueSeconds - e.QueueSeconds) < 1e-9, $"seed {seed}: request {e.Id} waits {own.QueueSeconds} s, plainly {e.QueueSeconds} s");
                Assert.InRange(Math.Abs(own.Ttft - e.Ttft), 0, 1e-9);
                Assert.True(Math.Abs(own.EndToEnd - e.EndToEnd) < 1e-9, $"seed {seed}, {ranks} ranks: request {e.Id} of {e.PromptTokens} and {e.OutputTokens} ends after {own.EndToEnd} s, plainly {e.EndToEnd} s");
                Assert.Equal(e.Preemptions, own.Preemptions);
            }

            Assert.True(plain.Iterations == engine.Work.Iterations, $"seed {seed}: {plain.Iterations} iterations, {engine.Work.Iterations} by leaps");
            Assert.Equal(plain.TokensComputed, engine.Work.Tokens);
            long preemptions = 0;
            foreach (ReplicaState state in engine.Ranks)
            {
                preemptions += state.Preemptions;
                Assert.Equal(limits.Blocks, state.FreeBlocks);
            }

            Assert.Equal(plain.Preemptions, preemptions);
            evictions += preemptions;
            leaps += engine.Work.Runs;
            iterations += engine.Work.Iterations;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{scheduler}: {iterations} iterations in {leaps} runs, {evictions} evictions");
        Assert.True(leaps < iterations / 2);
        Assert.Equal(!LeapTests.Reserves(scheduler), evictions > 0);
    }

    [Fact]
    public void A_rank_alone_is_a_replica()
    {
        var limits = new SchedulerLimits { TokenBudget = 512, MaximumSequences = 16, Blocks = 400 };
        var times = new AffineTimes { Fixed = 5e-3, PerToken = 2e-5, PerContextToken = 1e-8 };
        List<Request> requests = LeapTests.Workload(new Random(1), 500, 0.05);
        LeapTests.Sink alone = new(), group = new();
        new ReplicaSimulator<AffineTimes>(times, new VllmV1Scheduler(), new ReplicaState(limits), alone).Run(new ListSource(requests));
        new LockstepSimulator<LockstepAffineTimes>(new LockstepAffineTimes(times, 0), [new VllmV1Scheduler()], [new ReplicaState(limits)], group).Run(new ListSource(requests));
        foreach (CompletedRequest e in alone.Of.Values)
        {
            Assert.InRange(Math.Abs(e.EndToEnd - group.Of[e.Id].EndToEnd), 0, 1e-9);
        }
    }

    [Fact]
    public void A_replica_with_data_parallel_attention_is_a_lockstep_group()
    {
        // Two replicas of eight ranks: the same on one thread and on two, leaping and stepping; and every token of every request is computed once.
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get("deepseek-ai/DeepSeek-V3"), Fixtures.H200, new Sharding(1, 1, 8, 8));
        List<Request> requests = LeapTests.Workload(new Random(4), 3000, 0.05);
        (int Threads, bool Leaps)[] runs = [(1, true), (2, true), (1, false)];
        SimulationResult[] results = [.. runs.Select(x => ServingSimulation.Run(new SimulationRequest
        {
            Replica = replica,
            Replicas = 2,
            Router = RouterKind.RoundRobin,
            Source = new ListSource(requests),
            Threads = x.Threads,
            Leaps = x.Leaps,
        }))];
        foreach (SimulationResult r in results)
        {
            Assert.Equal(requests.Count, r.Statistics.Completed);
            Assert.Equal(requests.Sum(q => q.PromptTokens + q.OutputTokens - 1L), r.Work.Tokens);
            Assert.Equal(results[0].Work.Iterations, r.Work.Iterations);
            Assert.Equal(results[0].Statistics.Classes[0].Ttft.Mean, r.Statistics.Classes[0].Ttft.Mean, 1e-9);
            Assert.Equal(results[0].Statistics.Classes[0].EndToEnd.Mean, r.Statistics.Classes[0].EndToEnd.Mean, 1e-9);
        }

        Assert.Equal(results[0].Work.Runs, results[1].Work.Runs);
        Assert.True(results[0].Work.Runs < results[2].Work.Runs / 3);
        Assert.Equal(replica.Engine.MaximumSequences, results[0].Limits.MaximumSequences);
    }

    [Fact]
    public void A_rank_without_work_takes_part()
    {
        // One request on eight ranks: every pass takes what eight tokens take at the experts.
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get("deepseek-ai/DeepSeek-V3"), Fixtures.H200, new Sharding(1, 1, 8, 8));
        var table = new ReplicaTable(replica, 512, 8192);
        RankBatch one = RankBatch.Of(1, 1000, 1000, []);
        double alone = table.Iteration((RankBatch[])[one, .. Enumerable.Repeat(default(RankBatch), 7)]), all = table.Iteration((RankBatch[])[.. Enumerable.Repeat(one, 8)]);
        Assert.Equal(all, alone, all * 1e-9);
        Assert.True(table.Iteration((RankBatch[])[.. Enumerable.Repeat(one, 7), RankBatch.Of(64, 64_000, 1000, [])]) > all);
    }

    [Fact]
    public void A_run_is_the_sum_of_its_iterations_where_the_slowest_changes()
    {
        var random = new Random(3);
        int changes = 0;
        for (int trial = 0; trial < 300; trial++)
        {
            int ranks = random.Next(1, 9), most = random.Next(1, 500);
            double[] first = [.. Enumerable.Range(0, ranks).Select(_ => random.Next(4) * 0.01)], step = [.. Enumerable.Range(0, ranks).Select(_ => random.Next(4) * 1e-4 * random.NextDouble())];
            double rest = 1e-3, until = random.Next(2) == 0 ? double.PositiveInfinity : random.NextDouble() * 5, sum = 0;
            int count = 0, slowest = -1;
            while (count < most && sum < until)
            {
                double[] now = [.. first.Select((f, r) => f + (count * step[r]))];
                int slow = Array.IndexOf(now, now.Max());
                changes += slow != slowest && count > 0 ? 1 : 0;
                slowest = slow;
                sum += rest + now.Max();
                count++;
            }

            Assert.Equal(count, SlowestRun.Take(first, step, rest, most, until, out double seconds));
            Assert.Equal(sum, seconds, 1e-9);
        }

        Assert.True(changes > 50);
    }

    [Fact]
    public void Random_routing_loads_the_busiest_rank_as_drawn()
    {
        // Against a draw of every choice: 2 and 4 ranks, few tokens and many.
        var random = new Random(5);
        foreach ((int ranks, int tokens) in ((int, int)[])[(2, 2), (2, 16), (2, 256), (4, 8), (4, 64)])
        {
            var routing = new RandomRouting(128, 8, ranks);
            double active = 0, choices = 0;
            const int draws = 2000;
            int[] experts = [.. Enumerable.Range(0, 128)];
            for (int d = 0; d < draws; d++)
            {
                int[] load = new int[128];
                for (int t = 0; t < tokens; t++)
                {
                    for (int k = 0; k < 8; k++)
                    {
                        int other = random.Next(k, 128);
                        (experts[k], experts[other]) = (experts[other], experts[k]);
                        load[experts[k]]++;
                    }
                }

                IEnumerable<int[]> chips = load.Chunk(128 / ranks);
                active += chips.Max(c => c.Count(x => x > 0)) / (double)draws;
                choices += chips.Max(c => c.Sum()) / (double)draws;
            }

            Assert.Equal(active, routing.BusiestActive(tokens), active * 0.03);
            Assert.Equal(choices, routing.BusiestChoices(tokens), choices * 0.03);
        }
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var times = new LockstepAffineTimes(new AffineTimes { Fixed = 5e-3, PerToken = 2e-5, PerContextToken = 1e-8 }, 1e-5);
        var limits = new SchedulerLimits { TokenBudget = 2048, MaximumSequences = 64, Blocks = 10_000 };
        var sink = new RunStatistics([new ServiceTarget(1, 0.05)]);
        var engine = new LockstepSimulator<LockstepAffineTimes>(times, [.. Enumerable.Range(0, 4).Select(_ => new VllmV1Scheduler())], [.. Enumerable.Range(0, 4).Select(_ => new ReplicaState(limits, reuse: CacheReuse.Evicted))], sink)
        {
            Series = new OccupancySeries(),
            SchedulesAhead = true,
        };
        var random = new Random(2);
        List<Request> requests = [];
        double now = 0;
        for (int i = 0; i < 60_000; i++)
        {
            now -= Math.Log(1 - random.NextDouble()) / 20;
            requests.Add(new Request(i, Ticks.Of(now), random.Next(1, 900), random.Next(1, 300)));
        }

        var source = new ListSource(requests);
        engine.RunUntil(source, Ticks.Of(1000));
        long completed = sink.Completed, before = GC.GetAllocatedBytesForCurrentThread();
        engine.RunUntil(source, Ticks.Of(2500));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sink.Completed > completed + 20_000);
    }
}
