namespace Fleetwright.Validation.Sections.Chips;

/// <summary>What a chip takes to make: area, yield, bill of materials. To score: price each published figure and judge its bar.</summary>
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
        to.Find("chips/cost");
        to.Text("Not scored: this version has no model of what a chip takes to make.");
    }
}
