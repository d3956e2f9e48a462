using Fleetwright.Models;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Offload;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests.Offload;

/// <summary>Tiers and swaps through the whole simulation: what a fleet does with loads that end while its router looks at it.</summary>
public sealed class OffloadFleetTests
{
    private static readonly CacheOffload Tiers = new() { HostLink = 55e9, HostBytes = 30e9, DiskBytes = 200e9, DiskBandwidth = 28e9 };

    [Theory]
    [InlineData(RouterKind.RoundRobin, false)]
    [InlineData(RouterKind.Prefix, false)]
    [InlineData(RouterKind.LeastOutstanding, true)]
    public void Stepping_and_threads_change_nothing(RouterKind router, bool closed)
    {
        SimulationResult leaped = Run(Request(router, closed) with { Threads = 1 }), again = Run(Request(router, closed) with { Threads = 2 }), stepped = Run(Request(router, closed) with { Leaps = false });
        Assert.True(leaped.Cache!.HostTokens > 0 && leaped.Cache.DiskTokens > 0);
        Assert.Equal(leaped.Work, again.Work);
        Assert.Equal(leaped.Statistics.Classes[0].EndToEnd.SumSeconds, again.Statistics.Classes[0].EndToEnd.SumSeconds);
        Assert.Equal(stepped.Work.Iterations, leaped.Work.Iterations);
        Assert.Equal(stepped.Work.Tokens, leaped.Work.Tokens);
        Assert.True(leaped.Work.Runs < stepped.Work.Runs);
        foreach (SimulationResult other in (SimulationResult[])[again, stepped])
        {
            Assert.Equal(
                (leaped.Cache.ChipTokens, leaped.Cache.HostTokens, leaped.Cache.DiskTokens, leaped.Cache.Loads, leaped.Cache.LoadsDeclined, leaped.Cache.BlocksKept),
                (other.Cache!.ChipTokens, other.Cache.HostTokens, other.Cache.DiskTokens, other.Cache.Loads, other.Cache.LoadsDeclined, other.Cache.BlocksKept));
            Assert.Equal(leaped.Statistics.Classes[0].EndToEnd.Mean, other.Statistics.Classes[0].EndToEnd.Mean, 1e-9);
        }
    }

    [Fact]
    public void Tiers_find_more_and_answer_sooner()
    {
        SimulationResult none = Run(Request(RouterKind.Session, false) with { Offload = null }), host = Run(Request(RouterKind.Session, false) with { Offload = Tiers with { DiskBytes = 0 } }), both = Run(Request(RouterKind.Session, false));
        Assert.True(none.Cache!.FoundShare < host.Cache!.FoundShare && host.Cache.FoundShare < both.Cache!.FoundShare);
        Assert.True(host.Statistics.Classes[0].Ttft.Mean < none.Statistics.Classes[0].Ttft.Mean);
        Assert.Null(Run(Request(RouterKind.Session, false) with { Offload = null, SharesPrefixes = false }).Cache);
    }

    [Fact]
    public void Blocks_have_the_bytes_of_the_cache_and_cross_all_links_at_once()
    {
        // 32 layers × 8 heads × 128 × keys and values × 2 bytes = 131,072 B a token; on two chips each copies half.
        var limits = OffloadLimits.Of(Tiers with { Preemption = PreemptionKind.Swap, SwapBytes = 10e9 }, 131_072 * 16 / 2, 2, 1e-5);
        Assert.Equal(131_072 * 16, limits.BlockBytes);
        Assert.Equal((long)(10e9 / (131_072 * 16)), limits.SwapBlocks);
        Assert.Equal((long)(30e9 / (131_072 * 16)), limits.HostBlocks);
        Assert.Equal(131_072 * 16 / 2 / 55e9, limits.HostSeconds, 1e-15);
        Assert.Equal(131_072 * 16 / 28e9, limits.DiskSeconds, 1e-15);
        Assert.Equal(limits.HostSeconds, OffloadLimits.Of(Tiers with { DiskBandwidth = 1e12 }, 131_072 * 16 / 2, 2, 1e-5).DiskSeconds);
    }

    [Fact]
    public void What_is_not_simulated_is_refused()
    {
        SimulationRequest request = Request(RouterKind.RoundRobin, false);
        Assert.Null(ServingSimulation.OffloadProblem(request));
        foreach ((SimulationRequest wrong, string says) in ((SimulationRequest, string)[])
        [
            (request with { Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1, 2)) }, "pipeline stages"),
            (request with { Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1, 1, 1, 2)) }, "data-parallel attention"),
            (request with { Scheduler = SchedulerKind.VllmV0 }, "VllmV0"),
            (request with { Scheduler = SchedulerKind.Orca, SharesPrefixes = false, Offload = Tiers with { HostBytes = 0, DiskBytes = 0, Preemption = PreemptionKind.Swap } }, "Orca"),
            (request with { SharesPrefixes = false }, "prefix cache"),
        ])
        {
            Assert.Contains(says, ServingSimulation.OffloadProblem(wrong), StringComparison.Ordinal);
            Assert.Contains(says, Assert.Throws<ArgumentException>(() => Run(wrong)).Message, StringComparison.Ordinal);
        }
    }

    private static SimulationResult Run(SimulationRequest request) => ServingSimulation.Run(request, TestContext.Current.CancellationToken);

    private static SimulationRequest Request(RouterKind router, bool closed)
    {
        var model = new SessionModel
        {
            Turns = LengthText.Parse("turns", "6"),
            FirstPrompt = LengthText.Parse("prompt", "lognormal:6000,0.6"),
            UserTokens = LengthText.Parse("user", "lognormal:400,0.8"),
            Output = LengthText.Parse("output", "lognormal:80,0.6"),
            Pause = DelayModel.Parse("pause", "60"),
        };
        return new SimulationRequest
        {
            Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1)),
            Replicas = 2,
            Router = router,
            Source = new CutSource(closed ? SessionSource.Closed("chat", model, 300, 1) : SessionSource.Open("chat", model with { WaitsForAnswer = false }, ArrivalModel.Poisson(1.2), 1), count: 1500),
            SharesPrefixes = true,
            Offload = Tiers,
            Seed = 1,
        };
    }
}
