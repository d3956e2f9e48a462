using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Tests;

public sealed class LatencyDistributionTests
{
    private static LatencyDistribution Exponential => LatencyDistribution.FromQuantile(p => -Math.Log(1 - p));

    // Erlang-k at p50, p95: k = 2: 1.6783, 4.7439; k = 5: 4.6709, 9.1535 (chi-square tables, 2k degrees of freedom, halved).
    [Theory]
    [InlineData(2, 1.6783, 4.7439)]
    [InlineData(5, 4.6709, 9.1535)]
    public void Exponentials_add_up_to_an_Erlang(int count, double p50, double p95)
    {
        LatencyDistribution sum = Exponential;
        for (int i = 1; i < count; i++)
        {
            sum = sum.Plus(Exponential);
        }

        Assert.Equal(p50, sum.Quantile(0.5), 0.01 * p50);
        Assert.Equal(p95, sum.Quantile(0.95), 0.01 * p95);
    }

    [Fact]
    public void A_sum_keeps_the_mean_exactly()
    {
        LatencyDistribution a = LatencyDistribution.LogNormal(0.2, 0.8);
        Assert.Equal(a.Mean + Exponential.Mean, a.Plus(Exponential).Mean, 1e-12);
    }

    [Fact]
    public void Measured_quantiles_are_kept()
    {
        LatencyDistribution ping = LatencyDistribution.FromQuantiles((0.05, 0.067), (0.5, 0.080), (0.95, 0.166), (0.99, 0.359));
        Assert.Equal(0.080, ping.Quantile(0.5), 0.001);
        Assert.Equal(0.166, ping.Quantile(0.95), 0.004);
    }

    [Fact]
    public void A_lognormals_quantiles_are_the_textbooks()
    {
        // sigma² = ln(1 + cv²); p95 = median·e^{1.6449·sigma}.
        double sigma = Math.Sqrt(Math.Log(1 + 0.25));
        LatencyDistribution d = LatencyDistribution.LogNormal(2, 0.5);
        Assert.Equal(2, d.Quantile(0.5), 0.01);
        Assert.Equal(2 * Math.Exp(1.6449 * sigma), d.Quantile(0.95), 0.03);
    }

    [Fact]
    public void A_mixture_of_two_constants_steps_at_its_share()
    {
        LatencyDistribution mix = LatencyDistribution.Mix(LatencyDistribution.Constant(1), 0.75, LatencyDistribution.Constant(3));
        Assert.Equal(1.5, mix.Mean, 1e-9);
        Assert.Equal(1, mix.Quantile(0.7), 1e-9);
        Assert.Equal(3, mix.Quantile(0.8), 1e-9);
    }

    [Fact]
    public void Parts_of_a_lognormal_add_up_to_the_whole()
    {
        var lengths = new TokenLengths(500, 1.2);
        double share = lengths.ShareUpTo(400);
        TokenLengths below = lengths.Between(0, 400);
        TokenLengths above = lengths.Between(400, double.PositiveInfinity);
        Assert.Equal(500, (share * below.Mean) + ((1 - share) * above.Mean), 0.01);
        Assert.True(below.Mean < 400 && above.Mean > 400);
    }
}
