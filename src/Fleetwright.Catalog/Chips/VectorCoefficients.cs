namespace Fleetwright.Catalog.Chips;

/// <summary>Kinds of operators that stream activations through the vector units.</summary>
public enum VectorKind
{
    /// <summary>Each element on its own: activation functions, residual adds, conversions, rotary embedding.</summary>
    Pointwise,

    /// <summary>Each row by its mean and variance: layer norm, RMS norm.</summary>
    Normalisation,

    /// <summary>Each row by its greatest element and the sum of its exponentials.</summary>
    Softmax,
}

/// <summary>Coefficients of one kind of vector operator. Equations: docs/hardware.md, "Vector operators".</summary>
public sealed record VectorCoefficients
{
    /// <summary>Seconds before the work starts, inside a captured graph; null: as any operator of the chip.</summary>
    public double? Overhead { get; init; }

    /// <summary>Share of the peak memory bandwidth when each element is read once and written once.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Vector operations that an element costs, conversions and exponentials included; 0 when memory always sets the time.</summary>
    public double Operations { get; init; }

    /// <summary>What a second read of a row costs that is still on the chip, as a share of one from off-chip memory. Rows of up to 1,024 elements are read once.</summary>
    public double Reread { get; init; }

    /// <summary>Bytes of a row up to which it is still on the chip at its second read; 0: at any length.</summary>
    public double RowRoom { get; init; }

    /// <summary>Seconds that a core spends starting and ending a row.</summary>
    public double RowLatency { get; init; }

    /// <summary>Further seconds of an operator whose rows are read several times.</summary>
    public double LongRowLatency { get; init; }

    /// <summary>How much longer the work of a short kernel takes: work × (1 + loss / (1 + work / <see cref="ShortSeconds"/>)).</summary>
    public double ShortLoss { get; init; }

    /// <summary>Seconds of work at which half of <see cref="ShortLoss"/> is gone.</summary>
    public double ShortSeconds { get; init; } = 1e-3;

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
