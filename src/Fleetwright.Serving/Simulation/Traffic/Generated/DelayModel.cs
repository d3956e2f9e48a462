using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Randomness;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>The distribution of a pause.</summary>
public enum DelayKind
{
    /// <summary>All alike.</summary>
    Constant,

    /// <summary>Exponential.</summary>
    Exponential,

    /// <summary>Lognormal.</summary>
    Lognormal,
}

/// <summary>How long a client thinks before its next request.</summary>
/// <param name="Kind">The distribution.</param>
/// <param name="MeanSeconds">Mean seconds, at least 0.</param>
/// <param name="Cv">Standard deviation ÷ mean of a lognormal one.</param>
public readonly record struct DelayModel(DelayKind Kind, double MeanSeconds, double Cv = 0)
{
    /// <summary>No pause.</summary>
    public static DelayModel None => default;

    /// <summary>A model from text: <c>2</c> or <c>constant:2</c>, <c>exponential:2</c>, <c>lognormal:2,0.8</c>; seconds.</summary>
    /// <param name="option">The option that the text was given for, named in errors.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="InputException">The text is none of these, or a number is out of range.</exception>
    public static DelayModel Parse(string option, string text)
    {
        string[] halves = text.Split(':', 2, StringSplitOptions.TrimEntries);
        string kind = halves.Length == 1 ? "constant" : halves[0].ToLowerInvariant();
        double[] numbers = [.. halves[^1].Split(',').Select(w => double.TryParse(w, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
        DelayModel? model = (kind, numbers.Length) switch
        {
            ("constant", 1) => new DelayModel(DelayKind.Constant, numbers[0]),
            ("exponential", 1) => new DelayModel(DelayKind.Exponential, numbers[0]),
            ("lognormal", 2) => new DelayModel(DelayKind.Lognormal, numbers[0], numbers[1]),
            _ => null,
        };
        return model is { } m && m.IsValid ? m
            : throw new InputException(option, $"found '{text}'; allowed: SECONDS, exponential:SECONDS or lognormal:SECONDS,CV; seconds from 0 to 9,000,000, cv from 0 to 100{NearMiss.Suggestion(kind, ["constant", "exponential", "lognormal"])}");
    }

    internal bool IsValid => MeanSeconds is >= 0 and <= Ticks.MostSeconds && Cv is >= 0 and <= 100;

    internal DelayModel Checked(string what) => IsValid ? this
        : throw new InputException(what, FormattableString.Invariant($"found a mean of {MeanSeconds} s and a cv of {Cv}; allowed: 0 to 9,000,000 s, 0 to 100"));

    /// <summary>The end of a pause that begins now, in ticks.</summary>
    internal long EndAfter(long now, ref RandomStream random)
    {
        double seconds = MeanSeconds;
        if (Kind == DelayKind.Exponential)
        {
            seconds *= Ziggurat.Exponential(ref random);
        }
        else if (Kind == DelayKind.Lognormal && seconds > 0)
        {
            var length = new LengthDistribution(seconds, Cv);
            seconds = Math.Exp(length.LogMean + (length.LogDeviation * Ziggurat.Normal(ref random)));
        }

        return Later.Than(now, Ticks.Of(Math.Min(seconds, Ticks.MostSeconds)));
    }
}
