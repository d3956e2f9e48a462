namespace Fleetwright.Hardware.Kernels;

/// <summary>How far a power cap below a chip's limit lowers its clock. Equations and source: docs/hardware.md, "Energy".</summary>
internal static class PowerCap
{
    // Firmware keeps a least clock; a quarter of the highest is assumed.
    private const double LeastClock = 0.25;

    /// <summary>
    /// Clock under <paramref name="cap"/> as a share of the clock under <paramref name="limit"/>. Work that runs into the limit draws rest + dynamic power;
    /// dynamic power goes with clock × voltage², voltage with the clock: cap = rest + (limit − rest) · f³.
    /// </summary>
    /// <param name="cap">Watts allowed.</param>
    /// <param name="limit">Watts that the measured clocks belong to.</param>
    /// <param name="rest">Watts that do not depend on the clock.</param>
    public static double Clock(double cap, double limit, double rest) =>
        cap >= limit ? 1 : Math.Clamp(Math.Cbrt(Math.Max(0, cap - rest) / (limit - rest)), LeastClock, 1);
}
