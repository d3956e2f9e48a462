namespace Fleetwright.Serving.Workloads;

/// <summary>Token counts that follow a lognormal distribution (a constant when the coefficient of variation is 0).</summary>
/// <param name="Mean">Mean tokens.</param>
/// <param name="Cv">Standard deviation ÷ mean.</param>
public readonly record struct LengthDistribution(double Mean, double Cv = 0)
{
    /// <summary>Mean of the square: mean² · (1 + cv²).</summary>
    public double MeanSquare => Mean * Mean * (1 + (Cv * Cv));

    /// <summary>Standard deviation of the logarithm: √ln(1 + cv²).</summary>
    public double LogDeviation => Math.Sqrt(Math.Log(1 + (Cv * Cv)));

    /// <summary>Mean of the logarithm.</summary>
    public double LogMean => Math.Log(Mean) - (Math.Log(1 + (Cv * Cv)) / 2);

    /// <summary>A constant length.</summary>
    public static implicit operator LengthDistribution(double mean) => new(mean);

    /// <summary>A constant length.</summary>
    public static LengthDistribution FromDouble(double mean) => new(mean);
}

/// <summary>What requests look like.</summary>
/// <param name="Prompt">Prompt tokens that must be computed (those found in a prefix cache not counted).</param>
/// <param name="Output">Tokens of the answer, the first included.</param>
/// <param name="CachedTokens">Prompt tokens found in the prefix cache: not computed, but kept and attended to.</param>
public readonly record struct Workload(LengthDistribution Prompt, LengthDistribution Output, double CachedTokens = 0)
{
    /// <summary>Mean tokens in the cache of a sequence that is being decoded. Long answers stay longer, hence the mean age E[o²] / 2E[o].</summary>
    public double MeanContext => CachedTokens + Prompt.Mean + (Output.MeanSquare / Output.Mean / 2);
}

/// <summary>Latency that must be kept by a share of requests.</summary>
/// <param name="TtftSeconds">Time to the first token.</param>
/// <param name="TpotSeconds">Mean time per further token of a request.</param>
/// <param name="Quantile">The share, such as 0.99.</param>
public readonly record struct LatencyTargets(double TtftSeconds, double TpotSeconds, double Quantile = 0.99);
