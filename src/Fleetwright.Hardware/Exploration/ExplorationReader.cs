using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models;

namespace Fleetwright.Hardware.Exploration;

/// <summary>Reads the file of a design search; every problem is told at once with its line. Keys: docs/exploring.md.</summary>
public static class ExplorationReader
{
    private static readonly (string, WorkStep)[] Steps = [("decode", WorkStep.Decode), ("prefill", WorkStep.Prefill)];

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <exception cref="InputException">It is wrong; all problems are listed.</exception>
    public static ExplorationSpec Open(FleetCatalog catalog, string path)
    {
        YamlFile file = YamlFile.Open(path);
        ExplorationSpec? spec = Read(file, catalog);
        file.Close();
        return spec!;
    }

    /// <summary>Reads an opened file; the caller closes it, which throws when there were problems.</summary>
    /// <returns>Null when the base design could not be read.</returns>
    public static ExplorationSpec? Read(YamlFile file, FleetCatalog catalog)
    {
        YamlMap root = file.Root;
        string name = root.Text("name");
        string title = root.OptionalText("title") ?? "";
        ChipDesign? from = ReadBase(root, catalog);
        double? volume = root.OptionalQuantity("volume", Dimension.Count, 1, 1e12);
        Quarter? quarter = root.OptionalQuarter("quarter");
        YamlMap? limits = root.OptionalMap("limits"), search = root.OptionalMap("search");
        var asked = limits is null ? new ExplorationLimits() : new ExplorationLimits(
            limits.OptionalQuantity("die_area", Dimension.Area, 1, DesignArea.Reticle), limits.OptionalQuantity("package_power", Dimension.Power, 0.1),
            limits.OptionalQuantity("unit_cost", Dimension.Money, 1), limits.OptionalQuantity("memory_capacity", Dimension.Bytes, 1));
        int budget = (int)(search?.Integer("budget", 20_000, 100, 2_000_000) ?? 20_000);
        ulong seed = (ulong)(search?.Integer("seed", 1, 0, int.MaxValue) ?? 1);
        IReadOnlyList<MixItem> mix = ReadMix(root, catalog);
        YamlMap sweep = root.Map("sweep");
        (IReadOnlyList<MemoryOption> memories, IReadOnlyList<string> memoryLabels) = ReadMemories(sweep, catalog, from);
        IReadOnlyList<string> nodes = ReadNodes(sweep, catalog, volume is not null);
        var parameters = new List<SweptParameter>();
        Sweep(parameters, sweep, "rows", Dimension.Count, 1, 4096, whole: true);
        Sweep(parameters, sweep, "columns", Dimension.Count, 1, 4096, whole: true);
        Sweep(parameters, sweep, "spares", Dimension.Count, 0, 100_000, whole: true);
        Sweep(parameters, sweep, "matrix", Dimension.Count, 1.0 / 64, 64, whole: false);
        Sweep(parameters, sweep, "vector", Dimension.Count, 1, 1e6, whole: false);
        Sweep(parameters, sweep, "local_memory", Dimension.Bytes, 1024, 1e12, whole: false);
        Sweep(parameters, sweep, "shared_memory", Dimension.Bytes, 1024, 1e12, whole: false);
        Sweep(parameters, sweep, "shared_bandwidth", Dimension.ByteRate, 1e9, 1e16, whole: false);
        Sweep(parameters, sweep, "clock", Dimension.Frequency, 1e7, 1e10, whole: false);
        if (nodes.Count > 0)
        {
            parameters.Add(new SweptParameter("node", [.. Enumerable.Range(0, nodes.Count).Select(i => (double)i)], nodes, false));
        }

        if (memories.Count > 0)
        {
            parameters.Add(new SweptParameter("memory", [.. Enumerable.Range(0, memories.Count).Select(i => (double)i)], memoryLabels, false));
        }

        if (parameters.Count == 0 && root.Has("sweep"))
        {
            root.Report("sweep", "needs at least one parameter with its values, such as 'clock: 1 GHz .. 1.4 GHz step 0.1 GHz'");
        }

        if (from is null)
        {
            return null;
        }

        CheckMatrix(sweep, from, parameters);
        CheckBase(root, catalog, from, nodes, memories, volume is not null);
        var spec = new ExplorationSpec
        {
            Name = name,
            Title = title,
            Base = from,
            Parameters = parameters,
            Memories = memories,
            Nodes = nodes,
            Limits = asked,
            Mix = mix,
            Volume = volume,
            Quarter = quarter,
            Budget = budget,
            Seed = seed,
        };
        if (spec.Count == long.MaxValue)
        {
            root.Report("sweep", "has over 1e15 points; take longer steps or fewer parameters");
        }

        return spec;
    }

