using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Systolic;

namespace Fleetwright.Hardware.Designs;

/// <summary>Reads <c>catalog/designs/*.yaml</c> and design files of a user's own.</summary>
public static class DesignReader
{
    private static readonly (string, SharedMemoryKind)[] SharedMemoryKinds = [("scratchpad", SharedMemoryKind.Scratchpad), ("cache", SharedMemoryKind.Cache)];

    private static readonly (string, ScaleUpTopology)[] Topologies =
        [("switch", ScaleUpTopology.Switch), ("full-mesh", ScaleUpTopology.FullMesh), ("torus", ScaleUpTopology.Torus)];

    /// <summary>The designs that ship with the catalogue.</summary>
    public static CatalogFolder<ChipDesign> In(FleetCatalog catalog) =>
        new(Path.Combine(catalog.Root, "designs"), "design", file => Read(file, catalog), d => [d.Name, .. d.Aliases]);

    /// <summary>The design in the file <paramref name="nameOrPath"/>, or else the one of the catalogue by that name.</summary>
    /// <exception cref="InputException">The file is wrong (all problems are told), or there is no such design.</exception>
    public static ChipDesign Open(FleetCatalog catalog, string nameOrPath)
    {
        if (!IsPath(nameOrPath))
        {
            return In(catalog).Get(nameOrPath);
        }

        YamlFile file = YamlFile.Open(nameOrPath);
        ChipDesign design = Read(file, catalog);
        file.Close();
        return design;
    }

