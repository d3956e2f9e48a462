using Fleetwright.Models;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests;

public class OpenLoopTests
{
    private static readonly Workload Chat = new(new LengthDistribution(1024, 0.8), new LengthDistribution(256, 0.7));

    [Fact]
    public void Sequences_in_decode_are_rate_times_decode_time()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H100, new Sharding(8));
        LoadEstimate e = OpenLoop.At(replica, Chat, 20, 0.99);
        Assert.Equal(20, e.RequestsPerSecond * (Chat.Output.Mean - 1) * e.TpotMean, 1e-9);
    }

    [Fact]
    public void The_state_at_a_rate_has_that_rate()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H100, new Sharding(4, 2));
        Assert.Equal(6, OpenLoop.AtRate(replica, Chat, 6, 0.99)!.Value.RequestsPerSecond, 0.01);
        Assert.Null(OpenLoop.AtRate(replica, Chat, 1e6, 0.99));
    }

    [Fact]
    public void Tails_lie_above_means_and_rise_with_load()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H100, new Sharding(8));
        LoadEstimate before = OpenLoop.At(replica, Chat, 1, 0.99);
        foreach (double n in (double[])[2, 5, 10, 20, 40, 80])
        {
            LoadEstimate e = OpenLoop.At(replica, Chat, n, 0.99);
            Assert.True(e.TtftTail > e.TtftMean && e.TpotTail > e.TpotMean);
            Assert.True(e.TtftTail >= before.TtftTail && e.TpotTail >= before.TpotTail && e.RequestsPerSecond > before.RequestsPerSecond);
            before = e;
        }
    }

    [Fact]
    public void Equal_prompts_at_light_load_have_a_tail_of_little_more_than_their_own_prefill()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H100, new Sharding(8));
        LoadEstimate e = OpenLoop.At(replica, new Workload(1024, 1024), 1, 0.99);
        Assert.InRange(e.TtftTail / e.TtftMean, 1, 1.2);
    }

    [Fact]
    public void A_warm_thread_allocates_nothing()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H100, new Sharding(8));
        OpenLoop.At(replica, Chat, 10, 0.99);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 100; i++)
        {
            OpenLoop.At(replica, Chat, i, 0.99);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
