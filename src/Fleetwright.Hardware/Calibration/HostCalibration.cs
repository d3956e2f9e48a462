using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Published;

namespace Fleetwright.Hardware.Calibration;

/// <summary>
/// What tables beside those of kernels add to fitted chips, where they lie beside them: vector kernels and PyTorch's calls (LLMCompass),
/// engines without captured graphs and power (splitwise-sim). Chips whose tables are absent keep what they have.
/// </summary>
internal static class HostCalibration
{
    private const string A100 = "a100-80gb-sxm", H100 = "h100-sxm";

    /// <summary>Adds to the fitted chips in place.</summary>
    /// <param name="catalog">Specifications of chips and models.</param>
    /// <param name="kernels">The folder of the kernel tables; the others are beside it.</param>
    /// <param name="files">Fitted chips by name.</param>
    /// <param name="lines">Where the errors go.</param>
    public static void Add(FleetCatalog catalog, string kernels, Dictionary<string, FittedFamilies> files, List<CalibrationLine> lines)
    {
        string llmCompass = Path.Combine(kernels, "..", "chips", "llmcompass");
        if (Directory.Exists(llmCompass))
        {
            AddVectors(catalog.Chips.Get(A100), files[A100], llmCompass, lines);
        }

        string splitwise = Path.Combine(kernels, "..", "traces", "splitwise-sim", "perf_model.csv.gz");
        if (File.Exists(splitwise))
        {
            List<EagerRun> a100 = Runs(A100, "a100-80gb"), h100 = Runs(H100, "h100-80gb");
            AddEager(H100, files[H100], h100, a100, lines);
            List<EagerLeftOut> leftOut = AddEager(A100, files[A100], a100, h100, lines);
            PowerShares shares = AddPower(new ChipModel(catalog.Chips.Get(A100), files[A100].Coefficients(A100)), leftOut, lines);
            foreach (FittedFamilies file in files.Values)
            {
                file.Power = shares;
            }
        }

        List<EagerRun> Runs(string name, string hardware) =>
            EagerEngineFit.Runs(catalog, new ChipModel(catalog.Chips.Get(name), files[name].Coefficients(name)), Splitwise.Read(splitwise, hardware));
    }

    private static void AddVectors(Chip chip, FittedFamilies fitted, string folder, List<CalibrationLine> lines)
    {
        var calls = new Dictionary<VectorKind, FrameworkCall>();
        foreach (VectorKind kind in Enum.GetValues<VectorKind>())
        {
            VectorFitted found = VectorFit.Run(chip, kind, LlmCompass.VectorRows(folder, "A100", kind), fitted.Gemm[Dtype.Bf16].Overhead);
            (fitted.Elementwise[kind], calls[kind]) = (found.Coefficients, found.Call);
            lines.Add(new CalibrationLine(chip.Name, "elementwise", KeyOf(kind), 0, found.Coefficients.Quality));
        }

        var model = new ChipModel(chip, fitted.Coefficients(chip.Name));
        fitted.Calls = new FrameworkCalls { Framework = "PyTorch 2.0", Product = LlmCompass.ProductCall(folder, "A100", model), Vector = calls };
    }

    private static List<EagerLeftOut> AddEager(string name, FittedFamilies fitted, List<EagerRun> runs, List<EagerRun> others, List<CalibrationLine> lines)
    {
        (EagerEngineCoefficients host, List<EagerLeftOut> leftOut) = EagerEngineFit.Run(runs, "vLLM of 2023", others);
        fitted.Eager = host;
        lines.Add(new CalibrationLine(name, "eager_prefill", "", 0, host.PrefillQuality));
        lines.Add(new CalibrationLine(name, "eager_decode", "", 0, host.DecodeQuality));
        return leftOut;
    }

    private static PowerShares AddPower(ChipModel model, List<EagerLeftOut> leftOut, List<CalibrationLine> lines)
    {
        (PowerShares shares, FitQuality average, FitQuality prefill, _) = PowerFit.Run(PowerFit.Runs(model, leftOut));
        lines.Add(new CalibrationLine(A100, "power", "mean", 0, average));
        lines.Add(new CalibrationLine(A100, "power", "prefill", 0, prefill));
        return shares;
    }

    /// <summary>The key of a kind in calibration files.</summary>
    public static string KeyOf(VectorKind kind) => kind switch
    {
        VectorKind.Pointwise => "pointwise",
        VectorKind.Normalisation => "normalisation",
        _ => "softmax",
    };
}
