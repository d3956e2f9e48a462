namespace Fleetwright.Catalog.Chips;

/// <summary>Coefficients of prefill attention for one kernel and cache format. Equations: docs/hardware.md, "Prefill attention".</summary>
public sealed record ContextAttentionCoefficients
{
    /// <summary>How the kernel cuts its work.</summary>
    public AttentionTiles Tiles { get; init; }

    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Seconds that a call takes at least because the host starts its kernels one by one (no captured graph); 0 with one.</summary>
    public double LaunchFloor { get; init; }

    /// <summary>Share of the peak matrix rate that the two products of a block reach at head size 128.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Exponent g of the head size: rate × (head size / 128)^g.</summary>
    public required double HeadSizeExponent { get; init; }

    /// <summary>Core clocks per attention score that the matrix unit waits for exponentials.</summary>
    public double ScoreClocks { get; init; }

    /// <summary>Seconds per block of scores besides its work.</summary>
    public double BlockLatency { get; init; }

    /// <summary>Share of a block's work that checking the window adds, in kernels that do not skip blocks outside it.</summary>
    public double MaskLoss { get; init; }

    /// <summary>Share of the longest tile's time that is left over when the others are done.</summary>
    public required double Tail { get; init; }

    /// <summary>Seconds a core spends starting and ending a query block.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Share of the peak memory bandwidth; above 1 where the on-chip memory serves part of it.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Seconds that a block of threads takes to write one new token's keys and values into the cache; 0 when the call does not write them.</summary>
    public double CacheWriteLatency { get; init; }

    /// <summary>Share of the shorter of matrix and memory time that the longer one does not hide.</summary>
    public double OverlapLoss { get; init; }

    /// <summary>How much longer a call takes when it runs long enough to meet the power limit: time × (1 + loss · t / (t + <see cref="ThrottleSeconds"/>)).</summary>
    public double ThrottleLoss { get; init; }

    /// <summary>Matrix seconds after which half of the power limit's loss has set in.</summary>
    public double ThrottleSeconds { get; init; } = 1e-3;

    /// <summary>The only head sizes that run on this kernel; empty: all that no other kernel of the chip claims.</summary>
    public IReadOnlyList<int> HeadSizes { get; init; } = [];

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
