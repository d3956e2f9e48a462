using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Kernels;

/// <summary>Kernel coefficients for a calibration file that states only the shares of the peak: the rest as measured chips have them on average.</summary>
internal static class DefaultCoefficients
{
    public static MatrixProductCoefficients MatrixProduct(ChipCoefficients flat, double matrixEfficiency) => new()
    {
        Overhead = flat.LaunchOverhead,
        MatrixEfficiency = matrixEfficiency,
        MemoryEfficiency = flat.MemoryEfficiency,
        SmallTileExponent = flat.SmallTileExponent,
        CoreBandwidth = 3,
        TileLatency = 5e-7,
        OverlapLoss = 0.2,
        Routing = 4,
    };

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
