using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>The autoscaler against Kubernetes' own rule and examples.</summary>
public sealed class AutoscalerTests
{
    [Theory]
    [InlineData(50, 0, 90 * 50, 75, 60)] // Kubernetes' blog on configurable tolerance (2025-04-28): 50 × 90 ÷ 75 = 60.
    [InlineData(4, 0, 4 * 200, 100, 8)] // Its documentation: twice the target doubles.
    [InlineData(10, 0, 10 * 109, 100, 10)] // Within a tenth nothing is done.
    [InlineData(10, 0, 10 * 111, 100, 12)]
    [InlineData(4, 4, 4 * 300, 100, 12)] // Replicas that start count as idle: 8 × 150 ÷ 100.
    [InlineData(4, 4, 4 * 150, 100, 8)] // 8 × 75 ÷ 100 would turn the direction.
    [InlineData(2, 0, 2 * 5000, 100, 6)] // At most as many again or four more in 15 s, whichever is more.
    [InlineData(10, 0, 10 * 5000, 100, 20)]
    public void It_decides_as_the_horizontal_pod_autoscaler(int ready, int unready, double total, double target, int expected) =>
        Assert.Equal(expected, new Autoscaler(Rules(target)).Decide(Ticks.Of(15), total, ready, unready));

    [Fact]
    public void It_takes_replicas_away_when_fewer_were_enough_for_the_whole_window()
    {
        var scaler = new Autoscaler(Rules(100));
        Assert.Equal(10, scaler.Decide(Ticks.Of(15), 1000, 10, 0));
        for (int i = 2; i <= 21; i++)
        {
            Assert.Equal(10, scaler.Decide(Ticks.Of(15 * i), 300, 10, 0));
        }

        // The recommendation of 15 s is more than 300 s ago.
        Assert.Equal(3, scaler.Decide(Ticks.Of(15 * 22), 300, 10, 0));
    }

    [Fact]
    public void Constant_load_is_served_by_the_fixed_point_of_the_rule()
    {
        // 8 requests/s at a target of 1 a replica; of 1 replica first 5 (four more), then all that are missing, as those that start count as idle.
        SimulationResult found = Run([.. Enumerable.Range(0, 8 * 1800).Select(i => new Request(i, Ticks.Of((i + 0.5) / 8), 200, 20))], 1, new StartUp(60));
        Assert.Equal([(15.0, 1, 5), (30.0, 5, 8)], found.Fleet!.Scalings.Select(s => (s.Seconds, s.From, s.To)));
        Assert.Equal((1, 8), (found.Fleet.FewestReplicas, found.Fleet.MostReplicas));
        Assert.Equal(8 * 1800, found.Statistics.Completed);

        // Four start at 15 s and three at 30 s, each for 60 s.
        Assert.Equal(7 * 60, found.Fleet.Kinds[0].StartingSeconds, 1e-6);
        Assert.Equal((8 * found.Seconds) - (4 * 15) - (3 * 30), found.Fleet.PaidSeconds, 1e-6);
    }

    [Fact]
    public void It_follows_a_load_that_comes_and_goes_with_its_start_up_and_its_window()
    {
        // 600 s at 8/s, 1,200 s at 1/s, twice.
        List<Request> requests = [];
        for (double at = 0.01; at < 3600; at += at % 1800 < 600 ? 0.125 : 1)
        {
            requests.Add(new Request(requests.Count, Ticks.Of(at), 200, 20));
        }

        SimulationResult found = Run(requests, 1, new StartUp(120));
        FleetSeries series = found.Fleet!.Series;
        double Up(double seconds) => series.Mean(ReplicaStatus.Up, (int)(Ticks.Of(seconds) / series.Interval));
        Assert.Equal(requests.Count, found.Statistics.Completed);
        Assert.Equal(1, Up(60));
        Assert.Equal(8, Up(300));
        Assert.Equal(8, Up(850));
        Assert.Equal(1, Up(1700));
        Assert.Equal(1, Up(1860));
        Assert.Equal(8, Up(2200));

        // The rate falls at 600 s; the first look that sees only the new rate for 300 s is that of 915 s.
        Assert.All(found.Fleet.Scalings.Where(s => s.To < s.From && s.Seconds < 1800), s => Assert.InRange(s.Seconds, 900, 930));
    }

    [Theory]
    [InlineData(ScalingSignal.Outstanding, 12)]
    [InlineData(ScalingSignal.Cache, 0.02)]
    public void Other_signals_settle_near_their_target(ScalingSignal signal, double target)
    {
        SimulationResult found = ServingSimulation.Run(
            FailureTests.Busy(RouterKind.LeastOutstanding) with
            {
                Replicas = 1,
                Source = FailureTests.Stream(30, 30_000),
                Behaviour = new FleetBehaviour { Autoscaling = new AutoscalingRules { Signal = signal, Target = target, Maximum = 40 }, StartUp = new StartUp(30) },
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(30_000, found.Statistics.Completed);
        Assert.InRange(found.Fleet!.ScalingCount, 1, 20);
        Scaling last = found.Fleet.Scalings[^1];
        Assert.InRange(last.To, 2, 39);
        ClassStatistics all = found.Statistics.Classes[0];

        // Little's law over the second half or so: requests on a replica are at most what the rule aims at, as it only comes down to where a peak of five minutes fits.
        if (signal == ScalingSignal.Outstanding)
        {
            Assert.InRange(30 * all.EndToEnd.Mean / last.To, target * 0.4, target * 1.2);
        }
    }

    private static AutoscalingRules Rules(double target) => new() { Signal = ScalingSignal.Rate, Target = target, Maximum = 1000 };

    private static SimulationResult Run(List<Request> requests, int replicas, StartUp start) => ServingSimulation.Run(
        FailureTests.Busy(RouterKind.LeastOutstanding) with
        {
            Replicas = replicas,
            Source = new ListSource(requests),
            Behaviour = new FleetBehaviour { Autoscaling = new AutoscalingRules { Signal = ScalingSignal.Rate, Target = 1, Maximum = 20 }, StartUp = start },
        },
        TestContext.Current.CancellationToken);
}