    private static ChipDesign? ReadBase(YamlMap root, FleetCatalog catalog)
    {
        string text = root.Text("base");
        if (text.Length == 0)
        {
            return null;
        }

        // A path is meant from the folder of the file that names it.
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(root.File.Path)) ?? "", text);
        try
        {
            ChipDesign design = DesignReader.Open(catalog, File.Exists(beside) ? beside : text);
            _ = DesignedChip.For(catalog, design);
            return design;
        }
        catch (InputException e) when (e.Diagnostics.Count == 1 && e.Diagnostics[0].Line == 0)
        {
            root.Report("base", e.Diagnostics[0].Message);
            return null;
        }
    }

    private static void Sweep(List<SweptParameter> into, YamlMap sweep, string key, Dimension dimension, double minimum, double maximum, bool whole)
    {
        IReadOnlyList<string> texts = sweep.Texts(key);
        if (texts.Count == 0)
        {
            return;
        }

        var values = new List<double>();
        var labels = new List<string>();
        foreach (string text in texts)
        {
            if (ValueRange.Read(text, dimension, out IReadOnlyList<double> some) is { } problem)
            {
                sweep.Report(key, problem);
                continue;
            }

            foreach (double value in some)
            {
                if (value < minimum || value > maximum || (whole && value != Math.Floor(value)))
                {
                    sweep.Report(key, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: {(whole ? "whole numbers " : "")}from {Label(minimum, dimension)} to {Label(maximum, dimension)}"));
                    break;
                }

                if (values.Contains(value))
                {
                    sweep.Report(key, $"names {Label(value, dimension)} twice");
                    break;
                }

                values.Add(value);
                labels.Add(Label(value, dimension));
            }
        }

        if (values.Count > ValueRange.Most)
        {
            sweep.Report(key, string.Create(CultureInfo.InvariantCulture, $"has {values.Count:#,0} values; allowed: at most {ValueRange.Most:#,0}"));
        }

        // A step of an ordered parameter is to the next larger value, however the file lists them.
        values.Sort();
        into.Add(new SweptParameter(key, values, [.. values.Select(v => Label(v, dimension))], true));
    }

    private static string Label(double value, Dimension dimension) =>
        dimension.BaseUnit.Length == 0 ? value.ToString("0.####", CultureInfo.InvariantCulture)
        : dimension == Dimension.Bytes && value % 1024 == 0 ? value % 1048576 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{value / 1048576:0.###} MiB") : string.Create(CultureInfo.InvariantCulture, $"{value / 1024:0.###} KiB")
        : Quantity.Format(value, dimension.BaseUnit, 4);

    private static (IReadOnlyList<MemoryOption>, IReadOnlyList<string>) ReadMemories(YamlMap sweep, FleetCatalog catalog, ChipDesign? from)
    {
        var options = new List<MemoryOption>();
        var labels = new List<string>();
        foreach (YamlMap map in sweep.Maps("memory"))
        {
            string kind = map.Text("kind");
            double? capacity = map.OptionalQuantity("capacity", Dimension.Bytes, 1), bandwidth = map.OptionalQuantity("bandwidth", Dimension.ByteRate, 1);
            Memory? memory = kind.Length == 0 ? null : catalog.Memories.Find(kind);
            if (kind.Length > 0 && memory is null)
            {
                map.Report("kind", catalog.Memories.NotFound(kind));
            }
            else if (memory is not null)
            {
                CheckMemory(map, catalog, from, memory, capacity, bandwidth);
            }

            IReadOnlyList<string> texts = map.Texts("units");
            if (texts.Count == 0)
            {
                map.Report("units", "is missing: how many stacks, packages or modules, as a list or a range such as 1 .. 4 step 1");
            }

            foreach (string text in texts)
            {
                string? problem = ValueRange.Read(text, Dimension.Count, out IReadOnlyList<double> units);
                problem ??= units.Any(u => u is < 1 or > 1024 || u != Math.Floor(u)) ? $"found '{text}'; allowed: whole numbers from 1 to 1,024" : null;
                if (problem is not null)
                {
                    map.Report("units", problem);
                    continue;
                }

                foreach (double unit in units)
                {
                    var option = new MemoryOption(memory?.Name ?? kind, (int)unit, capacity, bandwidth);
                    if (options.Contains(option))
                    {
                        map.Report("units", $"names {unit} twice");
                        continue;
                    }

                    string size = capacity is { } bytes ? $" of {Quantity.Format(bytes, "B")}" : "";
                    options.Add(option);
                    labels.Add(string.Create(CultureInfo.InvariantCulture, $"{unit:0} {option.Kind}{size}"));
                }
            }
        }

        return (options, labels);
    }

    private static void CheckMemory(YamlMap map, FleetCatalog catalog, ChipDesign? from, Memory memory, double? capacity, double? bandwidth)
    {
        bool own = from is not null && catalog.Memories.Find(from.MemoryKind)?.Name == memory.Name;
        if (memory.Unit == "on-chip")
        {
            map.Report("kind", $"'{memory.Name}' is on-chip memory; sweep it as shared_memory");
        }
        else if (memory.Price is null)
        {
            map.Report("kind", $"{memory.Name} has no price in the catalogue, so designs with it cannot be costed; memories that have: {string.Join(", ", catalog.Memories.All.Where(m => m.Price is not null).Select(m => m.Name))}");
        }

        if (capacity is null && memory.Capacity is null && !(own && from!.MemoryUnitCapacity is not null))
        {
            map.Report("capacity", $"is missing: the catalogue has no capacity of {memory.Name}; give that of one {memory.Unit}");
        }

        if (bandwidth is null && memory.Bandwidth is null && !(own && from!.MemoryUnitBandwidth is not null))
        {
            map.Report("bandwidth", $"is missing: the catalogue has no bandwidth of {memory.Name}; give that of one {memory.Unit}");
        }
    }

    private static List<string> ReadNodes(YamlMap sweep, FleetCatalog catalog, bool volume)
    {
        var names = new List<string>();
        foreach (string text in sweep.Texts("node"))
        {
            ProcessNode? node = catalog.Nodes.Find(text);
            if (node is null)
            {
                sweep.Report("node", catalog.Nodes.NotFound(text));
            }
            else if (names.Contains(node.Name))
            {
                sweep.Report("node", $"names {node.Name} twice");
            }
            else
            {
                names.Add(node.Name);
                if (NodeProblem(catalog, node, volume) is { } problem)
                {
                    sweep.Report("node", problem);
                }
            }
        }

        return names;
    }

    private static string? NodeProblem(FleetCatalog catalog, ProcessNode node, bool volume)
    {
        if (node.Kind == ProcessKind.Packaging)
        {
            return $"'{node.Name}' is a packaging process; a compute die needs a logic node such as tsmc-n5";
        }

        string[] missing = [.. Missing(node, volume)];
        return missing.Length == 0 ? null
            : $"{node.Name} has no {string.Join(" and no ", missing)} in the catalogue, so designs on it cannot be worked out; nodes that have all: {string.Join(", ", catalog.Nodes.All.Where(n => n.Kind != ProcessKind.Packaging && !Missing(n, volume).Any()).Select(n => n.Name))}";
    }

    private static IEnumerable<string> Missing(ProcessNode node, bool volume) =>
        new (string Key, bool Lacks)[]
        {
            ("logic_density", node.LogicDensity is null), ("wafer_price", node.WaferPrice is null), ("defect_density", node.DefectDensity is null),
            ("mask_set", volume && node.MaskSet is null), ("design_cost", volume && node.DesignCost is null),
        }.Where(k => k.Lacks).Select(k => k.Key);

    private static void CheckMatrix(YamlMap sweep, ChipDesign from, List<SweptParameter> parameters)
    {
        SweptParameter? matrix = parameters.Find(p => p.Key == "matrix");
        foreach (double factor in matrix?.Values ?? [])
        {
            foreach ((Dtype dtype, MatrixUnit unit) in from.Matrix)
            {
                if (unit.Array is { } array && (array.Width * factor < 1 || array.Width * factor != Math.Floor(array.Width * factor)))
                {
                    sweep.Report("matrix", string.Create(CultureInfo.InvariantCulture, $"found {factor:0.####}; the {dtype.Name()} array of {from.Name} has {array.Width} columns, of which that is no whole number"));
                }
            }
        }
    }

    // The base is worked out whatever is swept, since shares of the mix are shares of its time.
    private static void CheckBase(YamlMap root, FleetCatalog catalog, ChipDesign from, IReadOnlyList<string> nodes, IReadOnlyList<MemoryOption> memories, bool volume)
    {
        if (nodes.Count == 0 && catalog.Nodes.Find(from.Node) is { } node && NodeProblem(catalog, node, volume) is { } problem)
        {
            root.Report("base", problem);
        }

        if (memories.Count == 0 && catalog.Memories.Find(from.MemoryKind) is { Price: null } memory)
        {
            root.Report("base", $"its memory {memory.Name} has no price in the catalogue, so it cannot be costed");
        }
    }

    private static List<MixItem> ReadMix(YamlMap root, FleetCatalog catalog)
    {
        IReadOnlyList<YamlMap> maps = root.Maps("mix");
        if (maps.Count == 0)
        {
            root.Report("mix", "is missing: the work that designs are judged by, a list of models with their steps");
        }

        var mix = new List<MixItem>();
        int stated = maps.Count(m => m.Has("share"));
        foreach (YamlMap map in maps)
        {
            if (ReadItem(map, catalog, stated == 0 ? 1.0 / maps.Count : null) is { } item)
            {
                if (mix.Exists(m => m.Name == item.Name))
                {
                    map.Report("name", $"'{item.Name}' is named twice; give each work a name of its own");
                }

                mix.Add(item);
            }
        }

        if (stated > 0 && mix.Count == maps.Count && mix.Sum(m => m.Share) is var sum && Math.Abs(sum - 1) > 1e-6)
        {
            root.Report("mix", string.Create(CultureInfo.InvariantCulture, $"the shares add up to {sum:0.##%}; allowed: 100 %, or no share at all for equal ones"));
        }

        return mix;
    }

    private static MixItem? ReadItem(YamlMap map, FleetCatalog catalog, double? equal)
    {
        string name = map.Text("model");
        string? called = map.OptionalText("name");
        double batch = map.Integer("batch", 1, 1_000_000);
        double share = equal ?? map.Quantity("share", Dimension.Fraction, 1e-6, 1);
        double? latency = map.OptionalQuantity("latency", Dimension.Time, 1e-9, 1e6);
        int chips = (int)map.Integer("chips", 1, 1, 4096);
        ModelSpec? model = Find(map, catalog, name);
        bool ranking = model?.Ranking is not null;
        WorkStep step = WorkStep.Ranking;
        double context = 0;
        if (!ranking)
        {
            step = map.Choice("step", Steps);
            context = step == WorkStep.Decode ? map.Integer("context", 1, 10_000_000) : map.Integer("prompt", 1, 10_000_000);
        }

        Dtype dtype = map.Dtype("dtype", model?.NativeDtype ?? Dtype.Bf16);
        if (model is null)
        {
            return null;
        }

        if (ModelGraph.Problem(model, new Sharding(chips)) is { } problem)
        {
            map.Report("chips", problem);
            return null;
        }

        return new MixItem
        {
            Name = called ?? (ranking ? model.Name : $"{model.Name} {(step == WorkStep.Decode ? "decode" : "prefill")}"),
            Model = model,
            Step = step,
            Batch = batch,
            Context = context,
            Dtype = dtype,
            Chips = chips,
            Share = share,
            Latency = latency,
        };
    }

    private static ModelSpec? Find(YamlMap map, FleetCatalog catalog, string name)
    {
        if (name.Length == 0)
        {
            return null;
        }

        try
        {
            return ModelResolver.Resolve(catalog, name);
        }
        catch (InputException e)
        {
            map.Report("model", string.Join("; ", e.Diagnostics.Select(d => d.Message)));
            return null;
        }
    }
}
