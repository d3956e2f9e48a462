using System.Globalization;
using System.Text.Json;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>One window of a client's rates.</summary>
/// <param name="Seconds">Its start.</param>
/// <param name="PerSecond">Requests per second.</param>
/// <param name="Gaps">How regular they are.</param>
internal readonly record struct ServeGenWindow(double Seconds, double PerSecond, GapModel Gaps);

/// <summary>One client of a ServeGen set: its rates by window and, by longer windows, how long its prompts and answers are.</summary>
internal sealed record ServeGenClient(int Number, IReadOnlyList<ServeGenWindow> Windows, double WindowSeconds, IReadOnlyList<(double Seconds, ServeGenLengths Lengths)> Lengths)
{
    // The windows of the published sets.
    private const double PublishedWindowSeconds = 600;

    /// <summary>End of the last window.</summary>
    public double EndSeconds => Windows[^1].Seconds + WindowSeconds;

    /// <summary>Requests that are expected over all windows.</summary>
    public double Expected => Windows.Sum(w => w.PerSecond) * WindowSeconds;

    /// <summary>Reads a client.</summary>
    /// <exception cref="InputException">A line or field is wrong.</exception>
    public static ServeGenClient Read(string path, int number, string trace, string? dataset)
    {
        List<ServeGenWindow> windows = [];
        int line = 0;
        foreach (ReadOnlySpan<char> text in trace.AsSpan().EnumerateLines())
        {
            line++;
            if (!text.IsWhiteSpace())
            {
                windows.Add(Window(FormattableString.Invariant($"{path}: chunk-{number}-trace.csv"), line, text.ToString().Split(',')));
            }
        }

        if (windows.Count == 0)
        {
            throw new InputException(path, FormattableString.Invariant($"chunk-{number}-trace.csv is empty; allowed: one line for each window"));
        }

        double length = windows.Count > 1 ? windows[1].Seconds - windows[0].Seconds : PublishedWindowSeconds;
        for (int i = 0; i < windows.Count; i++)
        {
            if (!(length > 0) || Math.Abs(windows[i].Seconds - windows[0].Seconds - (i * length)) > 1e-6 * length)
            {
                throw new InputException([new Diagnostic(FormattableString.Invariant($"{path}: chunk-{number}-trace.csv"), i + 1, 1, "start", FormattableString.Invariant($"found a window that starts at {windows[i].Seconds} s; allowed: windows of one length ({length} s) without a gap"))]);
            }
        }

        return new ServeGenClient(number, windows, length, dataset is null ? [] : ReadLengths(path, number, dataset));
    }

    private static ServeGenWindow Window(string file, int line, string[] fields)
    {
        if (fields.Length != 6)
        {
            throw new InputException([new Diagnostic(file, line, 1, "", FormattableString.Invariant($"found {fields.Length} fields; allowed: 6 (start, rate, CV of the gaps, family, two parameters)"))]);
        }

        double start = Number(0, "start", 0, Ticks.MostSeconds), rate = Number(1, "rate", 0, 1e9);
        if (rate == 0)
        {
            return new ServeGenWindow(start, 0, GapModel.Poisson);
        }

        GapKind kind = fields[3] switch
        {
            "Gamma" => GapKind.Gamma,
            "Weibull" => GapKind.Weibull,
            _ => throw Wrong(3, "family", "Gamma or Weibull (empty only where the rate is 0)"),
        };
        return new ServeGenWindow(start, rate, new GapModel(kind, Number(4, "shape", kind == GapKind.Gamma ? GapModel.LeastGamma : GapModel.LeastWeibull, GapModel.MostShape)));

        double Number(int column, string field, double least, double most) =>
            double.TryParse(fields[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most ? value
            : throw Wrong(column, field, FormattableString.Invariant($"a number from {least} to {most}"));

        InputException Wrong(int column, string field, string allowed) => new([new Diagnostic(file, line, column + 1, field, $"found '{fields[column]}'; allowed: {allowed}")]);
    }

    private static List<(double Seconds, ServeGenLengths Lengths)> ReadLengths(string path, int number, string dataset)
    {
        string file = FormattableString.Invariant($"{path}: chunk-{number}-dataset.json");
        try
        {
            using var json = JsonDocument.Parse(dataset);
            var lengths = new List<(double Seconds, ServeGenLengths Lengths)>();
            foreach (JsonProperty window in json.RootElement.EnumerateObject())
            {
                if (!double.TryParse(window.Name, NumberStyles.Float, CultureInfo.InvariantCulture, out double start))
                {
                    throw new InputException(file, $"found '{window.Name}' as the start of a window; allowed: seconds");
                }

                if (ServeGenLengths.Read(file, window) is { } read)
                {
                    lengths.Add((start, read));
                }
            }

            lengths.Sort((a, b) => a.Seconds.CompareTo(b.Seconds));
            return lengths;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException(file, $"the file is no set of token counts by window: {e.Message}");
        }
    }
}
