using System.Globalization;

namespace Fleetwright.Edge.Placement;

/// <summary>Why paths are not open, and what of privacy decided.</summary>
internal static class PlacementReasons
{
    private const double GiB = 1024.0 * 1024 * 1024;

    public static IReadOnlyList<string> Of(PlacementQuestion question, PolicyEvaluator evaluator)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var reasons = new List<string>();
        foreach (ClassTables tables in evaluator.Classes)
        {
            for (int p = 0; p < tables.Paths; p++)
            {
                AnswerPath path = tables.Path(p);
                string title = path.Title;
                if (!tables.Turns.Allowed.HasFlag(path.Tier))
                {
                    reasons.Add($"{tables.Turns.Name}: its data may not reach {title}");
                }
                else if (question.Day.Segments.Any(s => s.Paths[0][p].RamBytes > s.Paths[0][p].RamLimitBytes))
                {
                    reasons.Add(string.Create(culture, $"{title} does not fit: it needs {path.RamBytes / GiB:0.00} GiB where {path.RamLimitBytes / GiB:0.00} GiB are allowed, {(path.RamBytes - path.RamLimitBytes) / GiB:0.00} GiB too much"));
                }
                else if (path.TokensPerSecond < tables.Turns.SpeakingRate)
                {
                    reasons.Add(string.Create(culture, $"{tables.Turns.Name}: {title} replies with {path.TokensPerSecond:0.0} tokens/s, slower than speech ({tables.Turns.SpeakingRate:0.0})"));
                }
                else if (!tables.Open.Contains(p))
                {
                    reasons.Add($"{tables.Turns.Name}: {title} holds none of its prompts");
                }
            }
        }

        return [.. reasons.Distinct()];
    }
}
