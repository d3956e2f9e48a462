using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;

namespace Fleetwright.Hardware.Tables;

/// <summary>
/// A measured table beside the model: the ratio measured ÷ priced of its rows, interpolated in the logarithms of their sizes. A row
/// of the table is answered with its measurement, a row between others with a ratio between theirs, one beyond with that of its
/// neighbours. Rows of a kernel or format that the table has not got keep the model's time.
/// </summary>
public sealed class Refinement
{
    // Fewer points than this say little about how ratios vary.
    private const int Least = 8;
    private readonly Dictionary<string, Kriging> _categories;

    private Refinement(Dictionary<string, Kriging> categories, int rows, int defective)
    {
        _categories = categories;
        (Rows, Defective) = (rows, defective);
    }

    /// <summary>Measured rows that it rests on.</summary>
    public int Rows { get; }

    /// <summary>Rows left out because they ran faster than the chip can (rules: docs/hardware.md, "Calibration").</summary>
    public int Defective { get; }

    /// <summary>Reads the table of a kind from a folder of measured tables.</summary>
    /// <param name="folder">Holds <c>gemm.csv.gz</c> and its like, or their <c>.csv</c>.</param>
    /// <param name="table">The kind.</param>
    /// <param name="chip">The chip that was measured.</param>
    /// <exception cref="InputException">The folder has no such table, or the table is damaged.</exception>
    public static Refinement Read(string folder, OperatorTable table, ChipModel chip)
    {
        string[] candidates = [Path.Combine(folder, table.Name + ".csv.gz"), Path.Combine(folder, table.Name + ".csv")];
        string path = candidates.FirstOrDefault(File.Exists) ?? throw new InputException("--refine", $"found '{folder}', which has no {table.Name}.csv.gz or {table.Name}.csv; allowed: a folder of measured tables of {chip.Chip.Name}");
        using var file = new TableFile(path, table);
        return file.Source.MeasuredPlace >= 0 ? Of(file.Rows(), table, chip) : throw new InputException([new Diagnostic(path, 1, 1, OperatorTable.Measured, "the header has no such column, so the table holds no measurements")]);
    }

    /// <summary>Learns from rows.</summary>
    internal static Refinement Of(IEnumerable<TableRow> rows, OperatorTable table, ChipModel chip)
    {
        var categories = new Dictionary<string, (List<ShapePoint> Shapes, List<double> Ratios)>(StringComparer.Ordinal);
        int used = 0, defective = 0;
        foreach (TableRow row in rows)
        {
            if (double.IsNaN(row.MeasuredSeconds))
            {
                continue;
            }

            PricedRow priced = table.Price(chip, row);
            if (!priced.Floor.Allows(row.MeasuredSeconds))
            {
                defective++;
                continue;
            }

            if (!categories.TryGetValue(priced.Category, out var category))
            {
                categories[priced.Category] = category = ([], []);
            }

            category.Shapes.Add(priced.Shape);
            category.Ratios.Add(Math.Log(row.MeasuredSeconds / priced.Seconds));
            used++;
        }

        KeyValuePair<string, (List<ShapePoint> Shapes, List<double> Ratios)>[] large = [.. categories.Where(c => c.Value.Shapes.Count >= Least)];
        var learnt = new Kriging[large.Length];
        Parallel.For(0, large.Length, i => learnt[i] = new Kriging(large[i].Value.Shapes, large[i].Value.Ratios));
        return new Refinement(large.Select((c, i) => (c.Key, learnt[i])).ToDictionary(StringComparer.Ordinal), used, defective);
    }

    /// <summary>Seconds of a priced row, refined.</summary>
    public double Seconds(in PricedRow row) => _categories.TryGetValue(row.Category, out Kriging? ratios) ? row.Seconds * Math.Exp(ratios.At(row.Shape)) : row.Seconds;
}
