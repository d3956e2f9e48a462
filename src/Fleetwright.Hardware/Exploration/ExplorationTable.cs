using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Exploration;

/// <summary>The points of a search as CSV: its results, and the state from which a stopped search continues.</summary>
/// <remarks>
/// One comment line (specification, points, complete or partial), one of column names, one row a point. Numbers are written with as many digits as bring them
/// back exactly, so that a run that is continued ends in the same bytes as one that was not stopped.
/// </remarks>
public static class ExplorationTable
{
    private const string Mark = "# fleetwright chip explore, specification ";

    /// <summary>The table of <paramref name="found"/>.</summary>
    public static string Write(ExplorationResult found)
    {
        Explorer explorer = found.Explorer;
        ExplorationSpec spec = explorer.Specification;
        var text = new StringBuilder();
        text.Append(Mark).Append(Identity(spec)).Append(CultureInfo.InvariantCulture, $", {found.Points.Count} of {explorer.Planned} points, ").Append(found.IsPartial ? "partial" : "complete").Append('\n');
        text.AppendJoin(',', Columns(spec)).Append('\n');
        foreach (ExploredPoint p in found.Points)
        {
            text.Append(CultureInfo.InvariantCulture, $"{p.Index}");
            foreach (string label in explorer.Labels(p.Index))
            {
                text.Append(',').Append(label);
            }

            text.Append(',').Append(p.IsAnswer ? "" : p.Excluded.ToString().Replace(", ", " ", StringComparison.Ordinal));
            foreach (double value in (ReadOnlySpan<double>)[p.Violation, p.DieArea, p.Watts, p.Dollars, p.MemoryBytes, p.Speed, p.Latency, p.Joules, p.PerDollar * explorer.BaseTokensPerSecond, p.PerDollar * explorer.BaseSamplesPerSecond, p.PerWatt * explorer.BaseTokensPerSecond, p.PerWatt * explorer.BaseSamplesPerSecond, .. p.StepSeconds])
            {
                text.Append(',').Append(double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture));
            }

            text.Append(CultureInfo.InvariantCulture, $",{p.LongestWork},{p.LongestOperator},{p.Bound},{p.LargestBlock}").Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The points of an earlier run of the same specification.</summary>
    /// <exception cref="InputException">The file is not such a table, of another specification, damaged, or of another catalogue or program.</exception>
    public static IReadOnlyDictionary<long, ExploredPoint> Read(Explorer explorer, string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file; --resume takes the CSV that a stopped run left" : e.Message);
        }

        ExplorationSpec spec = explorer.Specification;
        if (lines.Length < 2 || !lines[0].StartsWith(Mark, StringComparison.Ordinal))
        {
            throw new InputException(path, "is not a table of 'fleetwright chip explore --csv'");
        }

        if (!lines[0].StartsWith($"{Mark}{Identity(spec)},", StringComparison.Ordinal) || lines[1] != string.Join(',', Columns(spec)))
        {
            throw new InputException(path, "is of another specification: what is swept, the limits, the mix or the base has changed; run without --resume");
        }

        var points = new Dictionary<long, ExploredPoint>(lines.Length);
        for (int i = 2; i < lines.Length; i++)
        {
            ExploredPoint point = ReadRow(spec, lines[i]) ?? throw new InputException([new Diagnostic(path, i + 1, 1, "", "this row is damaged; delete it and run again")]);
            if (!points.TryAdd(point.Index, point))
            {
                throw new InputException([new Diagnostic(path, i + 1, 1, "index", $"point {point.Index} stands twice")]);
            }
        }

        // Two points worked out again tell a catalogue or program that has changed since.
        foreach (ExploredPoint point in (ExploredPoint[])[.. points.Values.Take(1), .. points.Values.TakeLast(1)])
        {
            ExploredPoint again = explorer.Evaluate(point.Index);
            if (!Same(again, point))
            {
                throw new InputException(path, $"point {point.Index} comes out differently now: the catalogue, the base design or the program has changed; run without --resume");
            }
        }

        return points;
    }

