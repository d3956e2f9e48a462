namespace Fleetwright.Catalog.Chips;

/// <summary>Coefficients of decode attention for one kernel and cache format. Equations: docs/hardware.md, "Decode attention".</summary>
public sealed record DecodeAttentionCoefficients
{
    /// <summary>How the kernel cuts its work.</summary>
    public AttentionTiles Tiles { get; init; }

    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Seconds that a call takes at least because the host starts its kernels one by one (no captured graph); 0 with one.</summary>
    public double LaunchFloor { get; init; }

    /// <summary>Share of the peak memory bandwidth at long contexts.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Bandwidth into one core as a multiple of its even share of the memory bandwidth; counts where <see cref="CoreBytesPerClock"/> is 0.</summary>
    public double CoreBandwidth { get; init; } = 2;

    /// <summary>Bytes of the cache that one core takes in per clock; 0: <see cref="CoreBandwidth"/> says it.</summary>
    public double CoreBytesPerClock { get; init; }

    /// <summary>Exponent g of the head size in a core's feed: bytes per clock × (128 / head size)^g; above 0 where heads are converted on their way in.</summary>
    public double HeadSizeExponent { get; init; }

    /// <summary>Streams whose latency a core hides behind each other.</summary>
    public double StreamsPerCore { get; init; } = 1;

    /// <summary>Seconds a core spends starting and ending a part of a sequence.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Further seconds of a part behind a window, at head size 128; inversely proportional to it.</summary>
    public double WindowLatency { get; init; }

    /// <summary>Seconds in which a kernel's scheduler looks through 31 sequences for a core's next part.</summary>
    public double ScanLatency { get; init; }

    /// <summary>Seconds of launching one part of a split cache, empty ones included.</summary>
    public double DispatchLatency { get; init; }

    /// <summary>Seconds per doubling of the parts that a sequence is split into, to join them; of the join in all on Xe2; 0 for kernels that always start their second kernel.</summary>
    public double JoinLatency { get; init; }

    /// <summary>Seconds from the end of one kernel of a call to the start of the next, for kernels that join split caches or copy grouped queries and results in kernels of their own.</summary>
    public double KernelLatency { get; init; }

    /// <summary>Share of a part's time that every further eight query heads of a KV head add; for flash-attention-4 share of its scan that each query head adds.</summary>
    public double GroupLoss { get; init; }

    /// <summary>How much longer, as a share, a block takes in latent attention of one head, which runs without matrix units.</summary>
    public double SingleHeadLoss { get; init; }

    /// <summary>Share of the peak matrix rate that the small products of decoding reach.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Share of the shorter of core and memory time that the longer one does not hide.</summary>
    public double OverlapLoss { get; init; }

    /// <summary>Share of the shared on-chip memory that keeps a cache from one step to the next when it fits; 0: none.</summary>
    public double SharedMemoryShare { get; init; }

    /// <summary>How many times faster than off-chip memory a kept cache is read.</summary>
    public double SharedMemoryGain { get; init; } = 1;

    /// <summary>The only head sizes that run on this kernel; empty: all that no other kernel of the chip claims.</summary>
    public IReadOnlyList<int> HeadSizes { get; init; } = [];

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
