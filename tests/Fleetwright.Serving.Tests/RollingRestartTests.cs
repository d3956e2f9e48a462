using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Rounds of restarts.</summary>
public sealed class RollingRestartTests
{
    [Fact]
    public void A_round_while_nothing_runs_costs_no_request_anything()
    {
        SimulationRequest calm = FailureTests.Idle(4, 100_000, 1);
        SimulationResult without = Run(calm), with = Run(FailureTests.Idle(4, 100_000, 1) with { Behaviour = Rounds(9_500, 1, 30) });
        Assert.Equal(4 * 10, with.Fleet!.Restarts);
        Assert.Equal(without.Statistics.Classes[0].EndToEnd.SumSeconds, with.Statistics.Classes[0].EndToEnd.SumSeconds);
        Assert.Equal(without.Statistics.Classes[0].Ttft.Maximum, with.Statistics.Classes[0].Ttft.Maximum);
        Assert.Equal(40 * 30, with.Fleet.Kinds[0].StartingSeconds, 1e-6);
        Assert.Equal(0, with.Fleet.Kinds[0].DrainingSeconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_more_than_so_many_are_away_and_no_request_is_lost(int atOnce)
    {
        SimulationResult found = Run(FailureTests.Busy(RouterKind.LeastOutstanding) with { Behaviour = Rounds(15, atOnce, 5) });
        Assert.Equal(3000, found.Statistics.Completed);
        FleetSeries series = found.Fleet!.Series;
        double least = Enumerable.Range(0, series.Count).Min(i => series.Mean(ReplicaStatus.Up, i));
        Assert.Equal(6 - atOnce, least, 1e-9);
        Assert.True(found.Fleet.Restarts >= 6, $"{found.Fleet.Restarts}");
        Assert.True(found.Fleet.Kinds[0].DrainingSeconds > 0);
        Assert.Equal(1, found.Fleet.Kinds[0].MemberSeconds / (6 * found.Seconds), 1e-9);
    }

    [Fact]
    public void What_comes_while_the_only_replica_restarts_waits_for_it()
    {
        // Drained at once at 50 s, back at 80 s: the request of 60 s waits 20 s.
        var source = new ListSource([new Request(0, Ticks.Of(10), 100, 2), new Request(1, Ticks.Of(60), 100, 2), new Request(2, Ticks.Of(90), 100, 2)]);
        ClassStatistics all = Run(FailureTests.Idle(1, 1000, 1) with { Source = source, Behaviour = Rounds(50, 1, 30) }).Statistics.Classes[0];
        Assert.Equal(3, all.Completed);
        Assert.Equal(20, all.Queue.SumSeconds, 1e-9);
    }

    private static SimulationResult Run(SimulationRequest request) => ServingSimulation.Run(request, TestContext.Current.CancellationToken);

    private static FleetBehaviour Rounds(double every, int atOnce, double seconds) => new() { Restarts = new RestartRules { EverySeconds = every, AtOnce = atOnce, RestartSeconds = seconds } };
}
