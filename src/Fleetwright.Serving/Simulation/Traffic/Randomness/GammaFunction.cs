namespace Fleetwright.Serving.Simulation.Traffic.Randomness;

/// <summary>The gamma function, for the moments of Weibull gaps.</summary>
internal static class GammaFunction
{
    // Lanczos' series with g = 7 and nine terms (Godfrey 2001): relative error below 1e-14 for positive arguments.
    private static readonly double[] Terms =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>The logarithm of Γ(x) for x ≥ 0.5.</summary>
    public static double Log(double x)
    {
        double z = x - 1, t = z + 7.5, sum = Terms[0];
        for (int i = 1; i < Terms.Length; i++)
        {
            sum += Terms[i] / (z + i);
        }

        return (0.5 * Math.Log(2 * Math.PI)) + ((z + 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }

    /// <summary>Γ(x) for x ≥ 0.5.</summary>
    public static double Of(double x) => Math.Exp(Log(x));
}
