using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>Reads the coefficients of layers of experts. Files before the kernels had names lack the keys that default here.</summary>
internal static class GroupedProductReader
{
    /// <summary>Every kernel of <c>grouped_gemm_kernels</c>; the name of a kernel is its key.</summary>
    public static Dictionary<string, GroupedProductCoefficients> Kernels(YamlMap root)
    {
        var kernels = new Dictionary<string, GroupedProductCoefficients>(StringComparer.Ordinal);
        YamlMap? map = root.OptionalMap("grouped_gemm_kernels");
        foreach (string name in map?.Keys ?? [])
        {
            kernels[name] = Read(map!.Map(name)) with { Kernel = name };
        }

        return kernels;
    }

    /// <summary>One kernel.</summary>
    public static GroupedProductCoefficients Read(YamlMap map)
    {
        // Keys of the dense product's form, which these files had before.
        _ = map.OptionalQuantity("throttle_loss", Dimension.Fraction, 0, 5);
        _ = map.OptionalQuantity("throttle_time", Dimension.Time, 1e-9, 10);
        return new()
        {
            Kernel = map.OptionalText("kernel") ?? "",
            Overhead = map.Quantity("overhead", Dimension.Time, 0, 1),
            SpreadOverhead = map.OptionalQuantity("spread_overhead", Dimension.Time, 0, 1) ?? 0,
            SortLatency = map.OptionalQuantity("sort_latency", Dimension.Time, 0, 1) ?? 0,
            MatrixEfficiency = map.Quantity("matrix_efficiency", Dimension.Fraction, 0.001, 1.5),
            MemoryEfficiency = map.Quantity("memory_efficiency", Dimension.Fraction, 0.001, 1.5),
            SmallTileExponent = map.Quantity("small_tile_exponent", Dimension.Count, 0, 2),
            CoreBandwidth = map.Quantity("core_bandwidth", Dimension.Count, 0.01, 1000),
            TileLatency = map.Quantity("tile_latency", Dimension.Time, 0, 1),
            OverlapLoss = map.Quantity("overlap_loss", Dimension.Fraction, 0, 1),
            Conversion = map.OptionalQuantity("conversion", Dimension.Count, 0, 100) ?? 0,
            Routing = map.OptionalQuantity("routing", Dimension.Count, 0, 100) ?? 0,
            InnerRouting = map.OptionalQuantity("inner_routing", Dimension.Count, 0, 100) ?? 0,
            CachedShare = map.OptionalQuantity("cached_share", Dimension.Fraction, 0, 10) ?? 0.7,
            Padding = map.OptionalQuantity("padding", Dimension.Count, 0, 100) ?? 1,
            Quality = FitQuality.Read(map),
        };
    }
}