    /// <summary>Whether <paramref name="name"/> is meant as a file: it ends in <c>.yaml</c> or <c>.yml</c> or names a folder.</summary>
    public static bool IsPath(string name) =>
        name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase) || name.Contains(Path.DirectorySeparatorChar);

    /// <summary>Reads a design and checks that it can be built.</summary>
    /// <param name="file">The opened file; the caller closes it, which tells all problems.</param>
    /// <param name="catalog">Nodes and memories.</param>
    public static ChipDesign Read(YamlFile file, FleetCatalog catalog)
    {
        YamlMap root = file.Root;
        ChipDesign design = ReadKeys(root);

        // What is missing or out of range is told already; only a design that reads well is asked whether it can be built.
        if (file.Problems.Count == 0)
        {
            foreach (DesignProblem problem in DesignChecks.Problems(catalog, design))
            {
                Report(root, problem);
            }
        }
        else
        {
            _ = DesignTechnology.TryFor(catalog, design, out IReadOnlyList<DesignProblem> missing);
            foreach (DesignProblem problem in missing.Where(p => root.Has(p.Field.Split('.')[0])))
            {
                Report(root, problem);
            }
        }

        return design;
    }

    private static ChipDesign ReadKeys(YamlMap root)
    {
        YamlMap grid = root.Map("grid"), element = root.Map("element"), clock = root.Map("clock"), shared = root.Map("shared_memory"), memory = root.Map("memory"), host = root.Map("host"), package = root.Map("package");
        YamlMap? voltage = root.OptionalMap("voltage"), scaleUp = root.OptionalMap("scale_up");
        double nominal = clock.Fact("nominal", Dimension.Frequency, 1e6, 1e11);
        var defaults = Defaults.Instance;
        return new ChipDesign
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Vendor = root.OptionalText("vendor") ?? "",
            Node = root.Text("node"),
            Dies = (int)root.Integer("dies", 1, 1, 64),
            Clock = nominal,
            MaximumClock = clock.OptionalFact("maximum", Dimension.Frequency, double.IsNaN(nominal) ? 1e6 : nominal, 1e11)?.Value ?? nominal,
            Voltage = voltage?.Fact("nominal", Dimension.Voltage, 0.35, 2).Value ?? defaults.Voltage,
            MinimumVoltage = voltage?.OptionalFact("minimum", Dimension.Voltage, 0.3, 2)?.Value ?? defaults.MinimumVoltage,
            Rows = (int)grid.Integer("rows", 1, 100_000),
            Columns = (int)grid.Integer("columns", 1, 100_000),
            SpareElements = (int)grid.Integer("spares", 0, 0, 1_000_000),
            Matrix = ReadMatrix(element.Map("matrix")),
            VectorOperations = element.Fact("vector", Dimension.Count, 1, 1e7),
            LocalMemory = element.Fact("local_memory", Dimension.Bytes, 1, 1e12),
            LocalBandwidth = element.Fact("local_bandwidth", Dimension.ByteRate, 1),
            ElementArea = element.OptionalFact("area", Dimension.Area, 1e-4, 1000)?.Value,
            ArithmeticEnergyFactor = element.OptionalFact("arithmetic_energy_factor", Dimension.Count, 0.05, 50)?.Value ?? defaults.ArithmeticEnergyFactor,
            SharedMemoryKind = shared.Choice("kind", SharedMemoryKinds, optional: true),
            SharedMemory = shared.Fact("capacity", Dimension.Bytes, 1),
            SharedMemoryBandwidth = shared.Fact("bandwidth", Dimension.ByteRate, 1),
            MemoryKind = memory.Text("kind"),
            MemoryUnits = (int)memory.Integer("units", 1, 1024),
            MemoryUnitCapacity = memory.OptionalFact("capacity", Dimension.Bytes, 1)?.Value,
            MemoryUnitBandwidth = memory.OptionalFact("bandwidth", Dimension.ByteRate, 1)?.Value,
            MemoryEfficiency = memory.OptionalFact("efficiency", Dimension.Fraction, 0.01, 1)?.Value ?? defaults.MemoryEfficiency,
            GatherEfficiency = memory.OptionalFact("gather_efficiency", Dimension.Fraction, 0.01, 1)?.Value ?? defaults.GatherEfficiency,
            HostLanes = (int)host.Integer("lanes", defaults.HostLanes, 1, 256),
            HostBandwidth = host.Fact("bandwidth", Dimension.ByteRate, 1),
            ScaleUpTopology = scaleUp?.Choice("topology", Topologies) ?? ScaleUpTopology.None,
            ScaleUpBandwidth = scaleUp?.Fact("bandwidth", Dimension.ByteRate, 1).Value ?? 0,
            ScaleUpDomain = (int)(scaleUp?.Integer("domain", 1, 1_000_000) ?? 1),
            LaneRate = scaleUp?.OptionalFact("lane_rate", Dimension.ByteRate, 1e8)?.Value ?? defaults.LaneRate,
            ScaleOutBandwidth = root.OptionalFact("scale_out_bandwidth", Dimension.ByteRate, 1)?.Value ?? 0,
            PackagePower = package.Fact("power", Dimension.Power, 0.1),
            Package = package.OptionalText("kind"),
            Companions = [.. package.Maps("other_dies").Select(ReadCompanion)],
            LaunchOverhead = root.OptionalFact("launch_overhead", Dimension.Time, 0, 1)?.Value ?? defaults.LaunchOverhead,
            ChipsPerServer = (int)root.Integer("chips_per_server", defaults.ChipsPerServer, 1, 100_000),
        };
    }

    private static Dictionary<Dtype, MatrixUnit> ReadMatrix(YamlMap map)
    {
        var units = new Dictionary<Dtype, MatrixUnit>();
        foreach (string key in map.Keys)
        {
            MatrixUnit unit = ReadUnit(map.Map(key));
            if (Dtypes.TryParse(key, out Dtype dtype))
            {
                units[dtype] = unit;
            }
            else
            {
                map.Report(key, $"found '{key}'{NearMiss.Suggestion(key, Dtypes.All.Select(d => d.Name()))}; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        if (units.Count == 0)
        {
            map.Report("matrix", "needs the matrix unit of at least one number format, such as bf16: { macs_per_cycle: 1024 }");
        }

        return units;
    }

    private static MatrixUnit ReadUnit(YamlMap map)
    {
        if (!map.Has("height") && !map.Has("width"))
        {
            return new MatrixUnit(map.Fact("macs_per_cycle", Dimension.Count, 1, 1e9));
        }

        var array = new SystolicArray((int)map.Integer("height", 1, 65_536), (int)map.Integer("width", 1, 65_536));
        return MatrixUnit.Of(array, (int)map.Integer("count", 1, 1, 65_536));
    }

    private static CompanionDie ReadCompanion(YamlMap map) =>
        new(map.Text("name"), map.Fact("area", Dimension.Area, 1e-3), (int)map.Integer("count", 1, 1, 64), map.OptionalFact("power", Dimension.Power)?.Value ?? 0);

    private static void Report(YamlMap root, DesignProblem problem)
    {
        YamlMap map = root;
        string[] path = problem.Field.Split('.');
        foreach (string step in path[..^1])
        {
            map = map.OptionalMap(step) ?? map;
        }

        map.Report(path[^1], problem.Message);
    }

    // The defaults stand once, in the record.
    private static class Defaults
    {
        public static ChipDesign Instance { get; } = new()
        {
            Name = "",
            Title = "",
            Node = "",
            Clock = 1,
            Rows = 1,
            Columns = 1,
            Matrix = new Dictionary<Dtype, MatrixUnit>(),
            VectorOperations = 1,
            LocalMemory = 1,
            LocalBandwidth = 1,
            SharedMemory = 1,
            SharedMemoryBandwidth = 1,
            MemoryKind = "",
            MemoryUnits = 1,
            HostBandwidth = 1,
            PackagePower = 1,
        };
    }
}
