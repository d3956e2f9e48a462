namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Watts of kernels against AccelWattch's V100. To score: read the two files, price each kernel's watts with constants fitted to the others.</summary>
internal sealed class KernelPowerSection : IValidationSection
{
    public string Id => "kernel-power";

    public string Title => "Watts of kernels (AccelWattch)";

    public IReadOnlyList<BarDefinition> Bars { get; } = [];

    public void Score(SectionBuilder to)
    {
        to.Find("chips/accelwattch");
        to.Text("Not scored: this version prices joules of operators, not watts of a kernel from its instruction counts.");
    }
}
