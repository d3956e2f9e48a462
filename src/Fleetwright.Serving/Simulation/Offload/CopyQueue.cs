namespace Fleetwright.Serving.Simulation.Offload;

/// <summary>A copy engine: one copy after another, in the order in which they were asked for.</summary>
internal struct CopyQueue
{
    private long _free;

    /// <summary>Ticks that a copy asked for now waits for earlier ones.</summary>
    public readonly long Wait(long now) => Math.Max(0, _free - now);

    /// <summary>Asks for a copy that takes so many ticks; says when it is done.</summary>
    public long Add(long now, long ticks) => _free = Math.Max(now, _free) + ticks;
}
