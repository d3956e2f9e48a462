using Fleetwright.Hardware.Systolic;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Hardware.Published;

/// <summary>One product on one array, as SCALE-Sim counts it.</summary>
/// <param name="Array">The array.</param>
/// <param name="Dataflow">Which operand stays.</param>
/// <param name="M">Rows.</param>
/// <param name="N">Columns.</param>
/// <param name="K">Inner size.</param>
/// <param name="Cycles">SCALE-Sim's cycles.</param>
internal readonly record struct ScaleSimRun(SystolicArray Array, SystolicDataflow Dataflow, int M, int N, int K, int Cycles)
{
    /// <summary>Whether our serial form gives the same, to the cycle.</summary>
    public bool Agrees => Array.SerialCycles(Dataflow, M, N, K) == Cycles;
}

/// <summary>Cycles of SCALE-Sim v2 and v3 (chip-models.md, 1.3), and those in the look-up tables that LLMCompass made with it.</summary>
internal static class ScaleSim
{
    /// <summary>The folder of the tables, below the folder of public measurements.</summary>
    public const string Folder = "chips/scale-sim";

    /// <summary>The tables of that folder.</summary>
    public static IReadOnlyList<string> Files { get; } = ["gemm_cycles_v2.csv", "gemm_cycles_v3.csv", "llmcompass_os_lut_sample.csv"];

    /// <summary>The runs of a table.</summary>
    /// <param name="path">One of <see cref="Files"/>, with its folder.</param>
    public static IReadOnlyList<ScaleSimRun> Read(string path)
    {
        bool lookUp = Path.GetFileName(path).StartsWith("llmcompass", StringComparison.Ordinal);
        (string m, string n, string k, string cycles) = lookUp ? ("m", "n", "k", "cycles") : ("M", "N", "K", "total_cycles");
        return [.. CsvTable.Read(path, "array_h", "array_w", "dataflow", m, n, k, cycles).Rows.Select(r => new ScaleSimRun(
            new SystolicArray(r.Whole("array_h"), r.Whole("array_w")), Of(r["dataflow"]), r.Whole(m), r.Whole(n), r.Whole(k), r.Whole(cycles)))];
    }

    private static SystolicDataflow Of(string name) => name switch
    {
        "ws" => SystolicDataflow.WeightStationary,
        "os" => SystolicDataflow.OutputStationary,
        "is" => SystolicDataflow.InputStationary,
        _ => throw new Catalog.Reading.InputException("dataflow", $"found '{name}'; allowed: ws, os, is"),
    };
}
