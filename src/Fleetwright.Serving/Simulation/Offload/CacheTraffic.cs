namespace Fleetwright.Serving.Simulation.Offload;

/// <summary>What was found of prompts, and what moved between chips, host and disk. Whole numbers, so that replicas add up to the same in any order.</summary>
public sealed class CacheTraffic
{
    /// <summary>Tokens to be computed of all sequences when they were admitted, also of those that came back after an eviction.</summary>
    public long PromptTokens { get; internal set; }

    /// <summary>Of these, found on the chips, or on their way there for another.</summary>
    public long ChipTokens { get; internal set; }

    /// <summary>Loaded from host memory.</summary>
    public long HostTokens { get; internal set; }

    /// <summary>Loaded from disk.</summary>
    public long DiskTokens { get; internal set; }

    /// <summary>Sequences that waited for a load.</summary>
    public long Loads { get; internal set; }

    /// <summary>Sequences that computed what a tier had, because loading would have taken longer.</summary>
    public long LoadsDeclined { get; internal set; }

    /// <summary>Ticks in which the copy engine loaded.</summary>
    public long LoadTicks { get; internal set; }

    /// <summary>Ticks from asking for loads to their ends, summed over loads: waiting for earlier ones included.</summary>
    public long LoadWaitTicks { get; internal set; }

    /// <summary>Blocks loaded from host memory.</summary>
    public long HostBlocksRead { get; internal set; }

    /// <summary>Blocks loaded from disk.</summary>
    public long DiskBlocksRead { get; internal set; }

    /// <summary>Blocks that chips dropped into a tier.</summary>
    public long BlocksKept { get; internal set; }

    /// <summary>Blocks of them that went on, or straight, to the disk.</summary>
    public long DiskBlocksWritten { get; internal set; }

    /// <summary>Evictions that copied a sequence to the host.</summary>
    public long SwapsOut { get; internal set; }

    /// <summary>Sequences that were copied back.</summary>
    public long SwapsIn { get; internal set; }

    /// <summary>Evictions that had to recompute because the swap space was full.</summary>
    public long SwapsDenied { get; internal set; }

    /// <summary>Blocks copied out by swaps.</summary>
    public long SwapBlocksOut { get; internal set; }

    /// <summary>Blocks copied back by swaps; less than out where the prefix cache still had some.</summary>
    public long SwapBlocksIn { get; internal set; }

    /// <summary>Ticks that swaps added to iterations.</summary>
    public long SwapTicks { get; internal set; }

    /// <summary>Bytes of a block on all chips of a replica.</summary>
    public double BlockBytes { get; internal set; }

    /// <summary>Share of the tokens that were asked for and found anywhere.</summary>
    public double FoundShare => PromptTokens == 0 ? 0 : (ChipTokens + HostTokens + DiskTokens) / (double)PromptTokens;

    /// <summary>Adds another replica's.</summary>
    public void Add(CacheTraffic other)
    {
        PromptTokens += other.PromptTokens;
        ChipTokens += other.ChipTokens;
        HostTokens += other.HostTokens;
        DiskTokens += other.DiskTokens;
        Loads += other.Loads;
        LoadsDeclined += other.LoadsDeclined;
        LoadTicks += other.LoadTicks;
        LoadWaitTicks += other.LoadWaitTicks;
        HostBlocksRead += other.HostBlocksRead;
        DiskBlocksRead += other.DiskBlocksRead;
        BlocksKept += other.BlocksKept;
        DiskBlocksWritten += other.DiskBlocksWritten;
        SwapsOut += other.SwapsOut;
        SwapsIn += other.SwapsIn;
        SwapsDenied += other.SwapsDenied;
        SwapBlocksOut += other.SwapBlocksOut;
        SwapBlocksIn += other.SwapBlocksIn;
        SwapTicks += other.SwapTicks;
        BlockBytes = Math.Max(BlockBytes, other.BlockBytes);
    }
}
