using Fleetwright.Serving.Load;

namespace Fleetwright.Serving.Tests;

public class WaitingTimeTests
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.7)]
    [InlineData(0.95)]
    public void Exponential_service_gives_the_exact_tail_of_M_M_1(double utilisation)
    {
        // Service of mean 1: P(W > t) = ρ · exp(−(1 − ρ) · t).
        WaitingTime wait = WaitingTime.PollaczekKhinchine(utilisation, 1, 2);
        Assert.Equal(utilisation / (1 - utilisation), wait.Mean, 1e-12);
        Assert.Equal(Math.Log(utilisation / 0.01) / (1 - utilisation), wait.Quantile(0.99), 1e-9);
        Assert.Equal(utilisation * Math.Exp(-(1 - utilisation) * 3), wait.Exceeds(3), 1e-12);
    }

    [Theory]
    [InlineData(0.5, 0.20)]
    [InlineData(0.7, 0.10)]
    [InlineData(0.9, 0.10)]
    public void Constant_service_is_close_to_the_exact_tail_of_M_D_1(double utilisation, double tolerance)
    {
        WaitingTime wait = WaitingTime.PollaczekKhinchine(utilisation, 1, 1);
        Assert.Equal(utilisation / (2 * (1 - utilisation)), wait.Mean, 1e-12);
        double exact = ExactMD1Quantile(utilisation, 0.99);
        Assert.InRange(wait.Quantile(0.99) / exact, 1 - tolerance, 1 + tolerance);
    }

    [Fact]
    public void A_server_that_cannot_keep_up_waits_for_ever() =>
        Assert.Equal(double.PositiveInfinity, WaitingTime.PollaczekKhinchine(1.01, 1, 2).Quantile(0.5));

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.99, 2.3263478740408408)]
    [InlineData(0.001, -3.090232306167813)]
    public void Normal_quantiles_are_the_published_ones(double probability, double expected) =>
        Assert.Equal(expected, NormalBins.NormalQuantile(probability), 1e-9);

    // Erlang 1909: P(W ≤ t) = (1 − ρ) Σ_{k ≤ t} (ρ(k − t))^k / k! · exp(−ρ(k − t)), service 1.
    private static double ExactMD1Quantile(double rho, double quantile)
    {
        double low = 0, high = 60;
        for (int i = 0; i < 60; i++)
        {
            double t = (low + high) / 2;
            double sum = 0;
            for (int k = 0; k <= (int)t; k++)
            {
                double x = rho * (k - t);
                double term = Math.Exp(-x);
                for (int j = 1; j <= k; j++)
                {
                    term *= x / j;
                }

                sum += term;
            }

            (low, high) = (1 - rho) * sum < quantile ? (t, high) : (low, t);
        }

        return low;
    }
}
