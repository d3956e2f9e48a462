using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Offload;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests.Offload;

public sealed class SwapTests
{
    private static readonly AffineTimes Times = new() { Fixed = 4e-3, PerToken = 2e-5, PerDecode = 1e-5, PerContextToken = 1e-8 };

    [Fact]
    public void A_swap_holds_up_the_two_iterations_in_which_it_copies()
    {
        // Two prompts of 32 tokens in 5 blocks of 16: each has 2, the first that grows takes the fifth, and the other leaves with its 2 until the first has ended.
        var limits = new SchedulerLimits { TokenBudget = 64, MaximumSequences = 2, Blocks = 5 };
        var offload = new OffloadLimits { SwapBlocks = 2, HostSeconds = 0.5 };
        (LeapTests.Sink sink, ReplicaState state, _) = Run("vllm-v1", new AffineTimes { Fixed = 1 }, limits, offload, [new Request(0, 0, 32, 10), new Request(1, 0, 32, 10)]);

        // One iteration of prompts, then 9 tokens of the first, the first of them behind the copy of 2 blocks; then the copy back and 9 tokens of the second.
        Assert.Equal(1, sink.Of[0].Ttft);
        Assert.Equal(1 + 9 + (2 * 0.5), sink.Of[0].EndToEnd);
        Assert.Equal(1 + 9 + 1 + 9 + 1, sink.Of[1].EndToEnd);
        Assert.Equal(1, sink.Of[1].Preemptions);
        Assert.Equal((1, 2, 2), (state.Traffic!.SwapsOut, state.Traffic.SwapBlocksOut, state.Traffic.SwapBlocksIn));
        Assert.Equal(Ticks.Of(2), state.Traffic.SwapTicks);
    }

    [Theory]
    [InlineData("vllm-v0")]
    [InlineData("vllm-v1")]
    [InlineData("sarathi")]
    [InlineData("prefill-first")]
    public void Without_room_on_the_host_swapping_is_recomputing(string scheduler)
    {
        foreach ((SchedulerLimits limits, List<Request> requests) in Workloads(scheduler))
        {
            (LeapTests.Sink expected, ReplicaState a, _) = Run(scheduler, Times, limits, null, requests);
            (LeapTests.Sink own, ReplicaState b, _) = Run(scheduler, Times, limits, new OffloadLimits { HostSeconds = 1 }, requests);
            Assert.Equal(a.Preemptions, b.Preemptions);
            Assert.All(expected.Of.Values, e => Assert.Equal(e, own.Of[e.Id]));
        }
    }

    [Theory]
    [InlineData("vllm-v0")]
    [InlineData("vllm-v1")]
    [InlineData("sarathi")]
    [InlineData("prefill-first")]
    public void Swapping_at_no_cost_computes_fewer_tokens_and_is_not_slower(string scheduler)
    {
        double swapped = 0, recomputed = 0;
        foreach ((SchedulerLimits limits, List<Request> requests) in Workloads(scheduler))
        {
            (LeapTests.Sink a, ReplicaState state, long computed) = Run(scheduler, Times, limits, new OffloadLimits { SwapBlocks = long.MaxValue }, requests);
            (LeapTests.Sink b, _, long again) = Run(scheduler, Times, limits, null, requests);
            Assert.True(state.Traffic!.SwapsOut > 0);
            Assert.True(computed < again);
            double own = a.Of.Values.Max(r => r.Completed), other = b.Of.Values.Max(r => r.Completed);
            TestContext.Current.TestOutputHelper?.WriteLine($"{computed} tokens, {again} when recomputed; all done after {own / 1e12:0.00} and {other / 1e12:0.00} s; mean {a.Of.Values.Average(r => r.EndToEnd):0.00} and {b.Of.Values.Average(r => r.EndToEnd):0.00} s");
            Assert.True(own <= other);
            swapped += a.Of.Values.Average(r => r.EndToEnd);
            recomputed += b.Of.Values.Average(r => r.EndToEnd);
        }

        Assert.True(swapped <= recomputed);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var limits = new SchedulerLimits { TokenBudget = 512, MaximumSequences = 64, Blocks = 130 };
        var random = new Random(1);
        // A burst first, so that every array has the length that it will need.
        List<Request> requests = [.. Enumerable.Range(0, 20_000).Select(i => new Request(i, Ticks.Of(Math.Max(0, i - 600) * 0.15), random.Next(50, 400), random.Next(50, 300)))];
        var sink = new RunStatisticsSink();
        var state = new ReplicaState(limits) { Offload = new OffloadLimits { SwapBlocks = 1000, HostSeconds = 1e-4 }, Traffic = new CacheTraffic() };
        var simulator = new ReplicaSimulator<AffineTimes>(Times, new VllmV1Scheduler(), state, sink);
        var source = new ListSource(requests);
        simulator.RunUntil(source, Ticks.Of(1000));
        long swaps = state.Traffic.SwapsOut, before = GC.GetAllocatedBytesForCurrentThread();
        simulator.RunUntil(source, Ticks.Of(2000));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(state.Traffic.SwapsOut > swaps + 20);
    }

    private static IEnumerable<(SchedulerLimits Limits, List<Request> Requests)> Workloads(string scheduler)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var limits = new SchedulerLimits { TokenBudget = scheduler == "vllm-v0" ? 4000 : 512, MaximumSequences = 32, Blocks = 150 };
            List<Request> requests = [.. Enumerable.Range(0, 200).Select(i => new Request(i, Ticks.Of(i * 0.02), random.Next(50, 400), random.Next(50, 500)))];
            yield return (limits, requests);
        }
    }

    private static (LeapTests.Sink Sink, ReplicaState State, long Tokens) Run(string scheduler, AffineTimes times, SchedulerLimits limits, OffloadLimits? offload, List<Request> requests)
    {
        var sink = new LeapTests.Sink();
        var state = new ReplicaState(limits) { Offload = offload, Traffic = new CacheTraffic() };
        var simulator = new ReplicaSimulator<AffineTimes>(times, LeapTests.Create(scheduler, limits), state, sink);
        simulator.Run(new ListSource(requests));
        Assert.Equal(requests.Count, sink.Of.Count);
        return (sink, state, simulator.Work.Tokens);
    }

    internal sealed class RunStatisticsSink : ICompletionSink
    {
        public void Completed(in CompletedRequest request)
        {
        }

        public void Rejected(in Request request)
        {
        }
    }
}
