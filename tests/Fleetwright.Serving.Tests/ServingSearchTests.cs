using System.Diagnostics;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Search;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests;

public class ServingSearchTests(ITestOutputHelper output)
{
    private static readonly Workload Chat = new(new LengthDistribution(1024, 0.8), new LengthDistribution(256, 0.7));

    private static SizingRequest Request(double ttft = 1, double tpot = 0.05, int most = 16, int threads = 2, double price = 1) => new()
    {
        Model = Fixtures.Llama70,
        Workload = Chat,
        Targets = new LatencyTargets(ttft, tpot),
        RequestsPerSecond = 200,
        Engine = Fixtures.Engine,
        Offers = [.. ((string[])["h100-sxm", "h200-sxm"]).Select(n => ChipModel.For(Fixtures.Catalog, n)).Select(c => new ChipOffer(c, price * CostBasis.Default.DollarsPerSecond(c.Chip)!.Value))],
        Precisions = [Precision.Bf16, Precision.Fp8],
        MaximumChipsPerReplica = most,
        Threads = threads,
    };

    [Fact]
    public void The_answer_is_that_of_exhaustive_search()
    {
        SizingRequest request = Request(most: 4);
        SizingResult found = ServingSearch.Run(request);
        for (int i = 0; i < request.Offers.Count; i++)
        {
            // Every layout at every load in steps of a sequence.
            double best = double.PositiveInfinity;
            foreach (Precision precision in request.Precisions)
            {
                foreach (Sharding sharding in (Sharding[])[new(1), new(2), new(4), new(1, 2), new(2, 2), new(1, 4)])
                {
                    Replica replica = Fixtures.Replica(request.Model, request.Offers[i].Chip, sharding, precision);
                    double room = replica.MaximumSequences(Chat.MeanContext, Chat.Prompt.Mean + Chat.Output.Mean);
                    for (double n = 1; n <= room; n += 1)
                    {
                        LoadEstimate e = OpenLoop.At(replica, Chat, n, 0.99);
                        if (e.TtftTail <= request.Targets.TtftSeconds && e.TpotTail <= request.Targets.TpotSeconds && e.SequencesAtQuantile <= room && e.PrefillUtilisation < 1)
                        {
                            best = Math.Min(best, Math.Ceiling(request.RequestsPerSecond / e.RequestsPerSecond) * sharding.Chips * request.Offers[i].DollarsPerSecond);
                        }

                        if (e.TpotTail > 2 * request.Targets.TpotSeconds)
                        {
                            break;
                        }
                    }
                }
            }

            // Within one replica: the exhaustive grid and the bisection stop at slightly different loads.
            ServingPlan plan = found.Chips[i].Plan!;
            Assert.InRange(plan.DollarsPerSecond / best, 1 - (1.01 * plan.Replica.Chips / plan.Chips), 1.0001);
        }
    }

    [Fact]
    public void The_plan_meets_its_targets_at_its_load_and_fits()
    {
        foreach (ChipSizing sized in ServingSearch.Run(Request()).Chips)
        {
            ServingPlan plan = sized.Plan!;
            Assert.True(plan.AtLoad.TtftTail <= 1 && plan.AtLoad.TpotTail <= 0.05 && plan.Memory.Fits);
            Assert.True(plan.AtLoad.RequestsPerSecond * plan.Replicas >= 200 * 0.999);
            Assert.Equal(plan.Chips, (long)plan.Replicas * plan.Replica.Chips);
            Assert.NotEmpty(sized.Front);
        }
    }

    [Fact]
    public void The_answer_does_not_depend_on_the_number_of_threads()
    {
        SizingResult one = ServingSearch.Run(Request(threads: 1)), two = ServingSearch.Run(Request(threads: 2));
        for (int i = 0; i < one.Chips.Count; i++)
        {
            Assert.Equal(one.Chips[i].Plan! with { Replica = two.Chips[i].Plan!.Replica }, two.Chips[i].Plan);
            Assert.Equal(one.Chips[i].Plan!.Sharding, two.Chips[i].Plan!.Sharding);
            Assert.Equal(one.Chips[i].Front, two.Chips[i].Front);
        }
    }

    [Fact]
    public void A_tighter_target_is_never_cheaper()
    {
        double ttftCost = 0, tpotCost = 0;
        foreach (double scale in (double[])[4, 2, 1, 0.7, 0.5])
        {
            double byTtft = ServingSearch.Run(Request(ttft: scale)).Cheapest?.Plan!.DollarsPerSecond ?? double.PositiveInfinity;
            double byTpot = ServingSearch.Run(Request(tpot: scale * 0.05)).Cheapest?.Plan!.DollarsPerSecond ?? double.PositiveInfinity;
            Assert.True(byTtft >= ttftCost && byTpot >= tpotCost);
            (ttftCost, tpotCost) = (byTtft, byTpot);
        }
    }

    [Fact]
    public void A_dearer_chip_is_not_cheaper_and_needs_as_many()
    {
        ServingPlan plain = ServingSearch.Run(Request()).Chips[0].Plan!, dear = ServingSearch.Run(Request(price: 2)).Chips[0].Plan!;
        Assert.Equal(2 * plain.DollarsPerMillionOutputTokens, dear.DollarsPerMillionOutputTokens, 1e-9 * dear.DollarsPerMillionOutputTokens);
        Assert.Equal(plain.Chips, dear.Chips);
    }

    [Fact]
    public void More_bandwidth_needs_no_more_chips()
    {
        SizingRequest plain = Request();
        SizingRequest faster = plain with { Offers = [.. plain.Offers.Select(o => o with { Chip = o.Chip.Faster(1.4) })] };
        Assert.True(ServingSearch.Run(faster).Chips[0].Plan!.Chips <= ServingSearch.Run(plain).Chips[0].Plan!.Chips);
    }

    [Fact]
    public void An_impossible_target_names_the_best_reachable()
    {
        ChipSizing sized = ServingSearch.Run(Request(ttft: 0.001)).Chips[0];
        Assert.Null(sized.Plan);
        Assert.True(sized.BestTtftSeconds > 0.001);
        Assert.Contains("best reachable", sized.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_fits_nowhere_says_by_how_much()
    {
        ChipSizing sized = ServingSearch.Run(Request(most: 1) with { Model = Fixtures.Catalog.Models.Get("llama-3.1-405b") }).Chips[0];
        Assert.Null(sized.Plan);
        Assert.Contains("GB a chip", sized.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_search_is_fast()
    {
        SizingRequest request = Request(most: 64);
        ServingSearch.Run(request);
        long start = Stopwatch.GetTimestamp();
        long evaluated = 0;
        for (int i = 0; i < 3; i++)
        {
            evaluated += ServingSearch.Run(request).Evaluated;
        }

        double rate = evaluated / Stopwatch.GetElapsedTime(start).TotalSeconds;
        output.WriteLine(FormattableString.Invariant($"{evaluated} deployments, {rate:0} a second"));

        // The aim is 5,000 on two free cores; tests share theirs, so the bound is loose.
        Assert.True(rate > 1000, FormattableString.Invariant($"{rate:0} deployments a second"));
    }
}
