using Fleetwright.Edge;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Population;
using Fleetwright.Edge.Turns;
using Fleetwright.Scenarios.Chain;

namespace Fleetwright.Cli.Commands;

/// <summary>A placement as JSON; what never happens or has no limit is null.</summary>
internal sealed record PlaceAnswer(
    string Product, string Device, bool Admissible, PlaceAnswer.Judged Best, IReadOnlyList<PlaceAnswer.Judged> Alternatives, IReadOnlyList<PlaceAnswer.Flip> Flips,
    IReadOnlyList<string> LeftOut, IReadOnlyList<string> RestsOn, long Weighed, double PeakTurnsPerSecond, PlaceAnswer.Population? Day)
{
    public static PlaceAnswer Of(ScenarioPlacement placement, PlacementAnswer answer, PopulationResult? day) => new(
        placement.Product, placement.Question.Device, answer.Admissible, Judge(answer.Best), [.. answer.Alternatives.Select(Judge)],
        [.. answer.Flips.Select(f => new Flip(f.Class.Length == 0 ? null : f.Class, f.Variable, f.Unit, f.Value, f.Below, f.Above, f.ToString()))],
        answer.Reasons, [.. placement.Basis, placement.Cloud], answer.Weighed, placement.PeakTurnsPerSecond, day is null ? null : Of(day));

    private static Judged Judge(JudgedPolicy judged)
    {
        PolicyMetrics m = judged.Metrics;
        return new Judged(
            [.. judged.Policy.Classes.Select((k, i) => new ClassPlan(
                k.Class, [.. k.Routes.Select(r => new RoutePlan(TierNames.Of(r.Tier), r.Model, Known(r.LongestPromptTokens), Known(r.ContextCapTokens), Known(r.TimeoutSeconds), r.Fallback == Tiers.None ? null : TierNames.Of(r.Fallback)))],
                m.Classes[i].ShareWithinTarget, Known(m.Classes[i].P95Seconds), m.Classes[i].JoulesPerTurn, m.Classes[i].DollarsPerTurn, m.Classes[i].CloudTurnsPerTurn, m.Classes[i].UnservedShare))],
            m.ShareWithinTarget, Known(m.P50Seconds), Known(m.P95Seconds), double.IsFinite(m.P95Band.High) ? m.P95Band : null, m.JoulesPerTurn, m.BatteryPerTurn, m.BatteryHours,
            Known(m.MinutesToThrottle), m.RamBytes, m.DollarsPerTurn, m.CloudTurnsPerTurn, m.UnservedShare, judged.Missed);
    }

    private static Population Of(PopulationResult day) => new(
        day.Users, day.Turns, day.FirstSound?.Quantile(0.5), day.FirstSound?.Quantile(0.95), day.ShareWithinTarget, day.JoulesPerTurn, day.BatteryHours, day.CloudTurnsPerSecondByHour,
        day.ShareOfUsersEmpty, day.ShareOfTurnsThrottled, day.ShareOfTurnsFallenBack, day.DollarsPerUserDay);

    private static double? Known(double value) => double.IsFinite(value) ? value : null;

    internal sealed record RoutePlan(string Tier, string? Model, double? LongestPromptTokens, double? ContextCapTokens, double? TimeoutSeconds, string? Fallback);

    internal sealed record ClassPlan(
        string Class, IReadOnlyList<RoutePlan> Routes, double ShareWithinTarget, double? P95Seconds, double JoulesPerTurn, double DollarsPerTurn, double CloudTurnsPerTurn, double UnservedShare);

    internal sealed record Judged(
        IReadOnlyList<ClassPlan> Classes, double ShareWithinTarget, double? P50Seconds, double? P95Seconds, Band? P95Band, double JoulesPerTurn, double? BatteryPerTurn, double? BatteryHours,
        double? MinutesToThrottle, double RamBytes, double DollarsPerTurn, double CloudTurnsPerTurn, double UnservedShare, IReadOnlyList<string> Missed);

    internal sealed record Flip(string? Class, string Variable, string Unit, double Value, string Below, string Above, string Sentence);

    internal sealed record Population(
        int Users, long Turns, double? P50Seconds, double? P95Seconds, Sampled ShareWithinTarget, Sampled JoulesPerTurn, Sampled? BatteryHours, IReadOnlyList<double> CloudTurnsPerSecondByHour,
        double ShareOfUsersEmpty, double ShareOfTurnsThrottled, double ShareOfTurnsFallenBack, double DollarsPerUserDay);
}
