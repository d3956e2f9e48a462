using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Manufacturing;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Manufacturing;

/// <summary>Bills of materials from the catalogue against published estimates, and the ways of the Monte Carlo.</summary>
public class ChipCostTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // Epoch AI's B200 and the H100 bill derived from it; memory at the prices of their time.
    [Theory]
    [InlineData("b200-sxm", "2025Q1", 6400)]
    [InlineData("h100-sxm", "2024Q1", 3320)]
    public void The_bill_of_materials_is_within_15_percent_of_the_published_estimate(string chip, string quarter, double published)
    {
        ChipCost cost = Cost(chip, new CostOptions { Quarter = Quarter.Parse(quarter), Draws = 2000 });
        Show(cost);
        Assert.InRange(cost.Unit.Central, published * 0.85, published * 1.15);
        Assert.InRange(cost.Unit.P50, published * 0.85, published * 1.15);
    }

    [Fact]
    public void The_parts_of_the_B200_lie_about_the_ranges_of_Epoch()
    {
        ChipCost cost = Cost("b200-sxm", new CostOptions { Quarter = Quarter.Parse("2025Q1"), Draws = 2000 });
        double Line(int i) => cost.Lines[i].Dollars.Central;
        // Spare cores and repair put the dies a little below Epoch's range of 720 to 1,200.
        Assert.InRange(Line(0), 0.9 * 720, 1200);
        Assert.InRange(Line(1), 2800, 3100);
        Assert.InRange(Line(2), 1000, 1200);
        Assert.InRange(Line(3), 900, 1300);
        Assert.InRange(Line(4), 400, 550);
        Assert.True(cost.Unit.P90 > 6400 && cost.Unit.P10 < 6400);
    }

    // Two public estimates, $4,250 and $4,800.
    [Fact]
    public void The_H200_lies_between_the_two_public_estimates()
        => Assert.InRange(Cost("h200-sxm", new CostOptions { Quarter = Quarter.Parse("2025Q1"), Draws = 1000 }).Unit.Central, 4250, 4800);

    [Fact]
    public void Counted_dies_are_whole_and_cheaper_than_those_of_the_formula()
    {
        var options = new CostOptions { Draws = 200 };
        DieCost formula = Cost("h100-sxm", options).Dies[0], counted = Cost("h100-sxm", options with { CountGrid = true }).Dies[0];
        Assert.Equal(Math.Round(counted.GrossDies), counted.GrossDies, 9);
        Assert.InRange(counted.GrossDies, formula.GrossDies, formula.GrossDies * 1.15);
        Assert.True(counted.KnownGoodDollars < formula.KnownGoodDollars);
    }

    [Fact]
    public void A_cost_says_which_of_its_inputs_are_guesses()
    {
        ChipCost cost = Cost("mtia-2i", new CostOptions { Node = "sf4", Draws = 200 });
        Assert.Contains(cost.Notes, n => n.Contains("wafer price of samsung-4lpx is our assumption", StringComparison.Ordinal));
        Assert.Contains(cost.Notes, n => n.Contains("never disclosed", StringComparison.Ordinal));
        Assert.Contains(cost.Notes, n => n.Contains("no spare core", StringComparison.Ordinal));
    }

    [Fact]
    public void The_central_cost_alone_is_that_of_the_full_costing()
    {
        var options = new CostOptions { Node = "n3", Volume = 1e6, Draws = 200 };
        ChipDescription chip = Chip("b200-sxm");
        Assert.Equal(Cost("b200-sxm", options).Unit.Central, ChipCosting.CentralDollars(Catalog, chip, options), 9);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < 2000; i++)
        {
            ChipCosting.CentralDollars(Catalog, chip, options);
        }

        output.WriteLine(FormattableString.Invariant($"{System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMicroseconds / 2000:0} us a design"));
    }

    [Fact]
    public void Lines_add_up_to_the_unit()
    {
        ChipCost cost = Cost("mi300x", new CostOptions { Volume = 300_000, Draws = 500 });
        Assert.Equal(cost.Unit.Central, cost.Lines.Sum(l => l.Dollars.Central), 6);
        Assert.Equal(cost.Unit.Mean, cost.Lines.Sum(l => l.Dollars.Mean), 6);
    }

    [Fact]
    public void Cost_falls_with_volume_and_tends_to_the_cost_without_masks_and_design()
    {
        double last = double.PositiveInfinity;
        foreach (double volume in new[] { 1e3, 1e4, 1e5, 1e6, 1e9 })
        {
            double dollars = Cost("mtia-2i", new CostOptions { Volume = volume, Draws = 200 }).Unit.Central;
            Assert.True(dollars < last);
            last = dollars;
        }

        Assert.Equal(Cost("mtia-2i", new CostOptions { Draws = 200 }).Unit.Central, last, 0.5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_whatever_the_threads()
    {
        ChipCost one = Cost("b200-sxm", new CostOptions { Draws = 3000, Parallelism = 1 }), many = Cost("b200-sxm", new CostOptions { Draws = 3000, Parallelism = 7 });
        Assert.Equal(one.Draws, many.Draws);
        Assert.Equal(one.Unit, many.Unit);
        Assert.NotEqual(one.Draws, Cost("b200-sxm", new CostOptions { Draws = 3000, Seed = 2 }).Draws);
    }

    [Fact]
    public void Another_chip_in_the_comparison_does_not_shift_the_draws_of_the_first()
    {
        var options = new CostOptions { Draws = 500 };
        ChipComparison two = ChipCosting.Compare(Catalog, [(Chip("mtia-2i"), options), (Chip("b200-sxm"), options)], options);
        Assert.Equal(Cost("mtia-2i", options).Draws, two.Variants[0].Cost!.Draws);
    }

    [Fact]
    public void The_mean_of_the_draws_converges_as_the_root_of_their_number()
    {
        double exact = Cost("mtia-2i", new CostOptions { Draws = 400_000, Seed = 99 }).Unit.Mean;
        ChipCost few = Cost("mtia-2i", new CostOptions { Draws = 400 }), many = Cost("mtia-2i", new CostOptions { Draws = 40_000 });
        double spread = Math.Sqrt(many.Draws.Average(d => (d - many.Unit.Mean) * (d - many.Unit.Mean)));
        Assert.True(Math.Abs(few.Unit.Mean - exact) < 4 * spread / Math.Sqrt(400));
        Assert.True(Math.Abs(many.Unit.Mean - exact) < 4 * spread / Math.Sqrt(40_000));
    }

    [Fact]
    public void Draws_of_a_quantity_follow_its_triangle_with_and_without_a_shared_cause()
    {
        var set = new UncertainSet(7, Catalog.Manufacturing.Get("defaults"));
        set.Add("a", "a", new Fact(3, 1, 4, "test", Confidence.Low), "cause");
        set.Add("b", "b", new Fact(20, 10, 40, "test", Confidence.Low), "cause");
        set.Add("c", "c", new Fact(3, 1, 4, "test", Confidence.Low));
        double[] values = new double[3], sum = new double[3];
        double cross = 0, alone = 0;
        const int draws = 100_000;
        for (int i = 0; i < draws; i++)
        {
            set.Draw(i, values);
            for (int j = 0; j < 3; j++)
            {
                sum[j] += values[j] / draws;
            }

            cross += (values[0] - (8.0 / 3)) * (values[1] - (70.0 / 3)) / draws;
            alone += (values[0] - (8.0 / 3)) * (values[2] - (8.0 / 3)) / draws;
        }

        // A triangle's mean is the mean of its three corners, its variance (l² + v² + h² − lv − lh − vh) / 18.
        Assert.Equal(8.0 / 3, sum[0], 0.01);
        Assert.Equal(70.0 / 3, sum[1], 0.08);
        Assert.Equal(8.0 / 3, sum[2], 0.01);
        double correlation = cross / Math.Sqrt(7.0 / 18 * (100 + 400 + 1600 - (200 + 400 + 800)) / 18);
        Assert.InRange(correlation, 0.44, 0.52);
        Assert.InRange(alone, -0.01, 0.01);
    }

    [Fact]
    public void At_the_break_even_density_both_cost_the_same()
    {
        var n5 = new CostOptions { Node = "n5", Draws = 1000 };
        ChipComparison comparison = ChipCosting.Compare(Catalog, [(Chip("mtia-2i"), n5), (Chip("mtia-2i"), n5 with { Node = "sf4" })], n5);
        ChipCost tsmc = comparison.Variants[0].Cost!, samsung = comparison.Variants[1].Cost!;
        double density = comparison.Variants[1].BreakEven!.Central!.Value;
        DieCost die = samsung.Dies[0];
        Assert.NotEqual(die.AreaSquareMillimetres, tsmc.Dies[0].AreaSquareMillimetres, 1.0);
        var defaults = Catalog.Manufacturing.Get("defaults");
        double yield = DieYield.Of(new YieldRule(YieldModel.NegativeBinomial, defaults.Clustering), new DieRegions(die.AreaSquareMillimetres, 64, 64, defaults.CoreShare, defaults.RepairableUncore), density / 100);
        double good = (die.GrossDollars + defaults.SortPerDie) / yield, attach = Catalog.Packages.Get("fc-bga").AttachYield;
        Assert.Equal(tsmc.Unit.Central - samsung.Unit.Central, (good - die.KnownGoodDollars) / attach, 0.01);
    }

    [Fact]
    public void A_die_that_keeps_its_area_costs_less_on_a_cheaper_wafer_of_the_same_quality_and_sram_shrinks_less_than_logic()
    {
        var options = new CostOptions { Draws = 200 };
        DieCost n5 = Cost("mtia-2i", options).Dies[0];
        DieCost n3 = Cost("mtia-2i", options with { Node = "n3" }).Dies[0], same = Cost("mtia-2i", options with { Node = "n3", SameArea = true }).Dies[0];
        Assert.Equal(420, same.AreaSquareMillimetres, 9);
        Assert.InRange(n3.AreaSquareMillimetres, 420 * 0.6, 420 * 0.9);
        // The cell is the same on both nodes, so the same SRAM is a larger share.
        Assert.Equal(n5.SramShare * 420, n3.SramShare * n3.AreaSquareMillimetres, 6);
        Assert.Equal(n5.LogicShare * 420 * 137 / 206, n3.LogicShare * n3.AreaSquareMillimetres, 6);
    }

    [Fact]
    public void An_io_die_of_another_node_stays_there_when_the_chip_moves()
        => Assert.Equal(["tsmc-n3", "tsmc-n6"], Cost("mi300x", new CostOptions { Node = "n3", Draws = 200 }).Dies.Select(d => d.Node));

    [Theory]
    [InlineData("mtia-2i", "intel-18a", "wafer_price")]
    [InlineData("mtia-2i", "n28", "defect_density")]
    [InlineData("mtia-2i", "cowos-s", "logic node")]
    [InlineData("mtia-2i", "sf9", "no node is called")]
    [InlineData("mtia-300", null, "undisclosed")]
    [InlineData("cerebras-wse-3", null, "reticle")]
    [InlineData("tpu-v6e", null, "die area")]
    [InlineData("v100-sxm", null, "hbm2 has no price")]
    [InlineData("h100-sxm", "n16", "reticle")]
    public void What_cannot_be_costed_says_why(string chip, string? node, string word)
    {
        InputException refused = Assert.Throws<InputException>(() => Cost(chip, new CostOptions { Node = node, Draws = 200 }));
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    public void A_volume_below_one_is_refused(double volume)
        => Assert.Throws<InputException>(() => Cost("mtia-2i", new CostOptions { Volume = volume }));

    private static ChipDescription Chip(string name) => ChipDescription.Of(Catalog, Catalog.Chips.Get(name));

    private static ChipCost Cost(string chip, CostOptions options) => ChipCosting.Cost(Catalog, Chip(chip), options);

    private void Show(ChipCost cost)
    {
        foreach (CostLine line in cost.Lines)
        {
            output.WriteLine(FormattableString.Invariant($"{line.Item,-24} {line.Detail,-50} {line.Dollars.Central,8:0} {line.Dollars.P10,8:0} {line.Dollars.P50,8:0} {line.Dollars.P90,8:0}"));
        }

        output.WriteLine(FormattableString.Invariant($"{cost.Chip,-75} {cost.Unit.Central,8:0} {cost.Unit.P10,8:0} {cost.Unit.P50,8:0} {cost.Unit.P90,8:0}"));
    }
}
