using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>How many requests a second arrive, over time.</summary>
public abstract record RateModel
{
    /// <summary>Mean requests per second over a long time.</summary>
    public abstract double MeanPerSecond { get; }

    /// <summary>The same course of time with all rates multiplied.</summary>
    public abstract RateModel Times(double factor);

    /// <summary>The rates in time; <paramref name="seed"/> and <paramref name="entity"/> name the stream of a rate that is itself random.</summary>
    internal abstract RatePath Path(ulong seed, string entity);

    private protected static double Rate(double perSecond, string what) => perSecond is >= 0 and <= 1e9
        ? perSecond
        : throw new InputException("rate", FormattableString.Invariant($"found {perSecond} requests per second for {what}; allowed: 0 to 1,000,000,000"));
}

/// <summary>The same rate at all times.</summary>
/// <param name="PerSecond">Requests per second, at least 0.</param>
public sealed record ConstantRate(double PerSecond) : RateModel
{
    /// <inheritdoc/>
    public override double MeanPerSecond => PerSecond;

    /// <inheritdoc/>
    public override RateModel Times(double factor) => new ConstantRate(PerSecond * factor);

    internal override RatePath Path(ulong seed, string entity) => new ConstantPath(Rate(PerSecond, "a constant rate"));
}

/// <summary>A rate in steps, such as one value an hour of the day.</summary>
/// <param name="PerSecond">Requests per second of each step.</param>
/// <param name="StepSeconds">Length of a step.</param>
/// <param name="Repeats">Whether it starts anew after its last step; without, the stream ends there.</param>
public sealed record RateCurve(IReadOnlyList<double> PerSecond, double StepSeconds = 3600, bool Repeats = true) : RateModel
{
    /// <inheritdoc/>
    public override double MeanPerSecond => PerSecond.Average();

    /// <summary>A day in hours, as shares of <paramref name="meanPerSecond"/>: the shares need not be normalised.</summary>
    /// <exception cref="InputException">There are not 24 values, one is negative, or all are 0.</exception>
    public static RateCurve OfHours(IReadOnlyList<double> shares, double meanPerSecond)
    {
        double total = shares.Sum();
        if (shares.Count != 24 || shares.Any(s => s is not (>= 0 and < double.PositiveInfinity)) || total <= 0)
        {
            throw new InputException("hours", FormattableString.Invariant($"found {shares.Count} values that add up to {total}; allowed: 24, none negative, not all 0"));
        }

        return new RateCurve([.. shares.Select(s => s * 24 * meanPerSecond / total)]);
    }

    /// <inheritdoc/>
    public override RateModel Times(double factor) => this with { PerSecond = [.. PerSecond.Select(r => r * factor)] };

    internal override RatePath Path(ulong seed, string entity)
    {
        if (PerSecond.Count == 0 || !(StepSeconds > 0) || StepSeconds * PerSecond.Count > Ticks.MostSeconds)
        {
            throw new InputException("rate", FormattableString.Invariant($"found {PerSecond.Count} steps of {StepSeconds} s; allowed: at least one, longer than 0, together at most {Ticks.MostSeconds} s"));
        }

        return new CurvePath([.. PerSecond.Select(r => Rate(r, "a step of a curve"))], Ticks.Of(StepSeconds), Repeats);
    }
}

/// <summary>Bursts: times of a high rate and of a low one take turns, each exponentially long (a Markov-modulated Poisson process when the gaps are Poisson's).</summary>
/// <param name="OnPerSecond">Requests per second in a burst.</param>
/// <param name="OffPerSecond">Requests per second between bursts, may be 0.</param>
/// <param name="OnSeconds">Mean length of a burst.</param>
/// <param name="OffSeconds">Mean time between bursts.</param>
public sealed record OnOffRate(double OnPerSecond, double OffPerSecond, double OnSeconds, double OffSeconds) : RateModel
{
    /// <inheritdoc/>
    public override double MeanPerSecond => ((OnPerSecond * OnSeconds) + (OffPerSecond * OffSeconds)) / (OnSeconds + OffSeconds);

    /// <summary>Bursts with the given mean rate.</summary>
    /// <param name="meanPerSecond">Mean requests per second over a long time.</param>
    /// <param name="onSeconds">Mean length of a burst.</param>
    /// <param name="offSeconds">Mean time between bursts.</param>
    /// <param name="offShare">The rate between bursts ÷ the rate in them.</param>
    public static OnOffRate OfMean(double meanPerSecond, double onSeconds, double offSeconds, double offShare = 0)
    {
        double on = meanPerSecond * (onSeconds + offSeconds) / (onSeconds + (offShare * offSeconds));
        return new OnOffRate(on, on * offShare, onSeconds, offSeconds);
    }

    /// <inheritdoc/>
    public override RateModel Times(double factor) => this with { OnPerSecond = OnPerSecond * factor, OffPerSecond = OffPerSecond * factor };

    internal override RatePath Path(ulong seed, string entity)
    {
        if (OnSeconds is not (> 0 and <= Ticks.MostSeconds) || OffSeconds is not (> 0 and <= Ticks.MostSeconds))
        {
            throw new InputException("on-off", FormattableString.Invariant($"found bursts of {OnSeconds} s and {OffSeconds} s between them; allowed: longer than 0, at most {Ticks.MostSeconds} s"));
        }

        _ = Rate(OnPerSecond, "bursts") + Rate(OffPerSecond, "the time between bursts");
        return new OnOffPath(this, new RandomStream(seed, entity, "on-off"));
    }
}
