using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Calibration;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

/// <summary>Which measured rows belong to which coefficients of the catalogue, and what their chips can read.</summary>
internal static class MeasuredClasses
{
    // GB/s: Apple's specifications; 64-bit buses × rate for Snapdragons; see catalog/devices for those that are devices.
    private static readonly Dictionary<string, double> s_bandwidth = new(StringComparer.Ordinal)
    {
        ["M1 (7c)"] = 68.3,
        ["M1 (8c)"] = 68.3,
        ["M1 Pro (14c)"] = 204.8,
        ["M1 Pro (16c)"] = 204.8,
        ["M1 Max (32c)"] = 409.6,
        ["M1 Ultra (64c)"] = 819.2,
        ["M2 Ultra (76c)"] = 819.2,
        ["M3 Pro (18c)"] = 153.6,
        ["M3 Max (40c)"] = 409.6,
        ["M3 Ultra (80c)"] = 819.2,
        ["M4 (10c)"] = 120,
        ["M4 Pro (16c)"] = 273,
        ["M4 Pro (20c)"] = 273,
        ["M4 Max (40c)"] = 546,
        ["M4 Max (40c?)"] = 546,
        ["M5 Pro (20c)"] = 307,
        ["M5 Max (40c)"] = 614,
        ["A19 Pro"] = 76.8,
        ["A15"] = 34.1,
        ["Snapdragon 8 Gen 3"] = 76.8,
        ["Snapdragon 8 Elite"] = 84.8,
        ["Snapdragon 8 Elite Gen 5"] = 84.8,
        ["Tensor G5"] = 76.8,
        ["Orin Nano"] = 68,
        ["Orin Nano Super"] = 102.4,
        ["RK3588"] = 33.8,
        ["RK3566"] = 8.5,
        ["BCM2712"] = 17.1,
    };

    // fp16 peak of Macs' GPUs in TFLOP/s (chip tables; M5's matrix units are left out).
    private static readonly Dictionary<string, double> s_peak = new(StringComparer.Ordinal)
    {
        ["M1 (7c)"] = 2.29,
        ["M1 (8c)"] = 2.61,
        ["M1 Pro (14c)"] = 4.58,
        ["M1 Pro (16c)"] = 5.24,
        ["M1 Max (32c)"] = 10.4,
        ["M1 Ultra (64c)"] = 20.9,
        ["M2 Ultra (76c)"] = 27.2,
        ["M3 Pro (18c)"] = 6.4,
        ["M3 Max (40c)"] = 14.1,
        ["M3 Ultra (80c)"] = 28.3,
        ["M4 (10c)"] = 4.3,
        ["M4 Pro (16c)"] = 6.9,
        ["M4 Pro (20c)"] = 8.6,
        ["M4 Max (40c)"] = 17.2,
    };

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

    public static IReadOnlyList<MeasuredRow> Rows() => MeasuredRow.ReadAll(Repository.SharedData("devices", "on_device_llm.csv"));

    public static EngineClass CatalogClass(MeasuredClass of) =>
        Shipped.Engine(of.Engine).Classes.First(c => c.Unit == of.Unit && c.MeasuredOn.Contains(of.Soc));

    public static IReadOnlyList<DecodePoint> DecodePoints(MeasuredClass of) =>
        [.. from r in Rows()
            where r.MayBeFitted && r.DecodeRate is not null && of.Contains(r) && r.BytesPerToken is not null && s_bandwidth.ContainsKey(r.Soc)
            select new DecodePoint(r.Id, r.Soc, r.BytesPerToken!.Value / (s_bandwidth[r.Soc] * 1e9), 1 / r.DecodeRate!.Value)];

    /// <summary>Measured over peak prefill rate of Macs' GPUs, with the number format.</summary>
    public static IReadOnlyList<(string Id, string Format, double Share)> MacPrefill() =>
        [.. from r in Rows()
            where r.MayBeFitted && All[0].Contains(r) && r.PromptTokens == 512 && r.PrefillRate is not null && s_peak.ContainsKey(r.Soc)
            select (r.Id, r.Quantisation, r.PrefillRate!.Value * 2 * r.Parameters!.Value / (s_peak[r.Soc] * 1e12))];

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
