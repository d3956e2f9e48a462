using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>How a stream is dealt out to replicas that are simulated each on its own.</summary>
public enum SplitRule
{
    /// <summary>Each request goes to a replica at random: the router <c>random</c>.</summary>
    Random,

    /// <summary>Replicas take turns: the router <c>round robin</c>.</summary>
    RoundRobin,
}

/// <summary>
/// When requests arrive: a renewal process with gaps of mean 1 on a clock that runs at the rate of the moment (a change of time, as in
/// Gerhardt and Nelson, INFORMS J. Computing 21(4), 2009). With Poisson gaps it is the Poisson process of that rate, constant or not.
/// </summary>
/// <param name="Rate">Requests per second over time.</param>
/// <param name="Gaps">How regular they are.</param>
public sealed record ArrivalModel(RateModel Rate, GapModel Gaps)
{
    /// <summary>A Poisson process.</summary>
    public static ArrivalModel Poisson(double perSecond) => new(new ConstantRate(perSecond), GapModel.Poisson);

    /// <summary>
    /// What one of many replicas sees of this process. Exact for each replica by itself: for random dealing of a Poisson process the
    /// replicas' streams are independent too, so together they are the whole; for dealing in turn the sum of so many gaps is one gap.
    /// </summary>
    /// <param name="parts">Replicas.</param>
    /// <param name="rule">How requests are dealt out.</param>
    /// <exception cref="InputException">The gaps do not split so: Weibull gaps never do, gamma and constant ones only in turn.</exception>
    public ArrivalModel Split(int parts, SplitRule rule)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        GapModel? gaps = (rule, Gaps.Kind) switch
        {
            _ when parts == 1 => Gaps,
            (SplitRule.Random, GapKind.Poisson) => GapModel.Poisson,
            (SplitRule.RoundRobin, GapKind.Poisson) => new GapModel(GapKind.Gamma, parts),
            (SplitRule.RoundRobin, GapKind.Gamma) => new GapModel(GapKind.Gamma, Gaps.Shape * parts),
            (SplitRule.RoundRobin, GapKind.Constant) => GapModel.Constant,
            _ => null,
        };
        return new ArrivalModel(Rate.Times(1.0 / parts), gaps ?? throw new InputException(
            "arrivals", $"{Gaps.Kind} gaps cannot be dealt out {(rule == SplitRule.Random ? "at random" : "in turn")} to replicas that are simulated apart; allowed: {(rule == SplitRule.Random ? "poisson" : "poisson, gamma, constant")}, or one stream for all replicas"));
    }
}
