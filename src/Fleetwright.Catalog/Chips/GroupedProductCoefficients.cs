namespace Fleetwright.Catalog.Chips;

/// <summary>Coefficients of one fused kernel of a layer of experts, in one number format. Equations: docs/hardware.md, "Experts".</summary>
public sealed record GroupedProductCoefficients
{
    /// <summary>The kernel that they were fitted to, such as <c>triton-bf16</c>; its tiles follow from it. Empty: no measured kernel, tiles as wide as the mean rows of an expert.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Seconds of a layer's launches, without those of the activation; each of the layer's two products carries half.</summary>
    public required double Overhead { get; init; }

    /// <summary>Further seconds of a layer whose experts are spread over several ranks (mapping experts to ranks, skipping other ranks' rows).</summary>
    public double SpreadOverhead { get; init; }

    /// <summary>Seconds that sorting the routed rows takes per doubling of their number.</summary>
    public double SortLatency { get; init; }

    /// <summary>Share of the peak matrix rate that full tiles sustain.</summary>
    public required double MatrixEfficiency { get; init; }

    /// <summary>Share of the peak memory bandwidth that weight streaming sustains.</summary>
    public required double MemoryEfficiency { get; init; }

    /// <summary>Exponent g of the small-tile penalty: a tile of a elements runs at min(1, a / 128²)^g of the rate.</summary>
    public required double SmallTileExponent { get; init; }

    /// <summary>Bandwidth that feeds one tile as a multiple of a core's even share of the memory bandwidth; a core holds up to four tiles.</summary>
    public required double CoreBandwidth { get; init; }

    /// <summary>Seconds a core spends starting and ending a tile.</summary>
    public required double TileLatency { get; init; }

    /// <summary>Share of the shorter of matrix and memory time that the longer one does not hide.</summary>
    public required double OverlapLoss { get; init; }

    /// <summary>Passes over the activations to convert them to the products' format, as a multiple of reading 16-bit and writing the format; 0 when nothing is converted.</summary>
    public double Conversion { get; init; }

    /// <summary>Passes over the hidden vectors of all routed rows, other ranks' rows included: dealing out and summing.</summary>
    public double Routing { get; init; }

    /// <summary>Passes over the outputs of the up product of all routed rows, other ranks' rows included: kernels that write and activate rows of experts that they do not hold.</summary>
    public double InnerRouting { get; init; }

    /// <summary>Share of the shared on-chip memory that holds an expert's weights between its tiles; what does not fit is read again for every block of rows.</summary>
    public double CachedShare { get; init; } = 0.7;

    /// <summary>Cost of a row of a tile that no token fills, over that of a filled row: 1 where the tile is multiplied whole, less where it is skipped, more on a slow path for partial tiles.</summary>
    public double Padding { get; init; } = 1;

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
