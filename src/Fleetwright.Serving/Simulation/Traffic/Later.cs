namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>Sums of times that stop at <see cref="Ticks.Never"/> instead of turning round.</summary>
internal static class Later
{
    /// <summary>A time (0 or later) so many ticks (0 or more) after another.</summary>
    public static long Than(long time, long ticks) => ticks > Ticks.Never - time ? Ticks.Never : time + ticks;
}
