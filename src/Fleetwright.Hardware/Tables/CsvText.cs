namespace Fleetwright.Hardware.Tables;

/// <summary>Fields of a comma-separated line as RFC 4180 has them.</summary>
public static class CsvText
{
    /// <summary>A field, in quotes where it holds a comma, a quote or the end of a line.</summary>
    public static string Field(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A line with its end, a line feed.</summary>
    public static string Line(IEnumerable<string> fields) => string.Join(',', fields.Select(Field)) + "\n";
}
