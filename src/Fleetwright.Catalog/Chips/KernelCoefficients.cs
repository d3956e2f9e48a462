namespace Fleetwright.Catalog.Chips;

/// <summary>How well a family of operators was fitted.</summary>
/// <param name="Error">Mean absolute error of the time as a fraction of it, on rows not fitted.</param>
/// <param name="Median">Median absolute error, same rows.</param>
/// <param name="Rows">Measured rows behind the fit; 0 when the coefficients are a relative's.</param>
public readonly record struct FitQuality(double Error, double Median, int Rows);

/// <summary>Coefficients of matrix products in one number format. Equations: docs/hardware.md, "Matrix products".</summary>
public sealed record MatrixProductCoefficients
{
    /// <summary>Seconds before the work starts.</summary>
    public required double Overhead { get; init; }

    /// <summary>Share of the peak matrix rate that full tiles sustain under the power limit.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Share of the peak memory bandwidth that weight streaming sustains.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Exponent h of the small-tile penalty: a tile of a elements runs at (a / 128²)^h of the rate, at most 1.</summary>
    public required double SmallTileExponent { get; init; }

    /// <summary>Bandwidth into one core as a multiple of its even share of the memory bandwidth.</summary>
    public required double CoreBandwidth { get; init; }

    /// <summary>Seconds a core spends starting and ending a tile.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Share of the shorter of matrix and memory time that the longer one does not hide.</summary>
    public required double OverlapLoss { get; init; }

    /// <summary>How much longer a product takes when it runs long enough to meet the power limit: time × (1 + loss · t / (t + <see cref="ThrottleSeconds"/>)).</summary>
    public double ThrottleLoss { get; init; }

    /// <summary>Matrix seconds after which half of the power limit's loss has set in.</summary>
    public double ThrottleSeconds { get; init; } = 1e-3;

    /// <summary>Passes over the activations to convert them to the product's format, as a multiple of reading 16-bit and writing the format; 0 when they come converted.</summary>
    public double Conversion { get; init; }

    /// <summary>Passes over the 16-bit rows that are dealt to experts and summed from them; 0 for single products.</summary>
    public double Routing { get; init; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}

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
