using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Validation.Sections.Kernels;

/// <summary>Measured tables beside the model, on a quarter of their rows that they were not given.</summary>
internal sealed class RefinedKernelsSection : IValidationSection
{
    private static readonly Dictionary<string, BarDefinition> ByKind = new(StringComparer.Ordinal)
    {
        ["gemm"] = BarDefinition.Errors(3, "products with measured tables", 0, 0.04),
        ["context_attention"] = BarDefinition.Errors(3, "prefill attention with measured tables", 0, 0.03),
        ["generation_attention"] = BarDefinition.Errors(3, "decode attention with measured tables", 0, 0.03),
        ["moe"] = BarDefinition.Errors(3, "experts with measured tables", 0, 0.03),
    };

    public string Id => "kernels-refined";

    public string Title => "Kernels with measured tables, held out";

    public IReadOnlyList<BarDefinition> Bars { get; } = [.. ByKind.Values];

    public void Score(SectionBuilder to)
    {
        to.Text("Held out: a quarter of each table's rows, by hash, priced with the other three quarters beside the model as `op price --refine` does ([hardware.md](hardware.md#measured-tables-beside-the-model)).");
        var rows = new List<IReadOnlyList<string>>();
        var plots = new List<(OperatorTable Table, IReadOnlyList<(string Chip, TableScore Score)> Scores)>();
        foreach (OperatorTable table in OperatorTable.All)
        {
            IReadOnlyList<(string Chip, TableScore Score)> scores = MeasuredTables.Each(to, table, TableScore.OfHeldOutQuarter);
            BarDefinition? bar = ByKind.GetValueOrDefault(table.Name);
            foreach ((string chip, TableScore score) in scores)
            {
                ErrorScore errors = ErrorScore.Of(score.Rows);
                rows.Add([MeasuredTables.Words(table), chip, .. Show.Errors(errors), bar?.Limit ?? "–", bar is null ? "–" : Show.Met(bar.IsMetBy(errors))]);
            }

            if (bar is not null)
            {
                to.Judge(bar, scores.Select(s => (s.Chip, Score: ErrorScore.Of(s.Score.Rows))).Select(s => (s.Chip, s.Score.Mape, s.Score.Median)));
            }

            plots.Add((table, scores));
        }

        to.Table(["operator", "chip", .. Show.ErrorHeads, "bar", "verdict"], rows);
        foreach ((OperatorTable table, IReadOnlyList<(string Chip, TableScore Score)> scores) in plots)
        {
            to.Scatter($"refined-{table.Name.Replace('_', '-')}", $"Held out, with measured tables: {MeasuredTables.Words(table)}", "s", scores.Select(s => (s.Chip, (IEnumerable<ScoredRow>)s.Score.Rows)));
        }
    }
}
