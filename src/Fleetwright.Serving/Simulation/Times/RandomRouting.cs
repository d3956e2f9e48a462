using Fleetwright.Serving.Load;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// Tokens that each choose k of E experts at random, which are spread evenly over ranks: what falls to a rank on average, and to the rank with the most.
/// The most of R is taken as that of normal numbers with the same mean, variance and covariance.
/// </summary>
/// <param name="experts">E.</param>
/// <param name="chosen">k.</param>
/// <param name="ranks">R, a divisor of E.</param>
internal sealed class RandomRouting(int experts, int chosen, int ranks)
{
    private readonly double _most = ExpectedMost(ranks);

    /// <summary>Choices that fall to the rank with the most.</summary>
    public double BusiestChoices(double tokens)
    {
        // Hypergeometric for each token; what one rank has more, the others have less: their covariance is −1/(R − 1) of the variance.
        double variance = chosen / (double)ranks * (1 - (1.0 / ranks)) * (experts - chosen) / Math.Max(1, experts - 1);
        double spread = ranks > 1 ? Math.Sqrt(tokens * variance * ranks / (ranks - 1)) : 0;
        return Math.Min(tokens * Math.Min(chosen, experts / (double)ranks), (tokens * chosen / ranks) + (_most * spread));
    }

    /// <summary>Experts with at least one token on the rank with the most of them.</summary>
    public double BusiestActive(double tokens)
    {
        double own = experts / (double)ranks;

        // One expert is left out with q, two both with r.
        double q = Math.Pow(1 - ((double)chosen / experts), tokens);
        double r = experts > 1 ? Math.Pow(Math.Max(0, (experts - chosen) * (experts - chosen - 1.0) / (experts * (experts - 1.0))), tokens) : q;
        double variance = (own * (q - (q * q))) + (own * (own - 1) * (r - (q * q))), covariance = own * own * (r - (q * q));
        double spread = ranks > 1 ? Math.Sqrt(Math.Max(0, variance - covariance)) : 0;
        return Math.Min(Math.Min(own, tokens * chosen), (own * (1 - q)) + (_most * spread));
    }

    // The expected largest of n normal numbers: ∫ x·n·φ(x)·Φ(x)^(n − 1) dx.
    private static double ExpectedMost(int n)
    {
        const double step = 1.0 / 64;
        double sum = 0;
        for (double x = -9; n > 1 && x < 9; x += step)
        {
            sum += step * x * n * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI) * Math.Pow(NormalBins.NormalProbability(x), n - 1);
        }

        return sum;
    }
}
