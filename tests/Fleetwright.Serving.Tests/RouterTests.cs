using Fleetwright.Models;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>Fleets behind routers, through the whole simulation.</summary>
public sealed class RouterTests
{
    private static readonly IndependentLengths Lengths = new(LengthText.Parse("input", "lognormal:700,0.8"), LengthText.Parse("output", "lognormal:120,0.7"));

    public static TheoryData<RouterKind> Routers => [.. Enum.GetValues<RouterKind>()];

    [Theory]
    [MemberData(nameof(Routers))]
    public void Every_request_ends_once_and_threads_change_nothing(RouterKind router)
    {
        SimulationResult one = Run(router, 1), two = Run(router, 2);
        Assert.Equal(4000, one.Statistics.Completed);
        Assert.Equal(one.Statistics.Classes[0].EndToEnd.SumSeconds, two.Statistics.Classes[0].EndToEnd.SumSeconds);
        Assert.Equal(one.Statistics.Classes[0].Ttft.SumSeconds, two.Statistics.Classes[0].Ttft.SumSeconds);
        Assert.Equal(one.Work, two.Work);
        Assert.Equal(one.Joules, two.Joules);
    }

    [Fact]
    public void Looking_at_the_load_shortens_the_queue()
    {
        double random = Run(RouterKind.Random, 1).Statistics.Classes[0].Ttft.Quantile(0.99);
        double two = Run(RouterKind.PowerOfTwo, 1).Statistics.Classes[0].Ttft.Quantile(0.99);
        double least = Run(RouterKind.LeastOutstanding, 1).Statistics.Classes[0].Ttft.Quantile(0.99);
        Assert.True(least <= two && two < random, $"p99 of TTFT: random {random:0.000}, of two {two:0.000}, least {least:0.000}");
    }

    [Fact]
    public void Replicas_drawn_apart_do_as_one_stream_dealt_by_lot()
    {
        // The same process by two ways: means of 40,000 requests agree within their noise.
        var traffic = new TrafficClass("chat", ArrivalModel.Poisson(40), Lengths);
        SimulationResult together = ServingSimulation.Run(Request(RouterKind.Random, 2) with { Source = new CutSource(new GeneratedSource(traffic, 3), count: 40_000) }, TestContext.Current.CancellationToken);
        SimulationResult apart = ServingSimulation.Run(Request(RouterKind.Random, 2) with { Sources = i => new CutSource(GeneratedSource.Part(traffic, 3, i, 8, SplitRule.Random), 0, 1000) }, TestContext.Current.CancellationToken);
        Assert.Equal(1, apart.Statistics.Classes[0].Ttft.Mean / together.Statistics.Classes[0].Ttft.Mean, 0.03);
        Assert.Equal(1, apart.Statistics.Classes[0].Tpot.Mean / together.Statistics.Classes[0].Tpot.Mean, 0.02);
    }

    [Fact]
    public void A_closed_loop_keeps_as_many_in_flight_as_it_has_clients_whatever_the_router()
    {
        foreach (RouterKind router in Enum.GetValues<RouterKind>())
        {
            var source = new CutSource(new ClosedLoopSource("loop", Lengths, 64, 1), count: 3000);
            SimulationResult found = ServingSimulation.Run(Request(router, 1) with { Source = source }, TestContext.Current.CancellationToken);
            ClassStatistics all = found.Statistics.Classes[0];
            Assert.Equal(3000, all.Completed);

            // Little's law over the run: mean in flight = throughput × mean stay, less than the clients by what the end of the run leaves idle.
            Assert.InRange(all.EndToEnd.SumSeconds / found.Seconds, 64 * 0.9, 64);
        }
    }

    [Fact]
    public void Conversations_are_found_again_by_the_routers_that_look_for_them()
    {
        (double share, double ttft) blind = Converse(RouterKind.RoundRobin), session = Converse(RouterKind.Session), prefix = Converse(RouterKind.Prefix);
        Assert.True(session.share > 2 * blind.share && prefix.share > 2 * blind.share, $"{blind} {session} {prefix}");
        Assert.True(prefix.ttft < blind.ttft, $"{blind} {session} {prefix}");
    }

    private static (double Share, double Ttft) Converse(RouterKind router)
    {
        var model = new SessionModel
        {
            Turns = LengthText.Parse("turns", "6"),
            FirstPrompt = LengthText.Parse("prompt", "lognormal:1500,0.6"),
            UserTokens = LengthText.Parse("user", "lognormal:200,0.8"),
            Output = LengthText.Parse("output", "lognormal:150,0.6"),
            Pause = DelayModel.Parse("pause", "20"),
        };
        SimulationResult found = ServingSimulation.Run(
            Request(router, 1) with { Source = new CutSource(SessionSource.Open("chat", model, ArrivalModel.Poisson(6), 1), count: 4000), SharesPrefixes = true }, TestContext.Current.CancellationToken);
        ClassStatistics all = found.Statistics.Classes[0];
        return (1 - ((double)(found.Work.Tokens - found.Work.Decoded) / all.PromptTokens), all.Ttft.Mean);
    }

    private static SimulationResult Run(RouterKind router, int threads) => ServingSimulation.Run(Request(router, threads), TestContext.Current.CancellationToken);

    private static SimulationRequest Request(RouterKind router, int threads) => new()
    {
        // Without the front end, whose queue is longer than the engine's at this load and evens out what routers do.
        Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1), engine: Fixtures.Engine with { FrontEndSecondsPerRequest = 0, FrontEndSecondsPerToken = 0 }),
        Replicas = 8,
        Router = router,
        Source = new CutSource(new GeneratedSource(new TrafficClass("chat", ArrivalModel.Poisson(220), Lengths), 1), count: 4000),
        Threads = threads,
        Seed = 1,
    };
}
