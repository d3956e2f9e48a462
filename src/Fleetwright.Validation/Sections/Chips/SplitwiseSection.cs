using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Published;
using Fleetwright.Validation.Sections.Kernels;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Splitwise's iteration times and watts.</summary>
internal sealed class SplitwiseSection : IValidationSection
{
    private static readonly BarDefinition Time = BarDefinition.Errors(3, "splitwise: prefill and iteration time of Llama 2 70B and BLOOM on A100 and H100", 0.10);
    private static readonly BarDefinition Watts = BarDefinition.Errors(3, "splitwise: watts of Llama 2 70B and BLOOM on A100", 0.10);

    private static readonly (string Family, string Format, string Words)[] Families =
        [("eager_prefill", "", "prefill time"), ("eager_decode", "", "iteration time"), ("power", "mean", "mean watts of a run"), ("power", "prefill", "watts of a prefill of up to 0.2 s")];

    private static readonly string[] Chips = ["a100-80gb-sxm", "h100-sxm"];

    public string Id => "splitwise";

    public string Title => "Iterations and watts of Splitwise";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Time, Watts];

    public void Score(SectionBuilder to)
    {
        if (to.Find(Splitwise.Table) is null || KernelCalibration.Folder(to) is not { } folder)
        {
            return;
        }

        to.Text("Held out: static batches of Llama 2 70B and BLOOM 176B under vLLM of 2023, which launches every kernel from the host (Patel et al., ISCA 2024); the median of the repeats of a setting. The kernels are those of the calibration; what the host adds and the shares of power are fitted, and each model and layout is priced by a fit that did not see it ([hardware.md](hardware.md)).");
        (string Chip, string Words, CalibrationLine Line)[] lines =
        [
            .. Families.SelectMany(f => Chips.SelectMany(chip => to.Context.Calibration(folder).Lines
                .Where(l => l.Name == chip && l.Family == f.Family && l.Format == f.Format).Select(l => (chip, f.Words, l)))),
        ];
        to.Table(
            ["set", "chip", "n>", "MAPE>", "median>", "p90>"],
            lines.Select(l => (IReadOnlyList<string>)[l.Words, l.Chip, Show.Count(l.Line.Quality.Rows), Show.Percent(l.Line.Quality.Error), Show.Percent(l.Line.Quality.Median), Show.Percent(l.Line.Quality.P90)]));
        to.Text($"Not scored: watts of the H100, which are zero in the file, and `{Splitwise.CappedHardware}`, which was derived and not measured: row by row its prefill is the uncapped H100's times 1.3 and its iterations are equal.");
        Judge(Time, l => l.Line.Family != "power");
        Judge(Watts, l => l.Line.Family == "power");

        void Judge(BarDefinition bar, Func<(string Chip, string Words, CalibrationLine Line), bool> of) =>
            to.Judge(bar, lines.Where(of).Select(l => ($"{l.Words} on {l.Chip}", l.Line.Quality.Error, l.Line.Quality.Median)));
    }
}
