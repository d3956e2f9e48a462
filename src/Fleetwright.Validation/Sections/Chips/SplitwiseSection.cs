using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Published;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Splitwise's iteration times and watts.</summary>
internal sealed class SplitwiseSection : IValidationSection
{
    private static readonly BarDefinition Time = BarDefinition.Errors(3, "splitwise: iteration time of Llama 2 70B and BLOOM on A100 and H100", 0.10);
    private static readonly BarDefinition Watts = BarDefinition.Errors(3, "splitwise: watts of Llama 2 70B decoding on A100", 0.10);

    public string Id => "splitwise";

    public string Title => "Iterations and watts of Splitwise";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Time, Watts];

    public void Score(SectionBuilder to)
    {
        if (to.Find(Splitwise.File) is not { } path)
        {
            return;
        }

        to.Text("Iterations, never fitted: the operators of a step one after another, without a serving engine's own time around them, which the measured times hold; the median of the repeats of a setting. The power-capped H100 is no chip of the catalogue and is left out.");
        IReadOnlyList<ScoredRow> rows = Splitwise.Iterations(to.Catalog, path);
        IGrouping<string, ScoredRow>[] groups = [.. rows.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal)];
        to.Table(["set", .. Show.ErrorHeads], groups.Select(g => (IReadOnlyList<string>)[g.Key, .. Show.Errors(ErrorScore.Of(g))]));
        to.Scatter("splitwise-iterations", "Iterations of Splitwise", "s", groups.Select(g => (g.Key, (IEnumerable<ScoredRow>)g)));
        to.Judge(Time, groups.Select(g => (g.Key, Score: ErrorScore.Of(g))).Select(g => (g.Key, g.Score.Mape, g.Score.Median)));
        ErrorScore watts = ErrorScore.Of(Splitwise.DecodeWatts(to.Catalog, path));
        to.Text("Power, in sample: the shares of power at rest and per byte come from these watts. The file has none (zeros) for the H100.");
        to.Table(["set", .. Show.ErrorHeads], [["watts of Llama 2 70B decoding one request on 2, 4 and 8 A100", .. Show.Errors(watts)]]);
        to.Judge(Watts, watts);
    }
}
