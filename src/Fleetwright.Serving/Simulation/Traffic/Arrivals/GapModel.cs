using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>The distribution of the gaps between arrivals.</summary>
public enum GapKind
{
    /// <summary>Exponential: a Poisson process.</summary>
    Poisson,

    /// <summary>Gamma: burstier than Poisson with a shape below 1, more regular above.</summary>
    Gamma,

    /// <summary>Weibull: as gamma, with a heavier tail below 1.</summary>
    Weibull,

    /// <summary>All gaps alike.</summary>
    Constant,
}

/// <summary>How regular arrivals are, whatever their rate: the distribution of the gaps divided by their mean.</summary>
/// <param name="Kind">The distribution.</param>
/// <param name="Shape">Its shape, from 0.001 (gamma) or 0.02 (Weibull) to 1,000,000; 1 (exponential gaps) for Poisson and of no meaning for constant gaps.</param>
public readonly record struct GapModel(GapKind Kind, double Shape = 1)
{
    internal const double LeastGamma = 0.001;
    internal const double LeastWeibull = 0.02;
    internal const double MostShape = 1e6;

    /// <summary>Exponential gaps.</summary>
    public static GapModel Poisson => new(GapKind.Poisson);

    /// <summary>Gaps that are all alike.</summary>
    public static GapModel Constant => new(GapKind.Constant);

    /// <summary>Standard deviation ÷ mean of the gaps.</summary>
    public double Cv => Kind switch
    {
        GapKind.Poisson => 1,
        GapKind.Gamma => 1 / Math.Sqrt(Shape),
        GapKind.Weibull => WeibullCv(Shape),
        _ => 0,
    };

    /// <summary>Gamma gaps with the given standard deviation ÷ mean, from 0.001 to 31.6.</summary>
    /// <exception cref="InputException">The value is out of range.</exception>
    public static GapModel GammaOfCv(double cv) => Checked(GapKind.Gamma, 1 / (cv * cv), cv, 1 / Math.Sqrt(MostShape), 1 / Math.Sqrt(LeastGamma));

    /// <summary>Weibull gaps with the given standard deviation ÷ mean, from 0.001 to 100.</summary>
    /// <exception cref="InputException">The value is out of range.</exception>
    public static GapModel WeibullOfCv(double cv)
    {
        // The ratio falls as the shape rises; near 1 / shape it is smooth in the logarithm.
        double low = Math.Log(LeastWeibull), high = Math.Log(MostShape);
        for (int i = 0; i < 200; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = WeibullCv(Math.Exp(middle)) > cv ? (middle, high) : (low, middle);
        }

        return Checked(GapKind.Weibull, Math.Exp(low), cv, 0.001, 100);
    }

    /// <summary>A model from text: <c>poisson</c>, <c>constant</c>, <c>gamma:CV</c>, <c>weibull:CV</c>, or with <c>shape=</c> before the number.</summary>
    /// <param name="option">The option that the text was given for, named in errors.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="InputException">The text is none of these.</exception>
    public static GapModel Parse(string option, string text)
    {
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        string kind = parts[0].ToLowerInvariant();
        if (kind is "poisson" or "constant" && parts.Length == 1)
        {
            return kind == "poisson" ? Poisson : Constant;
        }

        if (kind is not ("gamma" or "weibull") || parts.Length == 1)
        {
            throw new InputException(option, $"found '{text}'; allowed: poisson, constant, gamma:CV, weibull:CV, gamma:shape=K, weibull:shape=K{NearMiss.Suggestion(kind, ["poisson", "constant", "gamma", "weibull"])}");
        }

        bool isShape = parts[1].StartsWith("shape=", StringComparison.Ordinal);
        string digits = isShape ? parts[1]["shape=".Length..] : parts[1];
        if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
        {
            throw new InputException(option, $"found '{parts[1]}' after '{kind}:'; allowed: a number, the standard deviation of the gaps ÷ their mean");
        }

        return ArrivalText.Named(option, () => isShape ? Checked(kind == "gamma" ? GapKind.Gamma : GapKind.Weibull, value, value, kind == "gamma" ? LeastGamma : LeastWeibull, MostShape)
            : kind == "gamma" ? GammaOfCv(value) : WeibullOfCv(value));
    }

    private static GapModel Checked(GapKind kind, double shape, double given, double least, double most) =>
        given >= least && given <= most ? new GapModel(kind, shape)
        : throw new InputException("arrivals", FormattableString.Invariant($"found {given} for {kind} gaps; allowed: {least:0.###} to {most:0.##}"));

    private static double WeibullCv(double shape)
    {
        // Γ(1 + 2/k) / Γ(1 + 1/k)² − 1; for regular gaps the difference is lost in rounding and its limit π / (k √6) is used.
        double ratio = GammaFunction.Log(1 + (2 / shape)) - (2 * GammaFunction.Log(1 + (1 / shape)));
        return shape > 1e4 ? Math.PI / (shape * Math.Sqrt(6)) : Math.Sqrt(double.ExpM1(ratio));
    }
}
