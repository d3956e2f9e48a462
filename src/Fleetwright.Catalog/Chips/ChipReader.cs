using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>Reads <c>catalog/chips/*.yaml</c>.</summary>
public static class ChipReader
{
    private static readonly (string, ScaleUpTopology)[] Topologies =
        [("none", ScaleUpTopology.None), ("switch", ScaleUpTopology.Switch), ("full-mesh", ScaleUpTopology.FullMesh), ("torus", ScaleUpTopology.Torus)];

    /// <summary>Reads a chip.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static Chip Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap memory = root.Map("memory");
        YamlMap power = root.Map("power");
        YamlMap? scaleUp = root.OptionalMap("scale_up");
        return new Chip
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Vendor = root.Text("vendor"),
            Architecture = root.Text("architecture"),
            Node = root.OptionalText("node"),
            DieArea = root.OptionalFact("die_area", Dimension.Area, 1),
            Package = ChipPackage.Read(root.OptionalMap("package")),
            Cores = root.Fact("cores", Dimension.Count, 1),
            Clock = root.OptionalFact("clock", Dimension.Frequency, 1e6),
            MatrixRates = ReadRates(root.Map("matrix_rates")),
            VectorRate = root.OptionalFact("vector_rate", Dimension.OperationRate, 1),
            LocalMemoryPerCore = root.OptionalFact("local_memory_per_core", Dimension.Bytes, 1),
            SharedMemory = root.OptionalFact("shared_memory", Dimension.Bytes, 1),
            SharedMemoryBandwidth = root.OptionalFact("shared_memory_bandwidth", Dimension.ByteRate, 1),
            SharedMemoryHoldsActivations = root.Flag("shared_memory_holds_activations"),
            MemoryKind = memory.Text("kind"),
            MemoryCapacity = memory.Fact("capacity", Dimension.Bytes, 1),
            MemoryBandwidth = memory.Fact("bandwidth", Dimension.ByteRate, 1),
            Tdp = power.Fact("tdp", Dimension.Power, 0.1),
            IdlePower = power.OptionalFact("idle", Dimension.Power),
            SystemPower = power.OptionalFact("system", Dimension.Power, 0.1),
            ScaleUpTopology = scaleUp?.Choice("topology", Topologies) ?? ScaleUpTopology.None,
            ScaleUpBandwidth = scaleUp?.Fact("bandwidth", Dimension.ByteRate, 1),
            ScaleUpDomain = (int)(scaleUp?.Integer("domain", 1, 1_000_000) ?? 1),
            ChipsPerServer = (int)root.Integer("chips_per_server", 8, 1, 100_000),
            ScaleOutBandwidth = root.OptionalFact("scale_out_bandwidth", Dimension.ByteRate, 1),
            HostBandwidth = root.OptionalFact("host_bandwidth", Dimension.ByteRate, 1),
            Price = root.OptionalFact("price", Dimension.Money),
            OwnershipRate = root.OptionalFact("ownership_rate", Dimension.MoneyPerTime),
        };
    }

    private static Dictionary<Dtype, Fact> ReadRates(YamlMap map)
    {
        var rates = new Dictionary<Dtype, Fact>();
        foreach (string key in map.Keys)
        {
            Fact rate = map.Fact(key, Dimension.OperationRate, 1);
            if (Dtypes.TryParse(key, out Dtype dtype))
            {
                rates[dtype] = rate;
            }
            else
            {
                map.Report(key, $"found '{key}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        if (rates.Count == 0)
        {
            map.Report("matrix_rates", "needs the peak rate of at least one number format, such as bf16: 989 TFLOP/s");
        }

        return rates;
    }
}
