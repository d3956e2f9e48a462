using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Calibration;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>Measured language models on phones, Macs and boards.</summary>
internal sealed class DevicesSection : IValidationSection
{
    private static readonly (string Format, Dtype Dtype)[] Prefills = [("F16", Dtype.Fp16), ("Q8_0", Dtype.Int8), ("Q4_0", Dtype.Int4)];

    public string Id => "devices";

    public string Title => "Devices";

    public IReadOnlyList<BarDefinition> Bars { get; } = [];

    public void Score(SectionBuilder to)
    {
        if (to.Find(MeasuredClasses.File) is not { } path)
        {
            return;
        }

        var measured = new MeasuredClasses(to.Catalog, path);
        (MeasuredClass Class, IReadOnlyList<ScoredRow> Rows)[] classes = [.. MeasuredClasses.All.Select(c => (c, measured.LeaveOneOut(c)))];
        to.Text("Decode speed, held out: each row predicted by a fit without it; *one chip left out*: by a fit without the rows of its chip ([edge.md](edge.md#coefficients)).");
        to.Table(["engine on unit", .. Show.ErrorHeads, "one chip left out>"], classes.Select(c => Line(c.Class.Name, ErrorScore.Of(c.Rows), DecodeFit.LeaveOut(measured.DecodePoints(c.Class), p => p.Soc))));
        to.Scatter("devices-decode", "Decode speed on devices, each row held out", "tokens a second", classes.Select(c => (c.Class.Engine, c.Rows)).GroupBy(c => c.Engine).Select(g => (g.Key, g.SelectMany(c => c.Rows))));
        to.Text("In sample:");
        to.Table(
            ["set", .. Show.ErrorHeads],
            [
                .. Prefills.Select(p => (IReadOnlyList<string>)[$"prefill of Macs, {p.Format}", .. Show.Errors(ErrorScore.Of(measured.MacPrefill(p.Format, p.Dtype)))]),
                ["iPhone 17 Pro after ten minutes, from its watts", .. Show.Errors(ErrorScore.Of(measured.SustainedIPhone()))],
            ]);
        (int inside, int all) = measured.InBand();
        to.Text($"{inside} of {all} rows ({Show.Percent((double)inside / all)}) lie in the band of a fit without them. Speeds, energies and heat of headsets, glasses and the TV, and voice turns as a whole, are not measured by anybody: their band is a factor of two.");
    }

    private static IReadOnlyList<string> Line(string name, ErrorScore score, IReadOnlyList<double> chip) =>
        [name, .. Show.Errors(score), chip.Count > 0 ? Show.Percent(chip.Average()) : ""];
}
