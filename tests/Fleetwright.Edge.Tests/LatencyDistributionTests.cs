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

    // Erlang-2 at p99 and p99.5: 6.6384 and 7.4301 (chi-square with 4 degrees of freedom: 13.277 and 14.860, halved).
    [Theory]
    [InlineData(0.99, 6.6384)]
    [InlineData(0.995, 7.4301)]
    public void The_tail_of_a_sum_is_kept(double probability, double expected) =>
        Assert.Equal(expected, Exponential.Plus(Exponential).Quantile(probability), 0.01 * expected);

    [Fact]
    public void Comonotone_times_add_up_quantile_by_quantile()
    {
        LatencyDistribution a = LatencyDistribution.LogNormal(0.2, 0.8);
        LatencyDistribution sum = a.PlusComonotone(Exponential);
        foreach (double p in (double[])[0.05, 0.5, 0.95, 0.99])
        {
            Assert.Equal(a.Quantile(p) + Exponential.Quantile(p), sum.Quantile(p), 1e-12);
        }

        Assert.Equal(a.Mean + Exponential.Mean, sum.Mean, 1e-12);
        Assert.True(sum.Quantile(0.99) > a.Plus(Exponential).Quantile(0.99));
    }

    // X exponential, given up at t for c more: E = ∫₀ᵗ x·e⁻ˣ + e⁻ᵗ·(t + c) = 1 − e⁻ᵗ·(1 + t) + e⁻ᵗ·(t + c) = 1 − e⁻ᵗ + c·e⁻ᵗ.
    [Theory]
    [InlineData(0.3, 0.5)]
    [InlineData(1, 2)]
    [InlineData(2.5, 10)]
    [InlineData(5, 1)]
    public void A_fallback_has_the_mean_of_its_two_ways(double timeout, double cost)
    {
        LatencyDistribution with = Exponential.WithFallback(timeout, LatencyDistribution.Constant(cost));
        double late = Math.Exp(-timeout);
        Assert.Equal(1 - late + cost * late, with.Mean, 0.002 * (1 + cost * late));
        Assert.Equal(1 - late, with.ShareWithin(timeout), 0.015);
    }

    [Fact]
    public void A_fallback_is_never_or_always_taken_at_the_ends()
    {
        LatencyDistribution a = LatencyDistribution.Constant(1);
        Assert.Equal(1, a.WithFallback(double.PositiveInfinity, Exponential).Mean, 1e-12);
        Assert.Equal(1, a.WithFallback(1, Exponential).Mean, 1e-12);
        Assert.Equal(0.5 + Exponential.Mean, a.WithFallback(0.5, Exponential).Mean, 1e-12);
    }

    // A tenth of the cases is late; where a distribution jumps, its share is known to a cell of 1 %.
    [Fact]
    public void A_fallback_parts_two_constants_at_their_share()
    {
        LatencyDistribution two = LatencyDistribution.Mix(LatencyDistribution.Constant(1), 0.9, LatencyDistribution.Constant(9));
        LatencyDistribution with = two.WithFallback(2, LatencyDistribution.Constant(3));
        Assert.Equal(0.9 * 1 + 0.1 * 5, with.Mean, 0.01 * 4);
    }

    [Fact]
    public void The_share_within_is_the_inverse_of_the_quantile()
    {
        LatencyDistribution d = LatencyDistribution.LogNormal(0.5, 1);
        foreach (double p in (double[])[0.02, 0.3, 0.77, 0.93, 0.985, 0.998])
        {
            Assert.Equal(p, d.ShareWithin(d.Quantile(p)), 1e-9);
        }
    }

    [Fact]
    public void Values_drawn_evenly_have_the_distributions_mean()
    {
        LatencyDistribution d = LatencyDistribution.LogNormal(0.5, 1);
        double sum = 0;
        for (int i = 0; i < 2000; i++)
        {
            sum += d.At((i + 0.5) / 2000);
        }

        Assert.Equal(d.Mean, sum / 2000, 1e-9);
    }
}
