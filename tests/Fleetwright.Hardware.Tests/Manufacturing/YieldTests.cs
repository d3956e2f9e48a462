using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Hardware.Tests.Manufacturing;

/// <summary>Yields against closed forms and the published table of chip-models.md, 4.2.</summary>
public class YieldTests
{
    private const double H100 = 814;
    private const double PerSquareCentimetre = 0.01;

    [Theory]
    [InlineData(YieldModel.Poisson, 1, 0.443)]
    [InlineData(YieldModel.Murphy, 1, 0.468)]
    [InlineData(YieldModel.Seeds, 1, 0.551)]
    [InlineData(YieldModel.NegativeBinomial, 3, 0.487)]
    [InlineData(YieldModel.NegativeBinomial, 10, 0.457)]
    public void The_yield_of_814_mm2_at_a_tenth_of_a_defect_per_cm2_is_the_published_one(YieldModel model, double parameter, double published)
        => Assert.Equal(published, Math.Round(new YieldRule(model, parameter).Of(H100 * 0.10 * PerSquareCentimetre), 3));

    [Theory]
    [InlineData(0, 0.72)]
    [InlineData(0.5, 0.85)]
    public void Twelve_spares_of_144_cores_raise_it_to_the_published_yield(double repairable, double published)
        => Assert.Equal(published, Math.Round(Harvested(0.10, repairable), 2));

    [Theory]
    [InlineData(0.05, 0.92, 0.67)]
    [InlineData(0.1, 0.85, 0.44)]
    [InlineData(0.2, 0.72, 0.20)]
    [InlineData(0.3, 0.61, 0.09)]
    [InlineData(0.5, 0.44, 0.02)]
    public void The_sweep_of_defect_density_is_the_published_one(double density, double harvested, double poisson)
    {
        Assert.Equal(harvested, Math.Round(Harvested(density, 0.5), 2));
        Assert.Equal(poisson, Math.Round(new YieldRule(YieldModel.Poisson, 1).Of(H100 * density * PerSquareCentimetre), 2));
    }

    [Fact]
    public void Bose_Einstein_of_a_layer_density_is_a_power_of_Seeds()
        => Assert.Equal(Math.Pow(1 + 0.05, -10), YieldRule.BoseEinstein(0.05, 10), 12);

    // With no spare core the average over the density must be the closed form of the whole die; with one, the binomial expands into closed forms.
    [Theory]
    [InlineData(YieldModel.Poisson, 1)]
    [InlineData(YieldModel.Murphy, 1)]
    [InlineData(YieldModel.Seeds, 1)]
    [InlineData(YieldModel.NegativeBinomial, 0.5)]
    [InlineData(YieldModel.NegativeBinomial, 2)]
    [InlineData(YieldModel.NegativeBinomial, 3)]
    [InlineData(YieldModel.NegativeBinomial, 10)]
    [InlineData(YieldModel.NegativeBinomial, 300)]
    [InlineData(YieldModel.NegativeBinomial, 100_000)]
    [InlineData(YieldModel.BoseEinstein, 10)]
    public void One_or_two_spares_agree_with_the_expanded_closed_form(YieldModel model, double parameter)
    {
        var rule = new YieldRule(model, parameter);
        foreach (double density in new[] { 0.05, 0.3, 1.0 })
        {
            const int n = 16;
            double rest = H100 * 0.4 * density * PerSquareCentimetre, core = H100 * 0.6 / n * density * PerSquareCentimetre;
            double none = rule.Of(rest + (n * core)), y1 = rule.Of(rest + ((n - 1) * core)), y2 = rule.Of(rest + ((n - 2) * core));
            double one = none + (n * (y1 - none)), two = one + (n * (n - 1) / 2.0 * (y2 - (2 * y1) + none));
            Assert.Equal(none, Yield(n), 1e-12);
            double tolerance = parameter > 5000 ? 1e-5 : 1e-7;
            Assert.Equal(one, Yield(n - 1), tolerance);
            Assert.Equal(two, Yield(n - 2), tolerance);
            double Yield(int needed) => DieYield.Of(rule, new DieRegions(H100, n, needed, 0.6), density * PerSquareCentimetre);
        }
    }

    [Fact]
    public void Shared_and_separate_regions_agree_when_the_density_is_the_same_everywhere()
    {
        var die = new DieRegions(H100, 144, 132, 0.6, 0.5);
        var rule = new YieldRule(YieldModel.Poisson, 1);
        Assert.Equal(DieYield.Of(rule, die, 0.003, DefectSharing.Separate), DieYield.Of(rule, die, 0.003, DefectSharing.Shared), 12);
    }

    [Fact]
    public void A_wafer_of_cores_does_not_underflow()
    {
        // 900,000 cores with 1 % spare: the mean number of bad ones is 46,225 mm² × 0.1 /cm² = 46, far below 9,000.
        Assert.Equal(1, DieYield.AtMostBad(909_000, 9_000, 46.0 / 909_000), 9);
        // Mean 9,090, spares 9,000: about where the normal law puts it.
        double expected = 0.5 * (1 + Math.Sign(-1) * 0.655);
        Assert.InRange(DieYield.AtMostBad(909_000, 9_000, -Math.Log(1 - 0.01)), expected - 0.01, expected + 0.01);
    }

    [Fact]
    public void Yield_falls_with_area_and_with_density_and_spares_never_lower_it()
    {
        foreach (YieldModel model in Enum.GetValues<YieldModel>())
        {
            foreach (double parameter in new[] { 1.0, 3, 10 })
            {
                var rule = new YieldRule(model, parameter);
                double last = 1;
                foreach (double area in new[] { 50.0, 100, 300, 800 })
                {
                    double yield = DieYield.Of(rule, new DieRegions(area, 64, 60, 0.6, 0.5), 0.002);
                    Assert.True(yield < last, $"{model} {parameter} {area}");
                    last = yield;
                }

                last = 1;
                foreach (double density in new[] { 0.0005, 0.001, 0.003, 0.01 })
                {
                    double yield = DieYield.Of(rule, new DieRegions(800, 64, 60, 0.6, 0.5), density);
                    Assert.True(yield < last, $"{model} {parameter} {density}");
                    last = yield;
                }

                last = 0;
                for (int spares = 0; spares <= 64; spares++)
                {
                    double yield = DieYield.Of(rule, new DieRegions(800, 64, 64 - spares, 0.6, 0.5), 0.005);
                    Assert.True(yield >= last - 1e-9, $"{model} {parameter} {spares}: {yield} after {last}");
                    last = yield;
                }
            }
        }
    }

    [Theory]
    [InlineData(-1, 0, 0, 0.5, 0.001)]
    [InlineData(814, 144, 145, 0.5, 0.001)]
    [InlineData(814, 144, 132, 1.5, 0.001)]
    [InlineData(814, 144, 132, 0.5, -0.001)]
    [InlineData(814, 144, 132, 0.5, double.NaN)]
    public void Inputs_out_of_range_are_refused(double area, int cores, int needed, double share, double density)
        => Assert.Throws<ArgumentOutOfRangeException>(() => DieYield.Of(new YieldRule(YieldModel.NegativeBinomial, 3), new DieRegions(area, cores, needed, share), density));

    private static double Harvested(double density, double repairable) =>
        DieYield.Of(new YieldRule(YieldModel.Poisson, 1), new DieRegions(H100, 144, 132, 0.6, repairable), density * PerSquareCentimetre);
}
