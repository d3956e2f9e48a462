using System.Globalization;
using System.IO.Compression;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A table of measured kernels: comma-separated with a header line, gzipped when the name ends in <c>.gz</c>.</summary>
internal sealed class KernelTable
{
    private readonly Dictionary<string, int> _columns;

    private KernelTable(Dictionary<string, int> columns, List<string[]> rows)
    {
        _columns = columns;
        Rows = rows;
    }

    /// <summary>The fields of every row.</summary>
    public IReadOnlyList<string[]> Rows { get; }

    public static KernelTable Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(content);
        string[] header = (reader.ReadLine() ?? throw new InvalidDataException($"{path} is empty")).Split(',');
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < header.Length; i++)
        {
            columns[header[i]] = i;
        }

        var rows = new List<string[]>();
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(',');
            if (fields.Length == header.Length)
            {
                rows.Add(fields);
            }
        }

        return new KernelTable(columns, rows);
    }

    public string Text(string[] row, string column) => row[_columns[column]];

    /// <summary>A number; <paramref name="absent"/> when the table has no such column.</summary>
    public double Number(string[] row, string column, double? absent = null) =>
        _columns.TryGetValue(column, out int index)
            ? double.Parse(row[index], NumberStyles.Float, CultureInfo.InvariantCulture)
            : absent ?? throw new InvalidDataException($"the table has no column '{column}'");
}
