using System.Globalization;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Population;
using Fleetwright.Edge.Turns;
using Fleetwright.Scenarios.Chain;

namespace Fleetwright.Cli.Commands;

/// <summary>A placement as text.</summary>
internal static class PlaceText
{
    private const double GiB = 1024.0 * 1024 * 1024;

    public static void Write(CommandContext context, ScenarioPlacement placement, PlacementAnswer answer, PopulationResult? day)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        TextWriter output = context.Output;
        PolicyMetrics m = answer.Best.Metrics;
        PlacementQuestion question = placement.Question;
        output.WriteLine(string.Create(c, $"{placement.Title} on {placement.Device}: {(answer.Admissible ? "the cheapest policy that keeps all promises" : "NO POLICY KEEPS ALL PROMISES; the one that misses least")}, of {answer.Weighed:#,0} weighed"));
        context.WriteTable(
            ["class", "share>", "policy", "in time>", "target>", "p95>", "J/turn>", "$/1,000 turns>", "requests/turn>"],
            m.Classes.Select((k, i) => (IReadOnlyList<string>)
            [
                k.Class, string.Create(c, $"{question.Classes[i].Share * 100:0.#} %"), Words(question, answer.Best.Policy.Classes[i]), string.Create(c, $"{k.ShareWithinTarget * 100:0.0} %"),
                string.Create(c, $"{question.Classes[i].TargetSeconds:0.0#} s"), Seconds(k.P95Seconds, c), string.Create(c, $"{k.JoulesPerTurn:0.00}"), string.Create(c, $"{k.DollarsPerTurn * 1000:0.0000}"), string.Create(c, $"{k.CloudTurnsPerTurn:0.000}"),
            ]));
        string what = question.Classes.Any(k => k.SpeakingRate > 0) ? "voice-to-voice" : "first token";
        output.WriteLine(string.Create(c, $"  {what} in time in {m.ShareWithinTarget * 100:0.0} % of turns; p50 {Seconds(m.P50Seconds, c)}, p95 {Seconds(m.P95Seconds, c)} ({Seconds(m.P95Band.Low, c)}–{Seconds(m.P95Band.High, c)})"));
        output.WriteLine(string.Create(c, $"  energy {m.JoulesPerTurn:0.00} J a turn")
            + (m.BatteryPerTurn is { } share ? string.Create(c, $", {share * 100:0.0000} % of the battery; {m.BatteryHours:0.00} h of use") : "; on mains")
            + (double.IsInfinity(m.MinutesToThrottle) ? "; never throttles" : string.Create(c, $"; throttles after {m.MinutesToThrottle:0.0} min of use")));
        output.WriteLine(string.Create(c, $"  memory {m.RamBytes / GiB:0.00} GiB on the device; ${m.DollarsPerTurn * 1000:0.0000} for 1,000 turns"));
        output.WriteLine(string.Create(c, $"  the data centre gets {m.CloudTurnsPerTurn * 100:0.0} requests for 100 turns: {placement.PeakTurnsPerSecond * m.CloudTurnsPerTurn:#,0} of {placement.PeakTurnsPerSecond:#,0} turns/s of these devices' users in the busiest hour of the last quarter"));
        Lines(output, "flip points", answer.Flips.Select(f => f.ToString()));
        Lines(output, "missed", answer.Best.Missed);
        Lines(output, "left out", answer.Reasons);
        Lines(output, "compare", answer.Alternatives.Select(a => string.Create(c, $"{string.Join("; ", a.Policy.Classes.Select(k => $"{k.Class}: {Words(question, k)}"))}: {a.Metrics.ShareWithinTarget * 100:0.0} % in time, {a.Metrics.JoulesPerTurn:0.00} J, ${a.Metrics.DollarsPerTurn * 1000:0.0000} for 1,000 turns{(a.Missed.Count > 0 ? "; misses a promise" : "")}")));
        Lines(output, "rests on", [.. placement.Basis, placement.Cloud]);
        if (day is not null)
        {
            WriteDay(output, day, c);
        }

        output.WriteLine();
    }

    /// <summary>A class's routes in words.</summary>
    public static string Words(PlacementQuestion question, ClassRoutes routes)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        if (routes.Routes.Count == 0)
        {
            return "nowhere";
        }

        return string.Join(", else ", routes.Routes.Select(r =>
            Title(question, r.Tier, r.Model)
            + (double.IsFinite(r.LongestPromptTokens) ? string.Create(c, $" up to {r.LongestPromptTokens:#,0} tokens") : "")
            + (r.Fallback != Tiers.None ? string.Create(c, $" (after {r.TimeoutSeconds:0.00} s without a token {Title(question, r.Fallback, null)})") : "")));
    }

    private static void WriteDay(TextWriter output, PopulationResult day, CultureInfo c)
    {
        double requests = day.CloudTurnsPerSecondByHour.Sum() * 3600;
        int busiest = day.CloudTurnsPerSecondByHour.Select((r, h) => (r, h)).MaxBy(x => x.r).h;
        string hours = day.BatteryHours is { } h ? string.Create(c, $", {h.Value:0.000} ± {h.StandardError:0.000} h of use") : "";
        output.WriteLine(string.Create(c, $"  a day of {day.Users:#,0} users: {day.Turns:#,0} turns, {day.ShareWithinTarget.Value * 100:0.00} ± {day.ShareWithinTarget.StandardError * 100:0.00} % in time, {day.JoulesPerTurn.Value:0.000} ± {day.JoulesPerTurn.StandardError:0.000} J a turn{hours}"));
        output.WriteLine(string.Create(c, $"    {day.ShareOfUsersEmpty * 100:0.00} % of users run empty, {day.ShareOfTurnsThrottled * 100:0.00} % of turns find a warm case, {day.ShareOfTurnsFallenBack * 100:0.00} % fall back; {requests:#,0} requests to the data centre, most at {busiest:00}:00 ({day.CloudTurnsPerSecondByHour[busiest]:0.00}/s); ${day.DollarsPerUserDay:0.000000} a user"));
    }

    private static string Title(PlacementQuestion question, Tiers tier, string? model)
    {
        IReadOnlyList<AnswerPath> paths = question.Day.Segments[0].Paths[0];
        return (paths.FirstOrDefault(p => p.Tier == tier && p.Model == model) ?? paths.FirstOrDefault(p => p.Tier == tier))?.Title ?? TierNames.Of(tier);
    }

    private static void Lines(TextWriter output, string head, IEnumerable<string> lines)
    {
        bool first = true;
        foreach (string line in lines)
        {
            output.WriteLine(first ? $"  {head}: {line}" : $"  {new string(' ', head.Length)}  {line}");
            first = false;
        }
    }

    private static string Seconds(double seconds, CultureInfo c) => double.IsNaN(seconds) ? "–" : string.Create(c, $"{seconds:0.00} s");
}
