namespace Fleetwright.Catalog.Chips;


/// <summary>Coefficients of prefill attention for one cache format. Equations: docs/hardware.md, "Prefill attention".</summary>
public sealed record ContextAttentionCoefficients
{
    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Share of the peak matrix rate at head size 128 and long lengths.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Exponent g of the head size: rate × (head size / 128)^g.</summary>
    public required double HeadSizeExponent { get; init; }

    /// <summary>Share of the longest tile's time that is left over when the others are done.</summary>
    public required double Tail { get; init; }

    /// <summary>Seconds a core spends starting and ending a query block.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Share of the peak memory bandwidth.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}

/// <summary>Coefficients of decode attention for one cache format. Equations: docs/hardware.md, "Decode attention".</summary>
public sealed record DecodeAttentionCoefficients
{
    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Share of the peak memory bandwidth at long contexts.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Bandwidth into one core as a multiple of its even share of the memory bandwidth.</summary>
    public required double CoreBandwidth { get; init; }

    /// <summary>Seconds a core spends starting and ending a part of a sequence.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Seconds per doubling of the parts that a sequence is split into, to join them.</summary>
    public required double JoinLatency { get; init; }

    /// <summary>Share of the peak matrix rate that the small products of decoding reach.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
