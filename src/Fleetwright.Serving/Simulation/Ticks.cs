namespace Fleetwright.Serving.Simulation;

/// <summary>Simulated time: whole picoseconds from the start of a run, so that sums do not depend on their order. The range is 106 days.</summary>
public static class Ticks
{
    /// <summary>A second.</summary>
    public const double PerSecond = 1e12;

    /// <summary>A time that is never reached.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The longest run, in seconds.</summary>
    public const double MostSeconds = 9e6;

    /// <summary>Ticks of a time in seconds, to the nearest.</summary>
    public static long Of(double seconds) => (long)((seconds * PerSecond) + 0.5);

    /// <summary>Seconds of a time in ticks.</summary>
    public static double Seconds(long ticks) => ticks / PerSecond;
}
