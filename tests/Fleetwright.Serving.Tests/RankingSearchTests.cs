using Fleetwright.Models;
using Fleetwright.Serving.Ranking;
using Fleetwright.Serving.Search;

namespace Fleetwright.Serving.Tests;

public class RankingSearchTests
{
    private static RankingRequest Request(string model, double latency = 0.1) => new()
    {
        Model = Fixtures.Catalog.Models.Get(model),
        SamplesPerSecond = 1e7,
        LatencySeconds = latency,
        Engine = Fixtures.Engine,
        Offers = [new ChipOffer(Fixtures.H100, 1.3 / 3600)],
        Precision = Precision.Bf16,
    };

    [Fact]
    public void Tables_are_spread_over_as_many_chips_as_hold_them()
    {
        RankingPlan plan = RankingSearch.Run(Request("dlrm-medium"))[0].Plan!;
        Assert.True(plan.Memory.Fits);
        Assert.True(plan.Sharding.Chips * 75e9 > 120e9);
        Assert.True(plan.StepSeconds * 2 <= 0.1);
        Assert.True(plan.SamplesPerSecondPerChip * plan.Chips >= 1e7 * 0.999999);
    }

    [Fact]
    public void A_tighter_latency_needs_no_fewer_chips()
    {
        long chips = 0;
        foreach (double latency in (double[])[0.2, 0.05, 0.02, 0.008])
        {
            RankingPlan? plan = RankingSearch.Run(Request("dlrm-medium", latency))[0].Plan;
            Assert.True((plan?.Chips ?? long.MaxValue) >= chips);
            chips = plan?.Chips ?? long.MaxValue;
        }
    }

    [Fact]
    public void An_impossible_latency_names_the_best_reachable() =>
        Assert.Contains("best reachable", RankingSearch.Run(Request("dlrm-medium", 1e-6))[0].Problem, StringComparison.Ordinal);
}
