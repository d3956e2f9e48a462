namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>What the adapters of a fleet did. Whole numbers, so that replicas add up to the same in any order.</summary>
public sealed class AdapterTraffic
{
    /// <summary>Sequences with an adapter that started to run, also those that came back after an eviction.</summary>
    public long Starts { get; internal set; }

    /// <summary>Of these, those whose adapter had to be loaded on the chips.</summary>
    public long Loads { get; internal set; }

    /// <summary>Loads that came from disk.</summary>
    public long DiskLoads { get; internal set; }

    /// <summary>Ticks that loads added to iterations.</summary>
    public long LoadTicks { get; internal set; }

    /// <summary>Ticks that replicas were busy, each times the different adapters in the batch.</summary>
    public long AdapterTicks { get; internal set; }

    /// <summary>Ticks that replicas were busy.</summary>
    public long BusyTicks { get; internal set; }

    /// <summary>Ticks in which requests waited and none of them could start because all adapter slots were taken.</summary>
    public long BlockedTicks { get; internal set; }

    /// <summary>Adds another replica's.</summary>
    public void Add(AdapterTraffic other)
    {
        Starts += other.Starts;
        Loads += other.Loads;
        DiskLoads += other.DiskLoads;
        LoadTicks += other.LoadTicks;
        AdapterTicks += other.AdapterTicks;
        BusyTicks += other.BusyTicks;
        BlockedTicks += other.BlockedTicks;
    }
}
