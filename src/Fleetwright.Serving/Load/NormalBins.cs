namespace Fleetwright.Serving.Load;

/// <summary>A standard normal variable cut into bins that are narrow in the upper tail, for integrals over lognormal lengths.</summary>
internal static class NormalBins
{
    private static readonly double[] Edges =
        [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.9875, 0.989, 0.99, 0.991, 0.9925, 0.995, 0.9975, 0.999, 1];

    /// <summary>Probability of each bin.</summary>
    public static double[] Weights { get; } = [.. Enumerable.Range(0, Edges.Length - 1).Select(i => Edges[i + 1] - Edges[i])];

    /// <summary>Median of each bin.</summary>
    public static double[] Points { get; } = [.. Enumerable.Range(0, Edges.Length - 1).Select(i => NormalQuantile((Edges[i] + Edges[i + 1]) / 2))];

    /// <summary>The standard normal quantile, by bisection on the complementary error function's rational form (Abramowitz and Stegun 7.1.26 is too coarse in the tail, so the continued fraction is used there).</summary>
    public static double NormalQuantile(double probability)
    {
        double low = -40, high = 40;
        for (int i = 0; i < 100; i++)
        {
            double middle = (low + high) / 2;
            if (NormalProbability(middle) < probability)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return (low + high) / 2;
    }

    /// <summary>P(Z ≤ z): series Φ(z) = ½ + φ(z)·(z + z³/3 + z⁵/15 + …) near 0 (Marsaglia 2004), Laplace's continued fraction beyond.</summary>
    public static double NormalProbability(double z)
    {
        double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        double size = Math.Abs(z);
        if (size < 5)
        {
            double sum = z, term = z;
            for (int i = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); i += 2)
            {
                term *= z * z / i;
                sum += term;
            }

            return 0.5 + (sum * density);
        }

        double fraction = size;
        for (int i = 60; i > 0; i--)
        {
            fraction = size + (i / fraction);
        }

        double tail = density / fraction;
        return z > 0 ? 1 - tail : tail;
    }
}
