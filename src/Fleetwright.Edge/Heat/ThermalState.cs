namespace Fleetwright.Edge.Heat;

/// <summary>
/// How warm a case is, as the power that it would shed at its present temperature: a first-order lag (Newton's law of cooling),
/// dx/dt = (P − x)/τ. The device throttles from the moment that x reaches what the case may shed for hours. Derivations: <c>docs/edge-heat.md</c>.
/// </summary>
/// <param name="CaseWatts">Power in watts that the case sheds now; at rest the power drawn at rest.</param>
public readonly record struct ThermalState(double CaseWatts)
{
    /// <summary>The state after a constant power: x(t) = P + (x₀ − P)·e^(−t/τ).</summary>
    /// <param name="watts">Power of the whole device.</param>
    /// <param name="seconds">How long; at least 0.</param>
    /// <param name="timeConstantSeconds">τ.</param>
    public ThermalState After(double watts, double seconds, double timeConstantSeconds) =>
        new(watts + ((CaseWatts - watts) * Math.Exp(-seconds / timeConstantSeconds)));

    /// <summary>Seconds at a constant power until the case sheds <paramref name="limitWatts"/>; 0 when it does already, infinite when it never does.</summary>
    public double SecondsTo(double limitWatts, double watts, double timeConstantSeconds) =>
        CaseWatts >= limitWatts ? 0
        : watts <= limitWatts ? double.PositiveInfinity
        : timeConstantSeconds * Math.Log((watts - CaseWatts) / (watts - limitWatts));

    /// <summary>
    /// Seconds until a device that starts at rest throttles when it works a share of the time, in spells far shorter than τ: the case then follows
    /// the mean power. Without a pause (a share of 1) this is exact; for long spells see the overload that takes them.
    /// </summary>
    /// <param name="baseWatts">Power between spells.</param>
    /// <param name="burstWatts">Power in a spell.</param>
    /// <param name="sustainedWatts">Power that the case sheds for hours.</param>
    /// <param name="timeConstantSeconds">τ.</param>
    /// <param name="dutyShare">Share of the time at work, 0 to 1.</param>
    public static double SecondsToThrottle(double baseWatts, double burstWatts, double sustainedWatts, double timeConstantSeconds, double dutyShare = 1) =>
        new ThermalState(baseWatts).SecondsTo(sustainedWatts, baseWatts + (dutyShare * (burstWatts - baseWatts)), timeConstantSeconds);

    /// <summary>
    /// Seconds until a device that starts at rest throttles when it works <paramref name="workSeconds"/> of every <paramref name="periodSeconds"/>:
    /// with y above rest, D = burst − base, a = e^(−work/τ), b = e^(−pause/τ), the case peaks at y_n = D(1−a)(1−(ab)^n)/(1−ab) at the end of the
    /// n-th spell; the first n whose peak reaches the limit is found in closed form, and the moment within that spell too.
    /// </summary>
    /// <param name="baseWatts">Power between spells.</param>
    /// <param name="burstWatts">Power in a spell.</param>
    /// <param name="sustainedWatts">Power that the case sheds for hours.</param>
    /// <param name="timeConstantSeconds">τ.</param>
    /// <param name="workSeconds">Length of a spell.</param>
    /// <param name="periodSeconds">From the start of one spell to the start of the next; a shorter one than the spell means without a pause.</param>
    public static double SecondsToThrottle(double baseWatts, double burstWatts, double sustainedWatts, double timeConstantSeconds, double workSeconds, double periodSeconds)
    {
        if (workSeconds >= periodSeconds || baseWatts >= sustainedWatts)
        {
            return SecondsToThrottle(baseWatts, burstWatts, sustainedWatts, timeConstantSeconds);
        }

        double limit = sustainedWatts - baseWatts, work = burstWatts - baseWatts;
        double heat = -double.ExpM1(-workSeconds / timeConstantSeconds), cycle = -double.ExpM1(-periodSeconds / timeConstantSeconds);
        double settled = work * heat / cycle;
        if (settled <= limit)
        {
            return double.PositiveInfinity;
        }

        double spells = Math.Max(1, Math.Ceiling(Math.Log(1 - (limit / settled)) * -timeConstantSeconds / periodSeconds));
        double before = (spells - 1) * periodSeconds;
        double start = settled * -double.ExpM1(-before / timeConstantSeconds) * Math.Exp(-(periodSeconds - workSeconds) / timeConstantSeconds);
        return before + new ThermalState(start).SecondsTo(limit, work, timeConstantSeconds);
    }
}
