using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Power;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Watts of kernels against AccelWattch's V100.</summary>
internal sealed class KernelPowerSection : IValidationSection
{
    public string Id => "kernel-power";

    public string Title => "Watts of kernels (AccelWattch)";

    public IReadOnlyList<BarDefinition> Bars { get; } = [];

    public void Score(SectionBuilder to)
    {
        if (to.Find("chips/accelwattch") is not { } folder)
        {
            return;
        }

        IReadOnlyList<KernelActivity> kernels = KernelActivity.ReadAccelWattch(folder);
        ScoredRow[] rows = [.. kernels.Zip(KernelPowerModel.LeaveOneOut(kernels), (k, error) => new ScoredRow("V100", k.Watts * (1 + error), k.Watts))];
        to.Text("Held out: each V100 kernel is priced with the four constants fitted to all others, from its counters: cores awake, issue slots and local accesses. The issue sets no bar; AccelWattch states 7.5 to 9.2 % for its own model, which has many more constants, from its own simulation.");
        to.Table(["set", .. Show.ErrorHeads], [["watts of V100 kernels", .. Show.Errors(ErrorScore.Of(rows))]]);
        to.Scatter("kernel-power", "Watts of V100 kernels", "W", [("V100", rows)]);
    }
}
