using System.Globalization;
using System.Text;
using CsvHelper;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Tables;

/// <summary>Reads a comma-separated table with a header line, gzipped when its name ends in <c>.gz</c>, row by row.</summary>
internal sealed class TableFile : IDisposable
{
    private static readonly CsvReaderOptions Options = CsvReaderOptions.Default with { Separator = ',', HasHeader = false, TrackLineNumbers = true, PoolStrings = true, TrimWhitespace = true, MaxRecordSize = 1 << 20 };
    private readonly CsvReader _csv;
    private readonly int _fields;
    private readonly IReadOnlyList<string?> _absent;

    /// <summary>Opens a file and finds the columns of <paramref name="table"/> in its header.</summary>
    /// <exception cref="InputException">The file is not there, empty, or lacks a column.</exception>
    public TableFile(string path, OperatorTable table)
    {
        _absent = table.Absent;
        _csv = CsvReader.Create(DataFile.Open(path), Options, leaveOpen: false);
        try
        {
            Source = ReadHeader(path, table, out _fields);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the rows come from.</summary>
    public TableSource Source { get; }

    /// <summary>The rows in the order of the file.</summary>
    /// <exception cref="InputException">A line has too few or too many fields, or the file is cut.</exception>
    public IEnumerable<TableRow> Rows()
    {
        while (Next(Source.Path))
        {
            if (_csv.FieldCount != _fields)
            {
                throw new InputException([new Diagnostic(Source.Path, _csv.LineNumber, 1, "", FormattableString.Invariant($"found {_csv.FieldCount} fields; the header has {_fields}"))]);
            }

            var fields = new string[Source.Places.Length];
            for (int i = 0; i < fields.Length; i++)
            {
                fields[i] = Source.Places[i] < 0 ? _absent[i]! : _csv.GetString(Source.Places[i]);
            }

            double measured = double.NaN;
            if (Source.MeasuredPlace >= 0 && double.TryParse(_csv.GetSpan(Source.MeasuredPlace), NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds))
            {
                measured = milliseconds * 1e-3;
            }

            yield return new TableRow(Source, _csv.LineNumber, fields, Encoding.UTF8.GetString(_csv.RawRecord), measured);
        }
    }

    public void Dispose() => _csv.Dispose();

    private TableSource ReadHeader(string path, OperatorTable table, out int fields)
    {
        if (!Next(path))
        {
            throw new InputException(path, $"the file is empty; it needs a header line with {string.Join(", ", table.Columns)}");
        }

        string[] header = [.. Enumerable.Range(0, _csv.FieldCount).Select(_csv.GetString)];
        fields = header.Length;
        int[] places = [.. table.Columns.Select(c => Array.IndexOf(header, c))];
        Diagnostic[] missing = [.. table.Columns.Where((_, i) => places[i] < 0 && table.Absent[i] is null).Select(c => new Diagnostic(path, 1, 1, c, $"the header has no such column; found: {string.Join(", ", header)}{NearMiss.Suggestion(c, header)}"))];
        return missing.Length == 0
            ? new TableSource(path, Encoding.UTF8.GetString(_csv.RawRecord), table.Columns, places, Array.IndexOf(header, OperatorTable.Measured))
            : throw new InputException(missing);
    }

    private bool Next(string path)
    {
        try
        {
            return _csv.Read();
        }
        catch (Exception e) when (e is InvalidDataException or CsvFormatException)
        {
            throw new InputException(path, $"the file is cut or damaged: {e.Message}");
        }
    }
}
