using System.Globalization;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A table of measured kernels: comma-separated with a header line, gzipped when the name ends in <c>.gz</c>.</summary>
internal sealed class KernelTable
{
    private readonly Dictionary<string, int> _columns;

    private readonly string _path;
    private readonly List<string[]> _rows;

    private KernelTable(string path, Dictionary<string, int> columns, List<string[]> rows) => (_path, _columns, _rows) = (path, columns, rows);

    /// <summary>The fields of every row.</summary>
    public IReadOnlyList<string[]> Rows => _rows;

    /// <summary>Reads a table; a damaged one is told with its place.</summary>
    /// <exception cref="InputException">The file is missing, cut, or a line has too few or too many fields.</exception>
    public static KernelTable Read(string path)
    {
        using var reader = new StreamReader(DataFile.Open(path));
        try
        {
            string[] header = (reader.ReadLine() ?? throw new InputException(path, "the file is empty; it needs a header line")).Split(',');
            var columns = new Dictionary<string, int>(StringComparer.Ordinal);
            for (int i = 0; i < header.Length; i++)
            {
                columns[header[i]] = i;
            }

            var rows = new List<string[]>();
            while (reader.ReadLine() is { } line)
            {
                string[] fields = line.Split(',');
                rows.Add(fields.Length == header.Length ? fields : throw new InputException([new Diagnostic(path, rows.Count + 2, 1, "", FormattableString.Invariant($"found {fields.Length} fields; the header has {header.Length}"))]));
            }

            return new KernelTable(path, columns, rows);
        }
        catch (InvalidDataException e)
        {
            throw new InputException(path, $"the file is cut or damaged: {e.Message}");
        }
    }

    public string Text(string[] row, string column) => row[Place(column)];

    /// <summary>A number; <paramref name="absent"/> when the table has no such column.</summary>
    /// <exception cref="InputException">The field is not a number, or there is no such column and nothing stands for it.</exception>
    public double Number(string[] row, string column, double? absent = null) =>
        absent is { } value && !_columns.ContainsKey(column) ? value
        : double.TryParse(row[Place(column)], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
        : throw new InputException([new Diagnostic(_path, _rows.IndexOf(row) + 2, Place(column) + 1, column, $"found '{row[Place(column)]}'; allowed: a number")]);

    private int Place(string column) =>
        _columns.TryGetValue(column, out int index) ? index : throw new InputException([new Diagnostic(_path, 1, 1, column, $"the header has no such column; found: {string.Join(", ", _columns.Keys)}")]);
}