    /// <summary>The names of the columns.</summary>
    public static IReadOnlyList<string> Columns(ExplorationSpec spec) =>
    [
        "point", .. spec.Parameters.Select(p => p.Key), "excluded_by", "violation", "die_mm2", "package_w", "unit_dollars", "memory_bytes", "speed", "latency", "joules",
        "tokens_per_second_per_dollar", "samples_per_second_per_dollar", "tokens_per_second_per_watt", "samples_per_second_per_watt",
        .. spec.Mix.Select(m => $"step_s {m.Name.Replace(',', ' ')}"), "longest_work", "longest_operator", "bound", "largest_block",
    ];

    private static ExploredPoint? ReadRow(ExplorationSpec spec, string line)
    {
        string[] cells = line.Split(',');
        int at = 1 + spec.Parameters.Count, works = spec.Mix.Count;
        if (cells.Length != at + 13 + works + 4
            || !long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out long index) || index >= spec.Count
            || !Enum.TryParse(cells[at].Length == 0 ? "None" : cells[at].Replace(' ', ','), out Exclusion excluded)
            || !int.TryParse(cells[at + 13 + works], NumberStyles.None, CultureInfo.InvariantCulture, out int work) || work >= works
            || !Enum.TryParse(cells[at + 14 + works], out OperatorRole role) || !Enum.TryParse(cells[at + 15 + works], out Bound bound) || !Enum.TryParse(cells[at + 16 + works], out DesignBlock block))
        {
            return null;
        }

        double[] values = new double[12 + works];
        for (int i = 0; i < values.Length; i++)
        {
            string cell = cells[at + 1 + i];
            values[i] = double.NaN;
            if (cell.Length > 0 && !double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]))
            {
                return null;
            }
        }

        return new ExploredPoint
        {
            Index = index,
            Excluded = excluded,
            Violation = values[0],
            DieArea = values[1],
            Watts = values[2],
            Dollars = values[3],
            MemoryBytes = values[4],
            Speed = values[5],
            Latency = values[6],
            Joules = values[7],
            StepSeconds = values[12..],
            LongestWork = work,
            LongestOperator = role,
            Bound = bound,
            LargestBlock = block,
        };
    }

    private static bool Same(ExploredPoint a, ExploredPoint b) =>
        a.Excluded == b.Excluded && a.DieArea.Equals(b.DieArea) && a.Watts.Equals(b.Watts) && a.Dollars.Equals(b.Dollars) && a.Speed.Equals(b.Speed) && a.Latency.Equals(b.Latency) && a.Joules.Equals(b.Joules);

    // What decides which points there are, their order and whether they are answers; what their figures follow from is checked on two of them.
    private static string Identity(ExplorationSpec spec)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{spec.Base.Name}|{spec.Limits}|{spec.Volume}|{spec.Quarter}|{spec.Budget}|{spec.Seed}");
        foreach (SweptParameter p in spec.Parameters)
        {
            text.Append('|').Append(p.Key).Append('=').AppendJoin(';', p.IsOrdered ? p.Values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)) : p.Labels);
        }

        foreach (MemoryOption m in spec.Memories)
        {
            text.Append(CultureInfo.InvariantCulture, $"|{m.Kind},{m.Units},{m.UnitCapacity},{m.UnitBandwidth}");
        }

        foreach (MixItem m in spec.Mix)
        {
            text.Append(CultureInfo.InvariantCulture, $"|{m.Name},{m.Model.Name},{m.Step},{m.Batch},{m.Context},{m.Dtype},{m.Chips},{m.Share},{m.Latency}");
        }

        // FNV-1a.
        ulong hash = 14695981039346656037UL;
        foreach (byte b in Encoding.UTF8.GetBytes(text.ToString()))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}
