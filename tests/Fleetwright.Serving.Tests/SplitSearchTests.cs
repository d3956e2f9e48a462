using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Search;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests;

public sealed class SplitSearchTests
{
    [Fact]
    public void Both_pools_are_as_small_as_the_targets_allow()
    {
        SizingRequest request = Request(60, 2);
        SplitPlan plan = SplitSearch.Run(request, new SimulatedSearchOptions { Runs = 2, Seconds = 60, WarmUpSeconds = 20 }, TestContext.Current.CancellationToken)[0];
        TestContext.Current.TestOutputHelper?.WriteLine($"{plan.Prefill.Replicas} × {plan.Prefill.Replica.Sharding} + {plan.DecodeReplicas} × {plan.Decode.Sharding}: {plan.AtLoad}; {plan.FewerPrefill}; {plan.FewerDecode}; {plan.Requests} requests");
        Assert.True(plan.AtLoad.Meets);
        Assert.False(plan.FewerPrefill!.Meets);
        Assert.False(plan.FewerDecode!.Meets);
        Assert.Equal(plan.Prefill.Replicas + plan.DecodeReplicas, plan.AtLoad.Replicas);
        Assert.Equal((plan.Prefill.Replicas * plan.Prefill.Replica.Chips) + (plan.DecodeReplicas * plan.Decode.Chips), plan.Chips);
        Assert.Equal(plan.Chips * plan.Offer.DollarsPerSecond, plan.DollarsPerSecond, 1e-9);

        // Prompts of one pool do not slow the other's tokens: what fails with fewer prefill replicas is the first token.
        Assert.Equal(Binding.Ttft, plan.PrefillBinding(request));
        Assert.True(plan.FewerPrefill.Tpot.Value <= request.Targets.TpotSeconds);
    }

    [Fact]
    public void Chips_are_mixed_only_where_that_is_cheaper()
    {
        // The same arithmetic with less memory bandwidth for less: prompts go there if anywhere.
        double price = CostBasis.Default.DollarsPerSecond(Fixtures.H100.Chip)!.Value;
        SizingRequest request = Request(40, 2) with { Offers = [new ChipOffer(Fixtures.H100, price), new ChipOffer(Fixtures.H200, 1.3 * price)] };
        IReadOnlyList<SplitPlan> plans = SplitSearch.Run(request, new SimulatedSearchOptions { Runs = 1, Seconds = 30, WarmUpSeconds = 10 }, TestContext.Current.CancellationToken);
        Assert.Equal(plans.OrderBy(p => p.DollarsPerSecond), plans);
        Assert.Equal(2, plans.Count(p => p.PrefillOffer == p.Offer));
        Assert.All(plans, p => Assert.Equal((p.Prefill.Replicas * p.Prefill.Replica.Chips * p.PrefillOffer.DollarsPerSecond) + (p.DecodeReplicas * p.Decode.Chips * p.Offer.DollarsPerSecond), p.DollarsPerSecond, 1e-9));

        // Mixed only where it is cheaper than either chip alone.
        Assert.All(plans.Where(p => p.PrefillOffer != p.Offer), p => Assert.Same(plans[0], p));
    }

    [Fact]
    public void Threads_change_nothing()
    {
        var options = new SimulatedSearchOptions { Runs = 1, Seconds = 30, WarmUpSeconds = 10 };
        SplitPlan one = SplitSearch.Run(Request(30, 1), options, TestContext.Current.CancellationToken)[0], two = SplitSearch.Run(Request(30, 2), options, TestContext.Current.CancellationToken)[0];
        Assert.Equal(one.AtLoad, two.AtLoad);
        Assert.Equal(one.AtMore, two.AtMore);
    }

    private static SizingRequest Request(double rate, int threads) => new()
    {
        Model = Fixtures.Llama8,
        Workload = new Workload(new LengthDistribution(1024, 0.8), new LengthDistribution(256, 0.7)),
        Targets = new LatencyTargets(0.5, 0.015, 0.99),
        RequestsPerSecond = rate,
        Engine = Fixtures.Engine,
        Offers = [new ChipOffer(Fixtures.H100, CostBasis.Default.DollarsPerSecond(Fixtures.H100.Chip)!.Value)],
        Precisions = [Precision.Fp8],
        MaximumChipsPerReplica = 2,
        Threads = threads,
    };
}
