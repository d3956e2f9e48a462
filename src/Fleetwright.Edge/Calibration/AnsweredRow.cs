using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Edge.Calibration;

/// <summary>A measured row: what it asks and what was measured.</summary>
/// <param name="Question">What it asks.</param>
/// <param name="PrefillRate">Tokens a second of the prompt.</param>
/// <param name="DecodeRate">Tokens a second of the reply.</param>
/// <param name="Watts">Mean power of the whole device.</param>
/// <param name="Confidence">A to D.</param>
internal sealed record AnsweredRow(RowQuestion Question, double? PrefillRate, double? DecodeRate, double? Watts, char Confidence)
{
    // The data's README calls this row implausible; and one early NPU without the matrix unit that its family has.
    private static readonly HashSet<string> s_left = new(["Indus-1B"], StringComparer.Ordinal);

    /// <summary>Whether a fit may use the row: a primary source or a quotation of one (never an anecdote, C, or a machine-written summary, D), of known size and chip.</summary>
    public bool MayBeFitted => Confidence is 'A' or 'B' && Question.IsPlain && Question.Soc is not null && Question.Parameters is not null && Question.Format.IsKnown && !s_left.Contains(Question.Model);

    /// <summary>Reads a file with the columns of <c>on_device_llm.csv</c>, in any order.</summary>
    /// <exception cref="InputException">The file is missing, lacks a column, or has two rows of one name.</exception>
    public static IReadOnlyList<AnsweredRow> ReadAll(string path, FleetCatalog catalog)
    {
        CsvTable table = CsvTable.Read(path, [.. RowQuestion.Columns, "prefill_tok_s", "decode_tok_s", "avg_power_w", "confidence"]);
        if (table.Rows.GroupBy(r => r["row_id"]).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InputException(path, $"has two rows called '{twice.Key}' in the column row_id; each must be there once");
        }

        return [.. table.Rows.Select(r => new AnsweredRow(RowQuestion.Of(r, catalog), Number(r["prefill_tok_s"]), Number(r["decode_tok_s"]), Number(r["avg_power_w"]), r["confidence"] is [char c] ? c : '?'))];
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value > 0 ? value : null;
}
