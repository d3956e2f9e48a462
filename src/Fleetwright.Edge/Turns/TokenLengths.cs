using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Turns;

/// <summary>Lengths of prompts or replies in tokens: lognormal.</summary>
/// <param name="Mean">Mean in tokens; above 0.</param>
/// <param name="Variation">Coefficient of variation (standard deviation over mean); 0 when all are alike.</param>
public readonly record struct TokenLengths(double Mean, double Variation)
{
    private double Sigma => Math.Sqrt(Math.Log(1 + (Variation * Variation)));

    private double Mu => Math.Log(Mean) - (Sigma * Sigma / 2);

    /// <summary>The length that a share <paramref name="probability"/> stays under.</summary>
    public double Quantile(double probability) => Variation == 0 ? Mean : Math.Exp(Mu + (Sigma * Normal.Quantile(probability)));

    /// <summary>The share of lengths of at most <paramref name="tokens"/>.</summary>
    public double ShareUpTo(double tokens) =>
        tokens <= 0 ? 0 : Variation == 0 ? (Mean <= tokens ? 1 : 0) : Normal.Cumulative((Math.Log(tokens) - Mu) / Sigma);

    /// <summary>
    /// Mean and coefficient of variation of the lengths above <paramref name="low"/> and up to <paramref name="high"/>, by the
    /// lognormal's partial moments E[nᵏ; n ≤ x] = e^{kμ+k²σ²/2}·Φ((ln x − μ)/σ − kσ). All lengths when that share is nil.
    /// </summary>
    public TokenLengths Between(double low, double high)
    {
        double share = ShareUpTo(high) - ShareUpTo(low);
        if (Variation == 0 || share < 1e-9)
        {
            return this;
        }

        double mean = Moment(1, low, high) / share;
        double square = Moment(2, low, high) / share;
        return new TokenLengths(mean, Math.Sqrt(Math.Max(0, (square / (mean * mean)) - 1)));
    }

    /// <summary>The length at <paramref name="probability"/> among those above <paramref name="low"/> and up to <paramref name="high"/>.</summary>
    public double QuantileBetween(double probability, double low, double high)
    {
        double from = ShareUpTo(low);
        double to = ShareUpTo(high);
        return to - from < 1e-9 ? Mean : Math.Clamp(Quantile(from + (probability * (to - from))), Math.Max(1, low), high);
    }

    private double Moment(int order, double low, double high)
    {
        double sigma = Sigma;
        double mu = Mu;
        double scale = Math.Exp((order * mu) + (order * order * sigma * sigma / 2));
        return scale * (Below(high) - Below(low));

        double Below(double x) => x <= 0 ? 0 : Normal.Cumulative(((Math.Log(x) - mu) / sigma) - (order * sigma));
    }
}
