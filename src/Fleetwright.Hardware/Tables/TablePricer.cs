using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;

namespace Fleetwright.Hardware.Tables;

/// <summary>What pricing a table came to.</summary>
/// <param name="Rows">Rows priced.</param>
/// <param name="Scored">Rows that hold a measurement which is possible; the errors are over these.</param>
/// <param name="Defective">Rows whose measurement is faster than the chip can be.</param>
/// <param name="Noted">Rows with something in the column <c>status</c>, such as a number format that the chip lacks.</param>
/// <param name="Mape">Mean absolute error of the priced time as a fraction of the measured one; NaN without measurements.</param>
/// <param name="Median">Median of it.</param>
public sealed record TableSummary(long Rows, long Scored, long Defective, long Noted, double Mape, double Median);

/// <summary>Prices the rows of a table file and writes them with <c>predicted_ms</c>, <c>bound</c> and <c>status</c> behind their own fields.</summary>
/// <param name="chip">The chip.</param>
/// <param name="table">The kind of table.</param>
/// <param name="refinement">Measured tables beside the model; null for the model alone.</param>
public sealed class TablePricer(ChipModel chip, OperatorTable table, Refinement? refinement)
{
    private const int Batch = 2048;
    private static readonly string[] BoundNames = [.. Enum.GetNames<Bound>().Select(n => n.ToLowerInvariant())];

    /// <summary>Reads <paramref name="input"/> and writes <paramref name="output"/>, which appears only when it is whole. Either is gzipped when its name ends in <c>.gz</c>.</summary>
    /// <param name="input">A table with the columns of its kind; further columns pass through.</param>
    /// <param name="output">Where to write.</param>
    /// <param name="progress">Told how many rows are done, now and then.</param>
    /// <param name="cancellation">Stops the work; nothing is left behind.</param>
    /// <exception cref="InputException">The table cannot be read.</exception>
    public TableSummary Run(string input, string output, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        if (Directory.Exists(output))
        {
            throw new InputException("--out", $"found '{output}', which is a folder; allowed: the path of a file");
        }

        string unfinished = output + ".unfinished";
        try
        {
            TableSummary summary;
            using (var file = new TableFile(input, table))
            using (Stream to = Create(unfinished, output))
            {
                summary = Run(file, to, progress, cancellation);
            }

            File.Move(unfinished, output, overwrite: true);
            return summary;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private TableSummary Run(TableFile file, Stream to, Action<long>? progress, CancellationToken cancellation)
    {
        var ratios = new List<double>();
        long rows = 0, defective = 0, noted = 0;
        to.Write(Encoding.UTF8.GetBytes(file.Source.Header + ",predicted_ms,bound,status\n"));
        byte[] line = new byte[256];
        foreach ((TableRow[] batch, PricedRow[] priced) in Priced(file, cancellation))
        {
            for (int i = 0; i < batch.Length; i++)
            {
                double seconds = priced[i].Seconds;
                to.Write(Encoding.UTF8.GetBytes(batch[i].Text));
                line[0] = (byte)',';
                Utf8Formatter.TryFormat(double.Round(seconds * 1e3, 9), line.AsSpan(1), out int length);
                line[length + 1] = (byte)',';
                int end = length + 2 + Encoding.UTF8.GetBytes(BoundNames[(int)priced[i].Bound], line.AsSpan(length + 2));
                line[end++] = (byte)',';
                end += Encoding.UTF8.GetBytes(priced[i].Note ?? "ok", line.AsSpan(end));
                noted += priced[i].Note is null ? 0 : 1;

                line[end] = (byte)'\n';
                to.Write(line.AsSpan(0, end + 1));
                if (double.IsNaN(batch[i].MeasuredSeconds))
                {
                    continue;
                }

                if (priced[i].Floor.Allows(batch[i].MeasuredSeconds))
                {
                    ratios.Add(seconds / batch[i].MeasuredSeconds);
                }
                else
                {
                    defective++;
                }
            }

            rows += batch.Length;
            progress?.Invoke(rows);
        }

        ErrorScore score = ErrorScore.Of(ratios);
        return new TableSummary(rows, score.Rows, defective, noted, score.Mape, score.Median);
    }

    // Reads ahead while the batches before are priced on all cores; they come back in the order of the file.
    private IEnumerable<(TableRow[] Rows, PricedRow[] Priced)> Priced(TableFile file, CancellationToken cancellation)
    {
        var pending = new Queue<Task<(TableRow[] Rows, PricedRow[] Priced)>>();
        foreach (TableRow[] rows in file.Rows().Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            pending.Enqueue(Task.Run(() => (rows, Price(rows)), cancellation));
            while (pending.Count > Environment.ProcessorCount)
            {
                yield return Result(pending.Dequeue());
            }
        }

        while (pending.TryDequeue(out Task<(TableRow[] Rows, PricedRow[] Priced)>? last))
        {
            yield return Result(last);
        }
    }

    private static T Result<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private PricedRow[] Price(TableRow[] rows)
    {
        var priced = new PricedRow[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            PricedRow row = table.Price(chip, rows[i]);
            priced[i] = refinement is null ? row : row with { Seconds = refinement.Seconds(row) };
        }

        return priced;
    }

    private static Stream Create(string path, string finalName)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new InputException("--out", $"found '{finalName}', whose folder does not exist");
        }

        Stream file = new BufferedStream(File.Create(path), 1 << 16);
        return finalName.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
    }
}
