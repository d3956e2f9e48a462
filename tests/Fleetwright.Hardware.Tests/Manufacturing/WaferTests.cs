using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Hardware.Tests.Manufacturing;

/// <summary>Dies on a wafer and what they cost, against chip-models.md, 4.2.</summary>
public class WaferTests
{
    private static readonly YieldRule Critical = new(YieldModel.NegativeBinomial, 10);

    [Fact]
    public void Sixty_dies_of_H100_size_and_128_of_MTIA_2i_come_from_a_wafer()
    {
        Assert.Equal(60, (int)WaferGeometry.Standard.GrossDies(814));
        Assert.Equal(128, (int)WaferGeometry.Standard.GrossDies(25.6, 16.4));
    }

    // Wafer prices of CSET 2020; D0 0.10 at N5 and 0.09 at N7; 3 mm edge, 0.1 mm scribe; no probing.
    [Theory]
    [InlineData(16988, 0.10, 814, 0, 0, 283, 619)]
    [InlineData(16988, 0.10, 420, 25.6, 16.4, 132, 200)]
    [InlineData(9346, 0.09, 369, 19.3, 19.1, 63, 87)]
    [InlineData(16988, 0.10, 804, 25.6, 31.4, 279, 604)]
    [InlineData(16988, 0.10, 238, 25.6, 9.3, 71, 90)]
    [InlineData(9346, 0.09, 826, 0, 0, 158, 325)]
    public void A_known_good_die_costs_what_was_published(double wafer, double density, double area, double width, double height, double gross, double good)
    {
        double dies = width > 0 ? WaferGeometry.Standard.GrossDies(width, height) : WaferGeometry.Standard.GrossDies(area);
        double die = wafer / dies;
        Assert.InRange(die, gross - 0.5, gross + 0.6);
        Assert.Equal(good, Math.Round(die / Critical.Of(area * density / 100)));
    }

    // "full": every core must work; "spare": 64 of 72 cores (420 mm²) or 72 of 78 (804 mm²), cores 60 % of the area, half of the rest repairable.
    // That table takes whole dies without scribe, the negative binomial with alpha 10, and regions that draw their own density.
    [Theory]
    [InlineData(420, 16988, 0.10, 199, 143)]
    [InlineData(420, 11500, 0.20, 200, 105)]
    [InlineData(420, 25000, 0.10, 292, 211)]
    [InlineData(420, 25000, 0.15, 357, 220)]
    [InlineData(420, 30000, 0.15, 428, 264)]
    [InlineData(420, 30000, 0.40, 1100, 324)]
    [InlineData(420, 20000, 0.45, 876, 225)]
    [InlineData(420, 20000, 1.00, 5200, 348)]
    [InlineData(804, 16988, 0.10, 603, 327)]
    [InlineData(804, 11500, 0.20, 837, 259)]
    [InlineData(804, 25000, 0.10, 888, 481)]
    [InlineData(804, 25000, 0.15, 1280, 520)]
    [InlineData(804, 30000, 0.15, 1540, 624)]
    [InlineData(804, 30000, 0.40, 8000, 920)]
    [InlineData(804, 20000, 0.45, 7200, 663)]
    [InlineData(804, 20000, 1.00, 120_000, 1790)]
    public void The_comparison_of_TSMC_and_Samsung_is_the_published_one(double area, double wafer, double density, double full, double spare)
    {
        double dies = Math.Floor(new WaferGeometry(300, 3, 0).GrossDies(area));
        int cores = area < 500 ? 72 : 78, needed = area < 500 ? 64 : 72;
        double die = wafer / dies;
        double fullDollars = die / Critical.Of(area * density / 100);
        double spareDollars = die / DieYield.Of(Critical, new DieRegions(area, cores, needed, 0.6, 0.5), density / 100, DefectSharing.Separate);
        Assert.InRange(fullDollars, full * 0.9935, full * 1.0065);
        Assert.InRange(spareDollars, spare * 0.995, spare * 1.005);

        // The default, one density for the whole die, moves it by less than 1 % until the spares run out.
        double shared = die / DieYield.Of(Critical, new DieRegions(area, cores, needed, 0.6, 0.5), density / 100);
        Assert.InRange(shared, spare * (density < 1 || area < 500 ? 0.99 : 0.94), spare * 1.01);
    }

    [Theory]
    [InlineData(28.5, 28.5)]
    [InlineData(25.6, 16.4)]
    [InlineData(10, 10)]
    [InlineData(26, 33)]
    public void Counting_a_grid_comes_near_the_formula(double width, double height)
    {
        double formula = WaferGeometry.Standard.GrossDies(width, height);
        int counted = WaferGeometry.Standard.CountOnGrid(width, height);
        Assert.InRange(counted, formula * 0.95, formula * 1.14);
    }

    // A square inscribed in the usable circle, and four dies whose cross spans it.
    [Theory]
    [InlineData(294, 0.70710, 1)]
    [InlineData(294, 0.70720, 0)]
    [InlineData(294, 0.35350, 4)]
    public void Counting_a_grid_is_exact_for_squares_in_a_circle(double usable, double side, int dies)
        => Assert.Equal(dies, new WaferGeometry(usable, 0, 0).CountOnGrid(usable * side, usable * side));

    [Fact]
    public void A_reticle_holds_26_by_33_either_way_round_and_no_more()
    {
        Assert.True(WaferGeometry.FitsReticle(26, 33));
        Assert.True(WaferGeometry.FitsReticle(33, 26));
        Assert.False(WaferGeometry.FitsReticle(26.5, 30));
        Assert.Equal(858, WaferGeometry.ReticleArea);
    }
}
