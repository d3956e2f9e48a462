using System.Globalization;

namespace Fleetwright.Edge.Turns;

/// <summary>A turn's stages as rows of text, for whatever prints tables.</summary>
public static class TurnText
{
    /// <summary>What <see cref="Rows"/> gives; a name that ends in <c>&gt;</c> is a column of numbers.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["stage", "where", "mean ms>", "p50 ms>", "p95 ms>", "p99 ms>"];

    /// <summary>One row a stage, then the whole turn. A whole's quantiles are not the sums of its stages'; its mean is.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(Turn turn) =>
        [.. turn.Stages.Select(s => Row(s.Name, TierNames.Of(s.Tier), s.Seconds)), Row("whole turn", "", turn.Total)];

    private static IReadOnlyList<string> Row(string name, string where, LatencyDistribution seconds) =>
        [name, where, Text(seconds.Mean), Text(seconds.Quantile(0.5)), Text(seconds.Quantile(0.95)), Text(seconds.Quantile(0.99))];

    private static string Text(double seconds) => (seconds * 1e3).ToString("0", CultureInfo.InvariantCulture);
}
