using System.Globalization;
using CsvHelper;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Tables;

/// <summary>A public table held in memory: comma-separated with a header line, gzipped when its name ends in <c>.gz</c>. Every mistake is told with its place.</summary>
public sealed class CsvTable
{
    private static readonly CsvReaderOptions Options = CsvReaderOptions.Default with { Separator = ',', HasHeader = false, TrackLineNumbers = true, TrimWhitespace = true };
    private CsvTable(string path, Dictionary<string, int> columns, IReadOnlyList<CsvRow> rows) => (Path, Columns, Rows) = (path, columns, rows);

    /// <summary>The rows in the order of the file.</summary>
    public IReadOnlyList<CsvRow> Rows { get; }

    /// <summary>The columns in the order of the file.</summary>
    public IReadOnlyList<string> Header => [.. Columns.OrderBy(c => c.Value).Select(c => c.Key)];

    internal string Path { get; }

    internal Dictionary<string, int> Columns { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">The file is missing, empty, cut, lacks a column, or a line has too few or too many fields.</exception>
    public static CsvTable Read(string path, params string[] columns)
    {
        try
        {
            using CsvReader csv = CsvReader.Create(DataFile.Open(path), Options, leaveOpen: false);
            if (!csv.Read())
            {
                throw new InputException(path, "the file is empty; it needs a header line");
            }

            string[] header = [.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)];
            Diagnostic[] missing = [.. columns.Where(c => !header.Contains(c)).Select(c => new Diagnostic(path, 1, 1, c, $"the header has no such column; found: {string.Join(", ", header)}{NearMiss.Suggestion(c, header)}"))];
            if (missing.Length > 0)
            {
                throw new InputException(missing);
            }

            var rows = new List<CsvRow>();
            var table = new CsvTable(path, header.Select((c, i) => (c, i)).DistinctBy(c => c.c).ToDictionary(c => c.c, c => c.i, StringComparer.Ordinal), rows);
            while (csv.Read())
            {
                // A blank line reads as one empty field.
                if (csv.FieldCount == 1 && header.Length > 1 && csv.GetString(0).Length == 0)
                {
                    continue;
                }

                if (csv.FieldCount != header.Length)
                {
                    throw new InputException([new Diagnostic(path, csv.LineNumber, 1, "", FormattableString.Invariant($"found {csv.FieldCount} fields; the header has {header.Length}"))]);
                }

                rows.Add(new CsvRow(table, csv.LineNumber, [.. Enumerable.Range(0, header.Length).Select(csv.GetString)]));
            }

            return table;
        }
        catch (Exception e) when (e is InvalidDataException or CsvFormatException)
        {
            throw new InputException(path, $"the file is cut or damaged: {e.Message}");
        }
    }
}

/// <summary>One line.</summary>
public sealed class CsvRow
{
    private readonly CsvTable _table;
    private readonly long _line;
    private readonly string[] _fields;

    internal CsvRow(CsvTable table, long line, string[] fields) => (_table, _line, _fields) = (table, line, fields);

    /// <summary>The fields in the order of the file.</summary>
    public IReadOnlyList<string> Fields => _fields;

    /// <summary>The text of a column.</summary>
    public string this[string column] => _fields[Place(column)];

    /// <summary>Whether the table has a column.</summary>
    public bool Has(string column) => _table.Columns.ContainsKey(column);

    /// <summary>The row with other texts in some columns.</summary>
    public CsvRow With(params ReadOnlySpan<(string Column, string Text)> changes)
    {
        string[] fields = [.. _fields];
        foreach ((string column, string text) in changes)
        {
            fields[Place(column)] = text;
        }

        return new CsvRow(_table, _line, fields);
    }

    /// <summary>A number.</summary>
    public double Number(string column) =>
        double.TryParse(this[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : throw Wrong(column, "a number");

    /// <summary>A number, or what stands for an empty field.</summary>
    public double Number(string column, double empty) => this[column].Length == 0 ? empty : Number(column);

    /// <summary>A number, or what stands for a column that the table has not got.</summary>
    public double NumberOr(double absent, string column) => _table.Columns.ContainsKey(column) ? Number(column) : absent;

    /// <summary>A whole number.</summary>
    public int Whole(string column) =>
        int.TryParse(this[column], NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : throw Wrong(column, "a whole number");

    /// <summary>A whole number, or what stands for an empty field.</summary>
    public int Whole(string column, int empty) => this[column].Length == 0 ? empty : Whole(column);

    private int Place(string column) => _table.Columns.TryGetValue(column, out int place)
        ? place
        : throw new InputException([new Diagnostic(_table.Path, 1, 1, column, $"the header has no such column; found: {string.Join(", ", _table.Columns.Keys)}{NearMiss.Suggestion(column, _table.Columns.Keys)}")]);

    private InputException Wrong(string column, string allowed) => new([new Diagnostic(_table.Path, _line, Place(column) + 1, column, $"found '{this[column]}'; allowed: {allowed}")]);
}
