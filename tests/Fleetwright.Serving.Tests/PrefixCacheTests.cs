using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

public sealed class PrefixCacheTests
{
    private static readonly AffineTimes Times = new() { Fixed = 4e-3, PerToken = 2e-5, PerContextToken = 1e-8 };

    [Fact]
    public void Units_are_found_held_and_forgotten_as_a_plain_list_has_them()
    {
        // The plain cache: keys in the order in which they were let go, and who holds what.
        var random = new Random(3);
        const int units = 40;
        var cache = new PrefixCache(units * 2, 2);
        var holders = new Dictionary<(long, int), int>();
        var idle = new List<(long, int)>();
        var running = new List<(long Session, int Units)>();
        for (int step = 0; step < 20_000; step++)
        {
            if (running.Count > 0 && random.Next(2) == 0)
            {
                (long session, int count) = running[random.Next(running.Count)];
                running.Remove((session, count));
                _ = cache.Drop(new PrefixKeys(session, null), count);
                for (int i = count - 1; i >= 0; i--)
                {
                    if (--holders[(session, i)] == 0)
                    {
                        idle.Add((session, i));
                    }
                }
            }
            else
            {
                long session = random.Next(1, 12);
                var keys = new PrefixKeys(session, null);
                int want = random.Next(1, 9), expected = 0;
                while (expected < want && holders.ContainsKey((session, expected)))
                {
                    expected++;
                }

                int found = cache.Match(keys, want, out int held);
                Assert.Equal(expected, found);
                Assert.Equal(Enumerable.Range(0, found).Count(i => holders[(session, i)] > 0), held);
                cache.Hold(keys, found);
                for (int i = 0; i < found; i++)
                {
                    holders[(session, i)]++;
                    _ = idle.Remove((session, i));
                }

                int own = found;
                while (own < want && (holders.Count < units || idle.Count > 0) && !holders.ContainsKey((session, own)))
                {
                    if (holders.Count == units)
                    {
                        cache.ForgetOldest();
                        _ = holders.Remove(idle[0]);
                        idle.RemoveAt(0);
                    }

                    Assert.True(cache.Add(keys[own]));
                    holders[(session, own++)] = 1;
                }

                Assert.False(own > 0 && cache.Add(keys[0]));
                running.Add((session, own));
            }

            Assert.Equal(idle.Count, cache.Idle);
        }
    }

    [Theory]
    [InlineData("mooncake-fast25/conversation_trace.jsonl.gz", 0.366)]
    [InlineData("mooncake-fast25/synthetic_trace.jsonl.gz", 0.640)]
    public void An_endless_cache_finds_the_blocks_that_Mooncakes_traces_share(string file, double share)
    {
        // Reuse by block, as the trace's authors count it: every block that an earlier request had. Prompts are spread out, so that each is computed before the next.
        using TraceFile trace = TraceFile.Open(Repository.SharedData("traces", file.Split('/')[0], file.Split('/')[1]));
        long found = 0, blocks = 0;
        var sink = new LeapTests.Sink();
        var state = new ReplicaState(new SchedulerLimits { TokenBudget = int.MaxValue, MaximumSequences = 1, Blocks = 8_000_000 }, reuse: CacheReuse.Prefixes, unitTokens: trace.Source.HashTokens);
        var simulator = new ReplicaSimulator<AffineTimes>(new AffineTimes { Fixed = 1e-9 }, new VllmV1Scheduler(), state, sink);
        var requests = new List<Request>();
        while (trace.Source.NextArrival != Ticks.Never)
        {
            Request r = trace.Source.Take();
            blocks += r.PrefixHashes!.Length;
            requests.Add(r with { OutputTokens = 1 });
        }

        simulator.Run(new ListSource(requests));
        found = state.FoundTokens / 512;

        // The last block of a prompt is seldom whole, and is then not shared here.
        Assert.InRange((double)found / blocks, share - 0.03, share + 0.001);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(3000)]
    [InlineData(200_000)]
    public void Conversations_share_their_past_and_leaping_changes_nothing(int blocks)
    {
        (LeapTests.Sink stepped, ReplicaState a) = Converse(blocks, false);
        (LeapTests.Sink leaped, ReplicaState b) = Converse(blocks, true);
        Assert.Equal(a.FoundTokens, b.FoundTokens);
        Assert.Equal(a.Preemptions, b.Preemptions);
        Assert.Equal(blocks, b.FreeBlocks);
        foreach (CompletedRequest e in stepped.Of.Values)
        {
            Assert.InRange(Math.Abs(leaped.Of[e.Id].EndToEnd - e.EndToEnd), 0, 1e-9);
        }

        // With room for all, a turn computes again only what does not fill a block, and the answer's last token.
        if (blocks == 200_000)
        {
            Assert.InRange((double)b.FoundTokens / _shared, 0.97, 1);
        }
    }

    private long _shared;

    private (LeapTests.Sink Sink, ReplicaState State) Converse(int blocks, bool leaps)
    {
        var random = new Random(5);
        var requests = new List<Request>();
        _shared = 0;
        for (int session = 1; session <= 40; session++)
        {
            double at = random.NextDouble() * 30;
            int context = 0;
            for (int turn = 0; turn < 5; turn++)
            {
                int prompt = context + random.Next(5, 300), output = random.Next(2, 120);
                requests.Add(new Request(0, Ticks.Of(at), prompt, output) { Session = session });
                _shared += context;
                context = prompt + output;
                at += 8 + (random.NextDouble() * 5);
            }
        }

        requests = [.. requests.OrderBy(r => r.Arrival).Select((r, i) => r with { Id = i })];
        var sink = new LeapTests.Sink();
        var state = new ReplicaState(new SchedulerLimits { TokenBudget = 512, MaximumSequences = 32, Blocks = blocks }, reuse: CacheReuse.Prefixes);
        new ReplicaSimulator<AffineTimes>(Times, new VllmV1Scheduler(), state, sink, leaps).Run(new ListSource(requests));
        Assert.Equal(requests.Count, sink.Of.Count + sink.Turned.Count);
        return (sink, state);
    }
}
