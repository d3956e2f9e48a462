using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Kernels;

/// <summary>Kernel coefficients for a calibration file that states only the shares of the peak: the rest as measured chips have them on average.</summary>
internal static class DefaultCoefficients
{
    /// <summary>Bandwidth into a core over its share of the memory bandwidth: the least of the measured chips.</summary>
    public const double CoreBandwidth = 3;

    /// <summary>Seconds to start and end a tile: the middle of the measured chips.</summary>
    public const double TileLatency = 5e-7;

    /// <summary>Share of the shorter clock that is not hidden: the low side of the measured chips.</summary>
    public const double OverlapLoss = 0.2;

    // A chip whose software moves data between its memories (DMA beside the matrix units) hides the shorter clock; where the bandwidth of
    // the shared memory is published, it feeds the cores, otherwise three times the off-chip bandwidth, the least of the measured chips.
    public static MatrixProductCoefficients MatrixProduct(ChipCoefficients flat, double matrixEfficiency, Chip chip) => new()
    {
        Overhead = flat.LaunchOverhead,
        MatrixEfficiency = matrixEfficiency,
        MemoryEfficiency = flat.MemoryEfficiency,
        SmallTileExponent = flat.SmallTileExponent,
        CoreBandwidth = chip.SharedMemoryBandwidth is { } shared ? Math.Max(CoreBandwidth, shared / chip.MemoryBandwidth) : CoreBandwidth,
        TileLatency = TileLatency,
        OverlapLoss = chip.SharedMemoryHoldsActivations ? 0 : OverlapLoss,
    };

    // A layer has two products, so twice the launch; routing as measured kernels have it: four passes over the hidden vectors of the routed rows.
    public static GroupedProductCoefficients GroupedProduct(ChipCoefficients flat, double matrixEfficiency, Chip chip)
    {
        MatrixProductCoefficients product = MatrixProduct(flat, matrixEfficiency, chip);
        return new()
        {
            Overhead = 2 * product.Overhead,
            MatrixEfficiency = product.MatrixEfficiency,
            MemoryEfficiency = product.MemoryEfficiency,
            SmallTileExponent = product.SmallTileExponent,
            CoreBandwidth = product.CoreBandwidth,
            TileLatency = product.TileLatency,
            OverlapLoss = product.OverlapLoss,
            Routing = 4,
        };
    }

    public static ContextAttentionCoefficients ContextAttention(ChipCoefficients flat) => new()
    {
        Overhead = flat.LaunchOverhead,
        MatrixEfficiency = flat.ContextAttentionEfficiency * (flat.MatrixEfficiency.TryGetValue(Catalog.Units.Dtype.Bf16, out var bf16) ? bf16.Value : 0.7),
        HeadSizeExponent = 0.3,
        Tail = 0.5,
        TileLatency = 5e-7,
        MemoryEfficiency = flat.MemoryEfficiency,
    };

    public static DecodeAttentionCoefficients DecodeAttention(ChipCoefficients flat) => new()
    {
        Overhead = flat.LaunchOverhead,
        MemoryEfficiency = flat.MemoryEfficiency * flat.DecodeAttentionEfficiency,
        CoreBandwidth = 2,
        TileLatency = 1e-6,
        JoinLatency = 5e-7,
        MatrixEfficiency = 0.2,
    };
}
