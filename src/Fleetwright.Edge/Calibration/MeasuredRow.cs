using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Edge.Calibration;

/// <summary>One measured run of a model on a device, with the columns that calibration reads.</summary>
internal sealed record MeasuredRow(
    string Id, string DeviceClass, string Soc, string Backend, string Engine, string Model, double? Parameters, string Quantisation,
    double? PromptTokens, double? PrefillRate, double? DecodeRate, double? MemoryMegabytes, double? Watts, string LoadState, string Source, char Confidence, string Notes)
{
    /// <summary>Whether a fit may use the row: a primary source or a quotation of one, never an anecdote (C) or a machine-written summary (D).</summary>
    public bool MayBeFitted => Confidence is 'A' or 'B';

    /// <summary>Bytes of weights that one token reads; null when the model's size or the format is not known.</summary>
    public double? BytesPerToken => Quantisations.BytesPerToken(Model, Parameters, Quantisation);

    /// <summary>Reads a file with the columns of <c>on_device_llm.csv</c>, in any order.</summary>
    /// <exception cref="InputException">The file is missing, or lacks a column.</exception>
    public static IReadOnlyList<MeasuredRow> ReadAll(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, e.Message);
        }

        List<string> head = Split(lines.Length == 0 ? "" : lines[0]);
        var rows = new List<MeasuredRow>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Length > 0)
            {
                List<string> cells = Split(lines[i]);
                rows.Add(Of(name => Cell(name, cells)));
            }
        }

        return rows;

        string Cell(string name, List<string> cells)
        {
            int at = head.IndexOf(name);
            return at < 0 ? throw new InputException(path, $"has no column '{name}'") : at < cells.Count ? cells[at] : "";
        }
    }

    private static MeasuredRow Of(Func<string, string> cell)
    {
        double? billions = Number(cell("params_b"));
        return new MeasuredRow(
            cell("row_id"), cell("device_class"), cell("soc"), cell("backend"), cell("engine"), cell("model"), billions * 1e9, cell("quant"),
            Number(cell("prompt_tokens")), Number(cell("prefill_tok_s")), Number(cell("decode_tok_s")), Number(cell("peak_mem_mb")), Number(cell("avg_power_w")),
            cell("load_state"), cell("source_id"), cell("confidence") is [char c] ? c : '?', cell("notes"));
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    // Comma-separated, quotes doubled inside quotes; no line breaks within a cell.
    private static List<string> Split(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
