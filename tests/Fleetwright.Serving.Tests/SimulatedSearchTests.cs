using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Search;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests;

public sealed class SimulatedSearchTests
{
    [Fact]
    public void The_plan_keeps_the_targets_and_one_replica_less_does_not()
    {
        IReadOnlyList<SimulatedPlan> plans = SimulatedSearch.Run(Request(60), new SimulatedSearchOptions { Runs = 3 }, TestContext.Current.CancellationToken);
        SimulatedPlan plan = plans[0];
        TestContext.Current.TestOutputHelper?.WriteLine($"{plan.Offer.Chip.Chip.Name} {plan.Replica.Sharding} x {plan.AtLoad.Replicas}: {plan.Binding}, {plan.AtLoad}, fewer {plan.Fewer}, more {plan.AtMore}, down {plan.ServerDown}, {plan.Requests} requests");
        Assert.True(plan.AtLoad.Meets);
        Assert.False(plan.Fewer!.Meets);
        Assert.Equal(plan.AtLoad.Replicas - 1, plan.Fewer.Replicas);
        Assert.InRange(plan.AtLoad.Tpot.Value, plan.AtLoad.Tpot.Low, plan.AtLoad.Tpot.High);
        Assert.True(plan.AtMore.Tpot.Value > plan.AtLoad.Tpot.Value);
        Assert.Equal(plan.Chips * plan.Offer.DollarsPerSecond, plan.DollarsPerSecond, 1e-9);
    }

    [Fact]
    public void Threads_change_nothing()
    {
        var options = new SimulatedSearchOptions { Runs = 2, LayoutsPerChip = 1, Router = RouterKind.RoundRobin };
        SimulatedPlan one = SimulatedSearch.Run(Request(40) with { Threads = 1 }, options, TestContext.Current.CancellationToken)[0], two = SimulatedSearch.Run(Request(40) with { Threads = 2 }, options, TestContext.Current.CancellationToken)[0];
        Assert.Equal(one.AtLoad, two.AtLoad);
        Assert.Equal(one.AtMore, two.AtMore);
    }

    [Fact]
    public void Ranges_of_known_runs_are_Students()
    {
        // Mean 3, deviation √2.5, five runs: 3 ± 2.776·√(2.5/5).
        Interval found = Interval.Of([1, 2, 3, 4, 5]);
        Assert.Equal(3, found.Value);
        Assert.Equal(3 + (2.776 * Math.Sqrt(0.5)), found.High, 1e-12);
    }

    private static SizingRequest Request(double rate) => new()
    {
        Model = Fixtures.Llama8,
        Workload = new Workload(new LengthDistribution(1024, 0.8), new LengthDistribution(256, 0.7)),
        Targets = new LatencyTargets(0.5, 0.03, 0.99),
        RequestsPerSecond = rate,
        Engine = Fixtures.Engine,
        Offers = [new ChipOffer(Fixtures.H100, CostBasis.Default.DollarsPerSecond(Fixtures.H100.Chip)!.Value)],
        Precisions = [Precision.Fp8],
        MaximumChipsPerReplica = 8,
    };
}
