using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>A replica that stops in the middle of a run, against one that steps: what had ended, and how far the rest was.</summary>
public sealed class StopTests
{
    [Theory]
    [InlineData("sarathi")]
    [InlineData("vllm-v0")]
    [InlineData("vllm-v1")]
    [InlineData("prefill-first")]
    [InlineData("orca")]
    [InlineData("static")]
    public void Stopping_a_leap_keeps_the_iterations_that_had_ended(string scheduler)
    {
        int streamed = 0, cut = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            (Random random, SchedulerLimits limits, AffineTimes times, List<Request> requests, long until) = Draw(seed, scheduler);
            var sink = new LeapTests.Sink();
            var engine = new ReplicaSimulator<AffineTimes>(times, LeapTests.Create(scheduler, limits), new ReplicaState(limits, LeapTests.Reserves(scheduler)), sink);
            engine.RunUntil(new ListSource(requests), until);
            List<UnfinishedRequest> unfinished = [];
            engine.Stop(until, unfinished);
            var plain = new PlainReplica(scheduler, limits, times);
            List<CompletedRequest> expected = plain.Run(requests.Where(r => !sink.Turned.Contains(r.Id)), until);

            Assert.Equal(expected.Select(e => e.Id).Order(), sink.Of.Keys.Order());
            Assert.Equal(plain.Unfinished.Keys.Order(), unfinished.Select(u => u.Id).Order());
            Assert.Equal(plain.TokensComputed, engine.Work.Tokens);
            Assert.Equal(Ticks.Never, engine.End);
            foreach (UnfinishedRequest own in unfinished)
            {
                (int Streamed, int Cached) plainly = plain.Unfinished[own.Id];
                Assert.True(plainly == (own.Streamed, own.Cached), $"seed {seed}, request {own.Id}: {plainly}, stopped in a leap {own}");
                Assert.Equal(own.Streamed > 0, own.FirstToken >= 0);
                streamed += own.Streamed;
            }

            cut += unfinished.Count > 0 ? 1 : 0;
        }

        Assert.True(streamed > 100 && cut > 50, $"{streamed} tokens streamed, {cut} runs cut");
    }

    [Fact]
    public void Ranks_in_lockstep_that_stop_keep_what_the_stepping_ones_do()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            (Random random, SchedulerLimits limits, AffineTimes rank, List<Request> requests, long until) = Draw(seed, "vllm-v1");
            var times = new LockstepAffineTimes { Rank = rank, PerToken = 1e-5 };
            bool ahead = random.Next(2) == 0;
            (LeapTests.Sink Sink, List<UnfinishedRequest> Unfinished, long Tokens) one = Stop(true), other = Stop(false);
            Assert.Equal(other.Sink.Of.Keys.Order(), one.Sink.Of.Keys.Order());
            Assert.Equal(other.Unfinished.Select(u => (u.Id, u.Streamed, u.Cached)), one.Unfinished.Select(u => (u.Id, u.Streamed, u.Cached)));
            Assert.Equal(other.Tokens, one.Tokens);
            Assert.Equal(requests.Count(r => r.Arrival <= until), one.Sink.Of.Count + one.Sink.Turned.Count + one.Unfinished.Count);

            (LeapTests.Sink, List<UnfinishedRequest>, long) Stop(bool leaps)
            {
                var sink = new LeapTests.Sink();
                var engine = new LockstepSimulator<LockstepAffineTimes>(times, [new VllmV1Scheduler(), new VllmV1Scheduler()], [new ReplicaState(limits), new ReplicaState(limits)], sink, leaps) { SchedulesAhead = ahead };
                engine.RunUntil(new ListSource(requests), until);
                List<UnfinishedRequest> unfinished = [];
                engine.Stop(until, unfinished);
                return (sink, unfinished, engine.Work.Tokens);
            }
        }
    }

    private static (Random, SchedulerLimits, AffineTimes, List<Request>, long) Draw(int seed, string scheduler)
    {
        var random = new Random(seed);
        int block = random.Next(2) == 0 ? 16 : random.Next(1, 40), longest = random.Next(20, 600), sequences = random.Next(1, 40);
        var limits = new SchedulerLimits
        {
            TokenBudget = scheduler == "vllm-v0" ? longest * random.Next(1, 5) : Math.Max(sequences, random.Next(8, 700)),
            MaximumSequences = sequences,
            BlockTokens = block,
            Blocks = ((longest / block) + 3) * (random.Next(2) == 0 ? 2 : 50),
            MaximumContext = longest,
        };
        var times = new AffineTimes { Fixed = 1e-3 + (1e-2 * random.NextDouble()), PerToken = 1e-5, PerDecode = 3e-5, PerContextToken = 1e-7 * random.NextDouble(), PerPair = 1e-9 };
        List<Request> requests = LeapTests.Workload(random, longest, 0.002 + (0.5 * random.NextDouble()));
        return (random, limits, times, requests, (long)(requests[^1].Arrival * random.NextDouble() * 1.2));
    }
}
