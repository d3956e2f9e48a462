using Fleetwright.Catalog;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Edge.Calibration;

/// <summary>Which measured rows belong to which coefficients of the catalogue, and what their chips can read.</summary>
/// <param name="catalog">The devices and engines.</param>
/// <param name="path">The table of measured runs.</param>
internal sealed class MeasuredClasses(FleetCatalog catalog, string path)
{
    /// <summary>The table, below the folder of public measurements.</summary>
    public const string File = "devices/on_device_llm.csv";

    /// <summary>The classes.</summary>
    public static IReadOnlyList<MeasuredClass> All { get; } =
    [
        new("Macs, llama.cpp", "llama.cpp", "M1 (8c)", ComputeUnitKind.Gpu, r => r.Engine.StartsWith("llama.cpp Metal", StringComparison.Ordinal) && r.DeviceClass == "mac"),
        new("8 Gen 3 CPU, ExecuTorch", "executorch", "Snapdragon 8 Gen 3", ComputeUnitKind.Cpu, r => r.Engine.StartsWith("ExecuTorch", StringComparison.Ordinal) && r.Soc == "Snapdragon 8 Gen 3"),
        new("8 Gen 3 CPU, React Native", "react-native-executorch", "Snapdragon 8 Gen 3", ComputeUnitKind.Cpu, r => InApp(r) && r.Soc == "Snapdragon 8 Gen 3"),
        new("Tensor G5 CPU, React Native", "react-native-executorch", "Tensor G5", ComputeUnitKind.Cpu, r => InApp(r) && r.Soc == "Tensor G5"),
        new("A19 Pro CPU, React Native", "react-native-executorch", "A19 Pro", ComputeUnitKind.Cpu, r => InApp(r) && r.Soc == "A19 Pro"),
        new("A15 CPU, React Native", "react-native-executorch", "A15", ComputeUnitKind.Cpu, r => InApp(r) && r.Soc == "A15"),
        new("iPhone 17 Pro, MLX", "mlx", "A19 Pro", ComputeUnitKind.Gpu, r => r.Engine == "MLX" && r.Soc == "A19 Pro" && r.LoadState == "burst"),
        new("M4 Max, MLX", "mlx", "M4 Max (40c)", ComputeUnitKind.Gpu, r => r.Engine == "MLX" && r.Soc == "M4 Max (40c?)" && r.PromptTokens == 20),
        new("iPhone 17 Pro GPU, Core AI", "core-ai", "A19 Pro", ComputeUnitKind.Gpu, r => CoreAi(r, "gpu") && r.Soc == "A19 Pro"),
        new("iPhone 17 Pro ANE, Core AI", "core-ai", "A19 Pro", ComputeUnitKind.Npu, r => CoreAi(r, "ane") && r.Soc == "A19 Pro"),
        new("M4 Max, Core AI", "core-ai", "M4 Max (40c)", ComputeUnitKind.Gpu, r => CoreAi(r, "gpu") && r.Soc == "M4 Max (40c?)"),
        new("iPhone 17 Pro, LiteRT", "litert", "A19 Pro", ComputeUnitKind.Gpu, r => r.Engine.StartsWith("LiteRT", StringComparison.Ordinal) && r.Soc == "A19 Pro" && r.LoadState == "burst"),
        new("M4 Max, LiteRT", "litert", "M4 Max (40c)", ComputeUnitKind.Gpu, r => r.Engine.StartsWith("LiteRT", StringComparison.Ordinal) && r.Soc == "M4 Max (40c?)"),
        new("8 Elite NPU, Genie", "genie", "Snapdragon 8 Elite", ComputeUnitKind.Npu, r => Genie(r) && r.Soc == "Snapdragon 8 Elite"),
        new("8 Elite Gen 5 NPU, Genie", "genie", "Snapdragon 8 Elite Gen 5", ComputeUnitKind.Npu, r => Genie(r) && r.Soc == "Snapdragon 8 Elite Gen 5"),
        new("Snapdragon phones NPU, Genie", "genie", "Snapdragon 8 Gen 3", ComputeUnitKind.Npu, Genie),
        new("Arm CPUs, llama.cpp", "llama.cpp", "RK3588", ComputeUnitKind.Cpu, r => r.Backend == "cpu" && r.Source is "S11" or "S16" && r.Soc is "Snapdragon 8 Elite" or "RK3588" or "RK3566" or "BCM2712" && !r.Engine.Contains("paged", StringComparison.Ordinal) && r.Engine != "PowerInfer CPU + flash offload"),
        new("Orin Nano, MLC", "mlc-llm", "Orin Nano Super", ComputeUnitKind.Gpu, r => r.Engine == "MLC-LLM"),
    ];

    /// <summary>All measured runs.</summary>
    public IReadOnlyList<MeasuredRow> Rows { get; } = MeasuredRow.ReadAll(path);

    /// <summary>The coefficients that ship for a class.</summary>
    public EngineClass CatalogClass(MeasuredClass of) =>
        catalog.DeviceEngines.Get(of.Engine).Classes.First(c => c.Unit == of.Unit && c.MeasuredOn.Contains(of.Soc));

