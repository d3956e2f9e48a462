namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Cycles of systolic arrays against SCALE-Sim. To score: read the three files, price each row, compare whole cycles, judge <see cref="Cycles"/>.</summary>
internal sealed class SystolicSection : IValidationSection
{
    private static readonly BarDefinition Cycles = new(3, "every SCALE-Sim row, weight-, output- and input-stationary", "equal to the cycle");

    public string Id => "systolic";

    public string Title => "Systolic arrays (SCALE-Sim)";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Cycles];

    public void Score(SectionBuilder to)
    {
        to.Find("chips/scale-sim");
        to.Text("Not scored: this version has no model of a single systolic array.");
    }
}
