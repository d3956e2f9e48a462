using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Published;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>What a chip takes to make: area, yield, bill of materials.</summary>
internal sealed class MakingSection : IValidationSection
{
    private static readonly BarDefinition Area = new(3, "die area of GA100 and MI210's die", "± 8 %");
    private static readonly BarDefinition Materials = new(3, "bill of materials of H100 and B200", "± 15 % of the published estimates");
    private static readonly BarDefinition Yield = new(3, "yield table of an 814 mm² die (chip-models.md 4.2)", "equal to three digits");

    public string Id => "making";

    public string Title => "Area, yield and bill of materials";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Area, Materials, Yield];

    public void Score(SectionBuilder to)
    {
        to.Text("In sample: the constants of the area model come from these two dies ([designs.md](designs.md)).");
        Compare(to, "die", "mm²", MakingFigures.Areas(to.Catalog), Area, 0.08);
        to.Text("In sample in part: the published bills are Epoch AI's estimate of the B200 and one of the H100 derived from it, and the catalogue's prices of memory, packages and tests come in part from the same estimates. Ours are the dies, their yields and the loss in assembly.");
        Compare(to, "bill of materials", "dollars", MakingFigures.Bills(to.Catalog), Materials, 0.15);
        IReadOnlyList<YieldFigure> yields = MakingFigures.Yields;
        to.Text("Yield of an 814 mm² die, in closed form. The published table prints three digits for the rules and two for spare cores and for the sweep of the density.");
        to.Table(
            ["rule", "defects/cm²>", "published>", "found>", "verdict"],
            yields.Select(y => (IReadOnlyList<string>)[y.What, Show.Number(y.Density), Digits(y.Published, y.Digits), Digits(y.Found, y.Digits), Show.Met(y.Agrees)]));
        to.Judge(Yield, $"{yields.Count(y => y.Agrees)} of {yields.Count} equal as printed", yields.All(y => y.Agrees));
    }

    private static void Compare(SectionBuilder to, string what, string unit, IReadOnlyList<ScoredRow> rows, BarDefinition bar, double limit)
    {
        to.Table(
            [what, $"published, {unit}>", "found>", "error>"],
            rows.Select(r => (IReadOnlyList<string>)[r.Group, Show.Count((long)r.Measured), Show.Count((long)Math.Round(r.Predicted)), Show.Signed(r.Ratio - 1)]));
        to.Judge(bar, string.Join("; ", rows.Select(r => $"{r.Group} {Show.Signed(r.Ratio - 1)}")), rows.All(r => Math.Abs(r.Ratio - 1) <= limit));
    }

    private static string Digits(double value, int digits) => value.ToString(digits == 3 ? "0.000" : "0.00", System.Globalization.CultureInfo.InvariantCulture);
}