    /// <summary>The runs of a class that may be fitted.</summary>
    public IReadOnlyList<DecodePoint> DecodePoints(MeasuredClass of) =>
        [.. from r in Rows
            where r.MayBeFitted && r.DecodeRate is not null && of.Contains(r) && r.BytesPerToken is not null
            let unit = UnitOf(r, of.Unit)
            where unit?.ReadBandwidth is not null
            select new DecodePoint(r.Id, r.Soc, r.BytesPerToken!.Value / unit.ReadBandwidth!.Value.Value, 1 / r.DecodeRate!.Value)];

    /// <summary>Measured over peak prefill rate of Macs' GPUs, with the number format; without M5, whose peak is itself estimated from such rows.</summary>
    public IReadOnlyList<(string Id, string Format, double Share)> MacPrefill() =>
        [.. from r in Rows
            where r.MayBeFitted && All[0].Contains(r) && r.PromptTokens == 512 && r.PrefillRate is not null && catalog.Socs.Get(r.Soc).Generation < 5
            select (r.Id, r.Quantisation, r.PrefillRate!.Value * 2 * r.Parameters!.Value / UnitOf(r, ComputeUnitKind.Gpu)!.PeakRates[Dtype.Fp16].Value)];

    /// <summary>Prefill time of Macs from the shipped efficiency of a number format, over the measured one.</summary>
    /// <param name="quantisation">As rows name it: F16, Q8_0, Q4_0.</param>
    /// <param name="format">The format of the coefficients.</param>
    public IReadOnlyList<ScoredRow> MacPrefill(string quantisation, Dtype format)
    {
        double efficiency = CatalogClass(All[0]).PrefillEfficiency[format].Value;
        return [.. MacPrefill().Where(p => p.Format == quantisation).Select(p => new ScoredRow(quantisation, efficiency, p.Share))];
    }

    /// <summary>Tokens a second of each row of a class from a fit without it, beside the measured ones.</summary>
    public IReadOnlyList<ScoredRow> LeaveOneOut(MeasuredClass of)
    {
        IReadOnlyList<DecodePoint> points = DecodePoints(of);
        return [.. points.Select(p => new ScoredRow(of.Name, 1 / DecodeFit.Of([.. points.Where(o => o.Id != p.Id)]).Seconds(p.IdealSeconds), 1 / p.MeasuredSeconds))];
    }

    /// <summary>How many rows of all classes lie in the band of a fit without them, which is two mean errors wide.</summary>
    public (int Inside, int All) InBand()
    {
        int inside = 0, all = 0;
        foreach (MeasuredClass of in All)
        {
            double factor = 1 + (2 * CatalogClass(of).DecodeError!.Value.Value);
            foreach (ScoredRow row in LeaveOneOut(of))
            {
                all++;
                inside += row.Ratio <= factor && row.Ratio >= 1 / factor ? 1 : 0;
            }
        }

        return (inside, all);
    }

    /// <summary>Tokens a second of an iPhone 17 Pro after 600 s (MLX and Core AI), from 4.7 W and joules per byte alone.</summary>
    public IReadOnlyList<ScoredRow> SustainedIPhone()
    {
        var rows = new List<ScoredRow>();
        foreach (MeasuredRow row in Rows.Where(r => r.Soc == "A19 Pro" && r.LoadState.StartsWith("sustained", StringComparison.Ordinal) && r.Engine is "MLX" or "Apple Core AI" && r.BytesPerToken is not null))
        {
            string engine = row.Engine == "MLX" ? "mlx" : "core-ai";
            var footprint = new ModelFootprint { FileBytes = row.BytesPerToken!.Value, BytesPerToken = row.BytesPerToken!.Value, OperationsPerToken = 2 * row.Parameters!.Value };
            var model = new DeviceModel(catalog.Devices.Get("iphone-17-pro"), catalog.DeviceEngines.Get(engine), row.Backend == "ane" ? ComputeUnitKind.Npu : ComputeUnitKind.Gpu, row.Model, Dtype.Int4, footprint);
            rows.Add(new ScoredRow(engine, 1 / model.SustainedStepSeconds(0), row.DecodeRate!.Value));
        }

        return rows;
    }

    private ComputeUnit? UnitOf(MeasuredRow row, ComputeUnitKind kind) => catalog.Socs.Find(row.Soc)?.Unit(kind);

    private static bool InApp(MeasuredRow r) => r.Engine.StartsWith("react-native", StringComparison.Ordinal);

    private static bool CoreAi(MeasuredRow r, string unit) => r.Engine == "Apple Core AI" && r.Backend == unit && r.LoadState == "burst";

    // Fine-tunes with identical timing stay in; the row that the data's README calls implausible does not.
    private static bool Genie(MeasuredRow r) =>
        r.Engine.StartsWith("Genie/", StringComparison.Ordinal) && r.DeviceClass == "phone" && r.Quantisation == "w4a16" && !r.Model.StartsWith("Indus", StringComparison.Ordinal);
}

/// <summary>A class of rows and the coefficients fitted to it.</summary>
internal sealed record MeasuredClass(string Name, string Engine, string Soc, ComputeUnitKind Unit, Func<MeasuredRow, bool> Contains)
{
    public override string ToString() => Name;
}
