using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;

namespace Fleetwright.Hardware.Tables;

/// <summary>The rows of a measured table beside what they were priced at, by number format.</summary>
/// <param name="Rows">Rows with a measurement that is possible, in the order of the file; seconds.</param>
/// <param name="Defective">Rows whose measurement is faster than the chip can be.</param>
internal sealed record TableScore(IReadOnlyList<ScoredRow> Rows, int Defective)
{
    /// <summary>Prices every row with the model alone, or with a refinement.</summary>
    /// <exception cref="InputException">The table cannot be read.</exception>
    public static TableScore Of(ChipModel chip, OperatorTable table, string path, CancellationToken cancellation)
    {
        using var file = new TableFile(path, table);
        return Of([.. file.Rows()], chip, table, null, cancellation);
    }

    /// <summary>Prices a quarter of the rows, refined with the other three; the quarter is the same on every machine.</summary>
    /// <exception cref="InputException">The table cannot be read.</exception>
    public static TableScore OfHeldOutQuarter(ChipModel chip, OperatorTable table, string path, CancellationToken cancellation)
    {
        using var file = new TableFile(path, table);
        ILookup<bool, TableRow> parts = file.Rows().ToLookup(r => IsHeldOut(r.Text));
        Refinement refinement = Refinement.Of(parts[false], table, chip);
        return Of([.. parts[true]], chip, table, refinement, cancellation);
    }

    // FNV-1a over the line without its last field, the measurement.
    private static bool IsHeldOut(string line)
    {
        uint hash = 2166136261u;
        foreach (char c in line.AsSpan(0, Math.Max(0, line.LastIndexOf(','))))
        {
            hash = (hash ^ c) * 16777619u;
        }

        return hash % 4 == 0;
    }

    private static TableScore Of(TableRow[] rows, ChipModel chip, OperatorTable table, Refinement? refinement, CancellationToken cancellation)
    {
        // The last of the formats is that of the cache for attention, of the products otherwise.
        int format = table.Columns.ToList().FindLastIndex(c => c.EndsWith("dtype", StringComparison.Ordinal));
        var priced = new (double Seconds, bool Allowed)[rows.Length];
        Parallel.For(0, rows.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            PricedRow row = table.Price(chip, rows[i]);
            priced[i] = (refinement?.Seconds(row) ?? row.Seconds, row.Floor.Allows(rows[i].MeasuredSeconds));
        });
        ScoredRow[] scored = [.. rows.Select((r, i) => (Row: r, Priced: priced[i])).Where(r => r.Priced.Allowed).Select(r => new ScoredRow(r.Row[format], r.Priced.Seconds, r.Row.MeasuredSeconds))];
        return new TableScore(scored, rows.Count(r => !double.IsNaN(r.MeasuredSeconds)) - scored.Length);
    }
}
