using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>
/// When a piece of hardware fails: a Poisson process that never stops. A failure while nothing is there to fail has no effect, which leaves times to failure exponential from
/// any repair on; and no failure moves because of what else happens to the fleet, so that two policies meet the same failures.
/// </summary>
/// <param name="meanSeconds">Mean seconds between failures.</param>
/// <param name="seed">From <see cref="RandomStream.SeedOf"/>.</param>
/// <param name="number">Which of its kind.</param>
internal struct HazardProcess(double meanSeconds, ulong seed, long number)
{
    private RandomStream _random = RandomStream.Numbered(seed, number);

    /// <summary>The next failure after <paramref name="now"/>, in ticks.</summary>
    public long Next(long now) => Later.Than(now, Draw(meanSeconds));

    /// <summary>Ticks of an exponentially long time.</summary>
    public long Draw(double mean) => -mean * Math.Log(_random.NextPositiveUnit()) is var seconds && seconds < Ticks.MostSeconds ? Ticks.Of(seconds) : Ticks.Never;
}
