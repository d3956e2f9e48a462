namespace Fleetwright.Serving.Simulation.Offload;

/// <summary>What happens to the cache of a sequence that must leave the chips.</summary>
public enum PreemptionKind
{
    /// <summary>It is forgotten and computed again.</summary>
    Recompute,

    /// <summary>It is copied to the host's memory and back. Source: vLLM before V1, <c>core/scheduler.py</c>, <c>PreemptionMode.SWAP</c>.</summary>
    Swap,
}

/// <summary>Where the cache of a replica goes when it does not fit on its chips. Sizes and the disk are those of one replica.</summary>
public sealed record CacheOffload
{
    /// <summary>What eviction does.</summary>
    public PreemptionKind Preemption { get; init; }

    /// <summary>Bytes per second between each chip and its host, in one direction; all chips of a replica copy their parts at once.</summary>
    public required double HostLink { get; init; }

    /// <summary>Bytes of host memory for sequences that were swapped out; when it is full, eviction recomputes.</summary>
    public double SwapBytes { get; init; }

    /// <summary>Bytes of host memory for units that the prefix cache of the chips has dropped.</summary>
    public double HostBytes { get; init; }

    /// <summary>Bytes of disk for units that the host has dropped.</summary>
    public double DiskBytes { get; init; }

    /// <summary>Bytes per second that the replica's disks read.</summary>
    public double DiskBandwidth { get; init; }

    /// <summary>Whether units that the chips drop are kept anywhere.</summary>
    public bool HasTiers => HostBytes > 0 || DiskBytes > 0;
}

/// <summary>The same in blocks of the cache and seconds, as a replica's state needs it.</summary>
internal sealed record OffloadLimits
{
    /// <summary>Blocks of swap space.</summary>
    public long SwapBlocks { get; init; }

    /// <summary>Blocks that host memory keeps.</summary>
    public long HostBlocks { get; init; }

    /// <summary>Blocks that the disk keeps.</summary>
    public long DiskBlocks { get; init; }

    /// <summary>Seconds in which a block crosses the host link.</summary>
    public double HostSeconds { get; init; }

    /// <summary>Seconds in which a block comes from the disk: it is read and copied on at once, so that the slower of the two counts.</summary>
    public double DiskSeconds { get; init; }

    /// <summary>Seconds in which a prompt token is computed when prompts fill an iteration: what a load is weighed against.</summary>
    public double TokenSeconds { get; init; }

    /// <summary>Bytes of a block on all chips of the replica.</summary>
    public double BlockBytes { get; init; }

    /// <summary>Converts.</summary>
    /// <param name="offload">What the replica may use.</param>
    /// <param name="chipBlockBytes">Bytes of a block on one chip.</param>
    /// <param name="chips">Chips of the replica, which hold equal parts of each block.</param>
    /// <param name="tokenSeconds">Seconds in which a prompt token is computed.</param>
    public static OffloadLimits Of(CacheOffload offload, double chipBlockBytes, int chips, double tokenSeconds)
    {
        double blockBytes = chipBlockBytes * chips, link = chipBlockBytes / offload.HostLink;
        return new OffloadLimits
        {
            SwapBlocks = offload.Preemption == PreemptionKind.Swap ? (long)(offload.SwapBytes / blockBytes) : 0,
            HostBlocks = (long)(offload.HostBytes / blockBytes),
            DiskBlocks = (long)(offload.DiskBytes / blockBytes),
            HostSeconds = link,
            DiskSeconds = Math.Max(link, blockBytes / offload.DiskBandwidth),
            TokenSeconds = tokenSeconds,
            BlockBytes = blockBytes,
        };
    }
}
