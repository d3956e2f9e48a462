using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation.Sections.Kernels;

/// <summary>A chip without measurements: every architecture, or every Hopper chip, priced with coefficients fitted to the others.</summary>
internal sealed class ChipLeftOutSection : IValidationSection
{
    private static readonly BarDefinition Products = BarDefinition.Errors(3, "products bf16, a chip left out of the fit (aim)", 0.20);
    private static readonly BarDefinition Decode = BarDefinition.Errors(3, "decode attention, a chip left out of the fit (aim)", 0.20);

    private static readonly string[] Architectures = ["ampere", "hopper", "blackwell", "xe2"];

    public string Id => "chip-left-out";

    public string Title => "A chip left out";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Products, Decode];

    public void Score(SectionBuilder to)
    {
        if (KernelCalibration.Folder(to) is not { } folder)
        {
            return;
        }

        CalibrationLine[] lines = [.. to.Context.Calibration(folder).Lines.Where(l => l.Name is "generic" or "hopper" && KernelCalibration.IsKernel(l)).OrderBy(l => l.Name, StringComparer.Ordinal).ThenBy(l => KernelCalibration.Place(l.Family)).ThenBy(l => l.Family, StringComparer.Ordinal).ThenBy(l => l.Format, StringComparer.Ordinal)];
        to.Text("Held out: `generic` is fitted to A100, H100, H200 and B200 and scored with each architecture left out in turn, `hopper` to H100 and H200 with each left out. These are the errors that a chip without measurements carries. Formats that not all of the chips have are scored with shapes left out, not chips.");
        to.Table(
            ["coefficients", "operator", "format", "n>", "MAPE>", "median>", "p90>"],
            lines.Select(l => (IReadOnlyList<string>)[l.Name, KernelCalibration.Words(l.Family), KernelCalibration.Format(l), Show.Count(l.Quality.Rows), Show.Percent(l.Quality.Error), Show.Percent(l.Quality.Median), Show.Percent(l.Quality.P90)]));
        to.Text("Decode attention in bf16 with the architecture left out and its own kernel priced: coefficients fitted to all other data-centre chips, B60 excepted, whose host's floor (65 us) is given as it starts kernels one by one. Hopper's kernel has a scan that no other has.");
        to.Table(
            ["architecture left out", "scored on", .. Show.ErrorHeads],
            Architectures.SelectMany(a => DecodeLeftOut.Score(to.Catalog, folder, a).Select(s => (IReadOnlyList<string>)[a, s.Chip.Name, .. Show.Errors(s.Score)])));
        to.Judge(Products, lines.Where(l => l is { Family: "gemm", Format: "bf16" }).Select(l => (l.Name, l.Quality.Error, l.Quality.Median)));
        to.Judge(Decode, lines.Where(l => l is { Family: "decode_attention", Format: "bf16" }).Select(l => (l.Name, l.Quality.Error, l.Quality.Median)));
    }
}
