using Fleetwright.Hardware.Published;
using Fleetwright.Hardware.Systolic;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Cycles of systolic arrays against SCALE-Sim.</summary>
internal sealed class SystolicSection : IValidationSection
{
    private static readonly BarDefinition Cycles = new(3, "every SCALE-Sim row, weight-, output- and input-stationary", "equal to the cycle");

    public string Id => "systolic";

    public string Title => "Systolic arrays (SCALE-Sim)";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Cycles];

    public void Score(SectionBuilder to)
    {
        if (to.Find(ScaleSim.Folder) is not { } folder)
        {
            return;
        }

        to.Text("Exact: one fold after another, as SCALE-Sim runs them, in closed form ([hardware.md](hardware.md)); nothing is fitted.");
        (string File, IReadOnlyList<ScaleSimRun> Runs)[] tables = [.. ScaleSim.Files.Select(f => (f, ScaleSim.Read(Path.Combine(folder, f))))];
        to.Table(
            ["table", "n>", "output-stationary>", "weight-stationary>", "input-stationary>", "other cycles>"],
            tables.Select(t => (IReadOnlyList<string>)
            [
                t.File, Show.Count(t.Runs.Count), Of(t.Runs, SystolicDataflow.OutputStationary), Of(t.Runs, SystolicDataflow.WeightStationary),
                Of(t.Runs, SystolicDataflow.InputStationary), Show.Count(t.Runs.Count(r => !r.Agrees)),
            ]));
        int all = tables.Sum(t => t.Runs.Count), other = tables.Sum(t => t.Runs.Count(r => !r.Agrees));
        to.Judge(Cycles, $"{Show.Count(all - other)} of {Show.Count(all)} equal", all > 0 && other == 0);
    }

    private static string Of(IReadOnlyList<ScaleSimRun> runs, SystolicDataflow dataflow) => Show.Count(runs.Count(r => r.Dataflow == dataflow));
}
