using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation.Sections.Kernels;

/// <summary>The model on shapes that its fit did not see: the calibration's own cross-validation, run afresh.</summary>
internal sealed class HeldOutKernelsSection : IValidationSection
{
    private static readonly string[] RegimeNames = ["under 10 µs", "10–100 µs", "0.1–1 ms", "over 1 ms"];

    private static readonly (Func<CalibrationLine, bool> Holds, BarDefinition Bar)[] Judged =
    [
        (l => l is { Family: "gemm", Format: "bf16" }, BarDefinition.Errors(3, "products bf16, every measured chip, whole shapes left out", 0.08, 0.05)),
        (l => l.Family == "gemm" && l.Format != "bf16", BarDefinition.Errors(3, "products fp8, fp8_block and nvfp4, every measured chip, whole shapes left out", 0.12, 0.08)),
        (l => l.Family == "context_attention", BarDefinition.Errors(3, "prefill attention, main kernel of each chip and format, whole shapes left out", 0.12)),
        (l => l.Family == "decode_attention", BarDefinition.Errors(3, "decode attention, main kernel of each chip and format, whole shapes left out", 0.10)),
        (l => l.Family.StartsWith("context_attention ", StringComparison.Ordinal), BarDefinition.Errors(3, "prefill attention, kernels of fewer rows, whole shapes left out", 0.12)),
        (l => l.Family.StartsWith("decode_attention ", StringComparison.Ordinal), BarDefinition.Errors(3, "decode attention, kernels of fewer rows, whole shapes left out", 0.10)),
        (l => l.Family == "grouped_gemm", BarDefinition.Errors(3, "experts, whole shapes left out", 0.15)),
        (l => l.Family == "collectives", BarDefinition.Errors(3, "NCCL and custom all-reduce on 2, 4 and 8 chips", 0.10)),
    ];

    public string Id => "kernels";

    public string Title => "Kernels, held out";

    public IReadOnlyList<BarDefinition> Bars { get; } = [.. Judged.Select(j => j.Bar)];

    public void Score(SectionBuilder to)
    {
        if (KernelCalibration.Folder(to) is not { } folder)
        {
            return;
        }

        KernelCalibration calibration = to.Context.Calibration(folder);
        to.Text("Held out: the calibration is run again; whole shapes are left out in five parts, and each part is priced by the coefficients fitted to the other four ([hardware.md](hardware.md#calibration)). *Dropped* rows are faster than the chip can be. Attention of a chip and number format has a main kernel, which ran most of its rows; another with at least 200 rows has coefficients and a line of its own.");
        to.Text(calibration.Different.Count == 0
            ? $"The {calibration.Files} files of `catalog/calibration` that the calibration writes equal what it gives now, byte for byte."
            : $"**Of the {calibration.Files} files that the calibration gives, these differ from the catalogue's: {string.Join(", ", calibration.Different)}.**");
        string[] chips = [.. Calibrator.Measured.Select(m => m.Chip)];
        CalibrationLine[] lines = [.. calibration.Lines.Where(l => chips.Contains(l.Name) && KernelCalibration.IsKernel(l)).OrderBy(l => KernelCalibration.Place(l.Family)).ThenBy(l => l.Family, StringComparer.Ordinal).ThenBy(l => l.Format, StringComparer.Ordinal).ThenBy(l => Array.IndexOf(chips, l.Name))];
        to.Table(
            ["operator", "format", "chip", "n>", "dropped>", "MAPE>", "median>", "p90>", "bar", "verdict"],
            lines.Select(l => (IReadOnlyList<string>)
            [
                KernelCalibration.Words(l.Family), KernelCalibration.Format(l), l.Name, Show.Count(l.Quality.Rows), Show.Count(l.Dropped),
                Show.Percent(l.Quality.Error), Show.Percent(l.Quality.Median), Show.Percent(l.Quality.P90), .. Verdict(l),
            ]));
        foreach ((Func<CalibrationLine, bool> holds, BarDefinition bar) in Judged)
        {
            to.Judge(bar, lines.Where(holds).Select(l => (Named(l), l.Quality.Error, l.Quality.Median)));
        }

        foreach ((string family, string words) in KernelCalibration.Families)
        {
            to.Draw(new Plot($"regimes-{family.Replace('_', '-')}", $"Held-out error by priced time: {words}", "priced time", "MAPE, all formats", RegimeNames)
            {
                Series = [.. chips.Select(c => new PlotSeries(c, Regimes(lines.Where(l => l.Name == c && l.Family == family))))],
            });
        }
    }

    private static string Named(CalibrationLine line) =>
        $"{(KernelCalibration.IsMinor(line) ? line.Family[(line.Family.IndexOf(' ') + 1)..] + ", " : "")}{(line.Format.Length > 0 ? $"{line.Format} on {line.Name}" : line.Name)}";

    private static string[] Verdict(CalibrationLine line)
    {
        foreach ((Func<CalibrationLine, bool> holds, BarDefinition bar) in Judged)
        {
            if (holds(line))
            {
                return [bar.Limit, Show.Met(bar.IsMetBy(line.Quality.Error, line.Quality.Median))];
            }
        }

        return ["–", "–"];
    }

    // The mean error of a regime over all formats, by their rows. A regime of few rows is joined with the next and stands at its end.
    private static (double X, double Y)[] Regimes(IEnumerable<CalibrationLine> lines) =>
        [.. lines.SelectMany(l => l.Quality.Regimes).GroupBy(Place).OrderBy(g => g.Key).Select(g => ((double)g.Key, g.Sum(r => r.Error * r.Rows) / g.Sum(r => r.Rows)))];

    private static int Place(RegimeQuality regime) => regime.UpToSeconds switch { <= 1.01e-5 => 0, <= 1.01e-4 => 1, <= 1.01e-3 => 2, _ => 3 };
}
