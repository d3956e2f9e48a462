using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Validation.Sections.Kernels;

/// <summary>All measured rows priced with the coefficients that ship, as <c>op price</c> does.</summary>
internal sealed class PricedKernelsSection : IValidationSection
{
    public string Id => "kernels-in-sample";

    public string Title => "Kernels, in sample";

    public IReadOnlyList<BarDefinition> Bars { get; } = [];

    public void Score(SectionBuilder to)
    {
        to.Text("In sample: every row of the measured tables as `fleetwright op price` prices it, kernels without coefficients of their own included, with the coefficients that ship, which were fitted to most of these rows. *Dropped* rows are faster than the chip can be.");
        var rows = new List<IReadOnlyList<string>>();
        var plots = new List<(OperatorTable Table, IReadOnlyList<(string Chip, TableScore Score)> Scores)>();
        foreach (OperatorTable table in OperatorTable.All)
        {
            IReadOnlyList<(string Chip, TableScore Score)> scores = MeasuredTables.Each(to, table, TableScore.Of);
            plots.Add((table, scores));
            foreach ((string chip, TableScore score) in scores)
            {
                foreach (IGrouping<string, ScoredRow> format in score.Rows.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal))
                {
                    rows.Add([MeasuredTables.Words(table), format.Key, chip, .. Show.Errors(ErrorScore.Of(format))]);
                }

                if (score.Defective > 0)
                {
                    rows.Add([MeasuredTables.Words(table), "dropped", chip, Show.Count(score.Defective), "", "", "", ""]);
                }
            }
        }

        Libraries(to, rows);
        to.Table(["operator", "format", "chip", .. Show.ErrorHeads], rows);
        foreach ((OperatorTable table, IReadOnlyList<(string Chip, TableScore Score)> scores) in plots)
        {
            to.Scatter($"priced-{table.Name.Replace('_', '-')}", $"In sample: {MeasuredTables.Words(table)}", "s", scores.Select(s => (s.Chip, (IEnumerable<ScoredRow>)s.Score.Rows)));
        }
    }

    // NCCL's tables have no kind of operator table: collectives are priced by message.
    private static void Libraries(SectionBuilder to, List<IReadOnlyList<string>> rows)
    {
        foreach ((string name, string folder) in Calibrator.Measured)
        {
            // Not every chip has a table of NCCL; a chip without one has its own kernels only.
            if (to.Find($"kernels/{folder}/custom_allreduce.csv.gz") is { } path && File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "nccl.csv.gz")))
            {
                CollectiveModel(to, rows, name, Path.GetDirectoryName(path)!);
            }
        }
    }

    private static void CollectiveModel(SectionBuilder to, List<IReadOnlyList<string>> rows, string name, string folder)
    {
        ChipModel chip = ChipModel.For(to.Catalog, name);
        foreach (var kind in CollectiveFit.Read(folder).Where(r => r.Library).GroupBy(r => r.Kind).OrderBy(g => g.Key))
        {
            rows.Add(["NCCL, from 4 KiB", kind.Key.ToString(), name, .. Show.Errors(ErrorScore.Of(kind.Select(r => chip.Collectives.Price(r.Kind, r.Bytes, r.Ranks, r.Library).Seconds / r.Seconds)))]);
        }
    }
}
