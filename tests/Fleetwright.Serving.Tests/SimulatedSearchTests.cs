using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Search;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests;

public sealed class SimulatedSearchTests
{
    [Fact]
    public void The_plan_keeps_the_targets_and_one_replica_less_does_not()
    {
        IReadOnlyList<SimulatedPlan> plans = SimulatedSearch.Run(Request(60), new SimulatedSearchOptions { Runs = 3 }, TestContext.Current.CancellationToken).Plans;
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
        var options = new SimulatedSearchOptions { Runs = 2, LayoutsPerChip = 1, Routers = [RouterKind.RoundRobin] };
        SimulatedPlan one = SimulatedSearch.Run(Request(40) with { Threads = 1 }, options, TestContext.Current.CancellationToken).Plans[0], two = SimulatedSearch.Run(Request(40) with { Threads = 2 }, options, TestContext.Current.CancellationToken).Plans[0];
        Assert.Equal(one.AtLoad, two.AtLoad);
        Assert.Equal(one.AtMore, two.AtMore);
    }

    [Fact]
    public void A_trace_is_sized_as_the_requests_that_it_holds()
    {
        // The first draw of a Poisson stream, written down: the plan is that of one run of the stream itself.
        var traffic = new TrafficClass("requests", ArrivalModel.Poisson(60), new IndependentLengths(new LognormalLength(1024, 0.8), new LognormalLength(256, 0.7)));
        var requests = new List<Request>();
        for (var source = new CutSource(new GeneratedSource(traffic, 1), toSeconds: 300); source.NextArrival != Ticks.Never;)
        {
            requests.Add(source.Take());
        }

        var drawn = new SimulatedSearchOptions { Runs = 1, LayoutsPerChip = 1, WarmUpSeconds = 0 };
        SimulatedPlan stream = SimulatedSearch.Run(Request(60), drawn, TestContext.Current.CancellationToken).Plans[0];
        SimulatedPlan trace = SimulatedSearch.Run(Request(60), drawn with { Trace = rate => new ScaledSource(new ListSource(requests), rate) }, TestContext.Current.CancellationToken).Plans[0];
        Assert.Equal(stream.AtLoad, trace.AtLoad);
        Assert.Equal(stream.Fewer, trace.Fewer);
        Assert.True(trace.AtMore.Tpot.Value > trace.AtLoad.Tpot.Value);
    }

    [Fact]
    public void A_better_router_needs_no_more_replicas()
    {
        SimulatedPlan Plan(params RouterKind[] routers) =>
            SimulatedSearch.Run(Request(240), new SimulatedSearchOptions { Runs = 2, LayoutsPerChip = 1, Routers = routers }, TestContext.Current.CancellationToken).Plans[0];

        SimulatedPlan random = Plan(RouterKind.Random), least = Plan(RouterKind.LeastOutstanding), both = Plan(RouterKind.Random, RouterKind.LeastOutstanding);
        Assert.True(least.AtLoad.Replicas < random.AtLoad.Replicas, $"{least.AtLoad.Replicas} and {random.AtLoad.Replicas}");
        Assert.Equal(least.AtLoad, both.AtLoad);
        Assert.Equal(RouterKind.LeastOutstanding, both.Router);
    }

    [Fact]
    public void What_cannot_be_met_is_told_with_the_best_that_can()
    {
        // No H100 decodes a token in a tenth of a millisecond.
        SizingRequest request = Request(10);
        SimulatedSizing found = SimulatedSearch.Run(request with { Targets = request.Targets with { TpotSeconds = 1e-4 } }, new SimulatedSearchOptions { Runs = 1 }, TestContext.Current.CancellationToken);
        Assert.Empty(found.Plans);
        Assert.Null(found.Unmet[0].Nearest);
        Assert.Contains("ms", found.Unmet[0].Problem, StringComparison.Ordinal);
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
