namespace Fleetwright.Edge.Placement;

/// <summary>How long a radio stays awake after a turn.</summary>
internal static class RadioTail
{
    /// <summary>
    /// Mean seconds of tail of a turn, when turns come as a Poisson process of rate λ in a session of u seconds and each tail ends with the next
    /// turn: E[min(a, gap)] over turns anywhere in the session, no turn following its end within a. With v the time left, a turn's mean is
    /// g(v) = (1 − e^{−λv})/λ + (a − v)·e^{−λv} for v &lt; a and (1 − e^{−λa})/λ beyond; the answer is the mean of g over v from 0 to u.
    /// </summary>
    public static double MeanSeconds(double turnsPerSecond, double sessionSeconds, double tailSeconds)
    {
        double l = turnsPerSecond, u = sessionSeconds, a = tailSeconds;
        if (a <= 0 || u <= 0 || l * a < 1e-5)
        {
            // So rare that the differences below would drown in rounding, and the tail is whole to one part in 10⁵.
            return Math.Max(0, a);
        }

        double b = Math.Min(a, u);

        // ∫₀ᵇ (1 − e^{−λv})/λ dv = b/λ − (1 − e^{−λb})/λ² and ∫₀ᵇ (a − v)·e^{−λv} dv = [a·(1 − e^{−λb}) − ((1 − e^{−λb})/λ − b·e^{−λb})]/λ.
        double e = -double.ExpM1(-l * b);
        double near = (b / l) - (e / (l * l)) + (((a * e) - ((e / l) - (b * Math.Exp(-l * b)))) / l);
        double far = (u - b) * -double.ExpM1(-l * a) / l;
        return (near + far) / u;
    }

    /// <summary>The mean over the turns of the hours of a part of the day.</summary>
    public static double MeanSeconds(UserDay day, DaySegment segment, double tailSeconds)
    {
        double turns = 0;
        double sum = 0;
        for (int hour = segment.FromHour; hour < segment.ToHour; hour++)
        {
            double n = day.TurnsByHour[hour];
            double use = day.UseSecondsByHour[hour];
            if (n > 0 && use > 0)
            {
                turns += n;
                sum += n * MeanSeconds(n / use, use, tailSeconds);
            }
        }

        return turns > 0 ? sum / turns : Math.Max(0, tailSeconds);
    }
}
