using System.Text.Json.Serialization;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation;

/// <summary>What a run of <see cref="Validator"/> found.</summary>
/// <param name="Sections">The sections that were finished, in the order of the page.</param>
/// <param name="Bars">Every bar of those sections.</param>
/// <param name="LeftOut">Names of sections that were not asked for.</param>
/// <param name="Unfinished">Names of sections that a stop left out; empty for a whole run.</param>
public sealed record ValidationReport(IReadOnlyList<SectionResult> Sections, IReadOnlyList<Bar> Bars, IReadOnlyList<string> LeftOut, IReadOnlyList<string> Unfinished);

/// <summary>One subject of the page.</summary>
/// <param name="Id">Its name on the command line.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Absent">Public tables that it looked for and did not find, below the folder of data.</param>
/// <param name="Blocks">What it says, in order.</param>
public sealed record SectionResult(string Id, string Title, IReadOnlyList<string> Absent, IReadOnlyList<Block> Blocks);

/// <summary>A piece of a section: one of text, a table or a plot.</summary>
/// <param name="Text">A paragraph.</param>
/// <param name="Table">A table.</param>
/// <param name="Plot">A plot.</param>
public sealed record Block(string? Text = null, ResultTable? Table = null, Plot? Plot = null);

/// <summary>A table.</summary>
/// <param name="Headers">Column heads; a head that ends in <c>&gt;</c> is of numbers.</param>
/// <param name="Rows">Cells, one list a row.</param>
public sealed record ResultTable(IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>Points to be drawn.</summary>
/// <param name="Name">The name of its file, without the ending.</param>
/// <param name="Title">What it shows.</param>
/// <param name="XTitle">The horizontal axis.</param>
/// <param name="YTitle">The vertical axis.</param>
/// <param name="Categories">Names of places on the horizontal axis, whose points lie at 0, 1, …; null for predicted against measured on logarithmic axes.</param>
public sealed record Plot(string Name, string Title, string XTitle, string YTitle, IReadOnlyList<string>? Categories = null)
{
    /// <summary>The points, by what they belong to.</summary>
    [JsonIgnore]
    public IReadOnlyList<PlotSeries> Series { get; init; } = [];
}

/// <summary>Points of one colour.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Points">Their places.</param>
public sealed record PlotSeries(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Whether a bar was met.</summary>
public enum BarVerdict
{
    /// <summary>Found within the limit.</summary>
    Met,

    /// <summary>Found beyond the limit.</summary>
    Missed,

    /// <summary>Not scored: its data is absent, or the program has no model of it.</summary>
    NotScored,

    /// <summary>Not scored here, since its number depends on the machine: a test holds it.</summary>
    Tested,
}

/// <summary>A bar that an issue set, and what was found.</summary>
/// <param name="Issue">The issue.</param>
/// <param name="Set">What is scored.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Found">What was found; empty when it was not scored.</param>
/// <param name="Verdict">Whether it was met.</param>
public sealed record Bar(int Issue, string Set, string Limit, string Found, BarVerdict Verdict);

/// <summary>A bar before it is judged.</summary>
/// <param name="Issue">The issue that set it.</param>
/// <param name="Set">What is scored.</param>
/// <param name="Limit">The limit in words.</param>
internal sealed record BarDefinition(int Issue, string Set, string Limit)
{
    /// <summary>Largest mean error allowed, as a fraction; infinite for none.</summary>
    public double Mape { get; private init; } = double.PositiveInfinity;

    /// <summary>Largest median error allowed; infinite for none.</summary>
    public double Median { get; private init; } = double.PositiveInfinity;

    /// <summary>A bar on errors; 0 leaves a limit out.</summary>
    public static BarDefinition Errors(int issue, string set, double mape, double median = 0) =>
        new(issue, set, string.Join(", ", new[] { mape > 0 ? FormattableString.Invariant($"MAPE ≤ {mape * 100:0.#} %") : "", median > 0 ? FormattableString.Invariant($"median ≤ {median * 100:0.#} %") : "" }.Where(t => t.Length > 0)))
        {
            Mape = mape > 0 ? mape : double.PositiveInfinity,
            Median = median > 0 ? median : double.PositiveInfinity,
        };

    /// <summary>Whether errors keep it.</summary>
    public bool IsMetBy(double mape, double median) => mape <= Mape && median <= Median;

    /// <summary>Whether errors keep it.</summary>
    public bool IsMetBy(ErrorScore score) => IsMetBy(score.Mape, score.Median);
}
