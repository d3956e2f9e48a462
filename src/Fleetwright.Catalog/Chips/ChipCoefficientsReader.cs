using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>Reads <c>catalog/calibration/*.yaml</c>.</summary>
public static class ChipCoefficientsReader
{
    /// <summary>Reads the coefficients of a chip or an architecture.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static ChipCoefficients Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap efficiencies = root.Map("matrix_efficiency");
        var matrix = new Dictionary<Dtype, Fact>();
        foreach (string key in efficiencies.Keys)
        {
            Fact share = Share(efficiencies, key);
            if (Dtypes.TryParse(key, out Dtype dtype))
            {
                matrix[dtype] = share;
            }
            else
            {
                efficiencies.Report(key, $"found '{key}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        return new ChipCoefficients
        {
            Name = root.Text("name"),
            LaunchOverhead = root.Fact("launch_overhead", Dimension.Time),
            MatrixEfficiency = matrix,
            MemoryEfficiency = Share(root, "memory_efficiency"),
            SmallTileExponent = root.Fact("small_tile_exponent", Dimension.Count, 0, 2),
            ContextAttentionEfficiency = Share(root, "context_attention_efficiency"),
            DecodeAttentionEfficiency = Share(root, "decode_attention_efficiency"),
            GatherEfficiency = Share(root, "gather_efficiency"),
            CollectiveLatency = root.Fact("collective_latency", Dimension.Time),
            CollectiveEfficiency = Share(root, "collective_efficiency"),
            MatrixPowerShare = Share(root, "matrix_power_share"),
            MemoryPowerShare = Share(root, "memory_power_share"),
            IdlePowerShare = Share(root, "idle_power_share"),
            Error = root.Fact("error", Dimension.Fraction, 0, 10),
            Rows = (int)root.Integer("rows"),
        };
    }

    private static Fact Share(YamlMap map, string key) => map.Fact(key, Dimension.Fraction, 0.001, 1.5);
}
