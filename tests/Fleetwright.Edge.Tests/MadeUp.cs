using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Tests;

/// <summary>Placement questions with round numbers, for closed forms and brute force.</summary>
internal static class MadeUp
{
    public const Tiers Anywhere = Tiers.Device | Tiers.Phone | Tiers.Cloud;

    /// <summary>A model on the device: 1 ms and 10 mJ a prompt token, 50 ms and 100 mJ a reply token.</summary>
    public static AnswerPath OnDevice(double secondsPerToken = 0.001) => new()
    {
        Tier = Tiers.Device,
        Model = "small",
        Title = "the device",
        Wait = LatencyDistribution.LogNormal(0.1, 0.25),
        ReadSeconds = n => secondsPerToken * n,
        PhraseSeconds = 0.25,
        After = LatencyDistribution.LogNormal(0.3, 0.25),
        BusySeconds = (n, r) => (secondsPerToken * n) + (0.05 * r),
        Joules = (n, r) => (0.01 * n) + (0.1 * r),
        LongestPromptTokens = 4000,
        RamBytes = 1e9,
        RamLimitBytes = 4e9,
        TokensPerSecond = 20,
        BandFactor = 2,
    };

    /// <summary>The cloud: dear, quick whatever the prompt, 1 J a turn and a radio tail of 5 J.</summary>
    public static AnswerPath InCloud(double medianWait = 0.4, double variation = 0.5) => new()
    {
        Tier = Tiers.Cloud,
        Title = "the cloud",
        Wait = LatencyDistribution.LogNormal(medianWait, variation),
        ReadSeconds = n => 0.00002 * n,
        PhraseSeconds = 0.1,
        After = LatencyDistribution.Constant(0.2),
        Joules = (n, r) => 0.5 + (0.005 * r),
        TailWatts = 0.5,
        TailSeconds = 10,
        Dollars = (n, r) => (1e-7 * n) + (1e-6 * r),
    };

    public static PlacementClass Class(string name = "open", double share = 1, Tiers allowed = Anywhere, double target = 1.5) => new()
    {
        Name = name,
        Share = share,
        Allowed = allowed,
        TargetSeconds = target,
        Prompt = new TokenLengths(400, 0.8),
        Reply = new TokenLengths(80, 0.6),
        EndOfTurn = LatencyDistribution.FromQuantiles((0.05, 0.2), (0.95, 0.4)),
        SpeakingRate = 3.5,
    };

    public static PlacementQuestion Question(IReadOnlyList<PlacementClass>? classes = null, IReadOnlyList<AnswerPath>? paths = null, double turnsADay = 24, double useSeconds = 300)
    {
        classes ??= [Class()];
        paths ??= [OnDevice(), InCloud()];
        return new PlacementQuestion
        {
            Product = "made up",
            Device = "made up",
            Classes = classes,
            Day = new UserDay
            {
                TurnsByHour = [.. Enumerable.Repeat(turnsADay / 24, 24)],
                UseSecondsByHour = [.. Enumerable.Repeat(useSeconds, 24)],
                Segments = [new DaySegment { UseWatts = 2, CaseWatts = 1, Paths = [.. classes.Select(_ => paths)] }],
            },
            SustainedWatts = 5,
            ThermalSeconds = 200,
            BatteryJoules = 36_000,
            DollarsPerJoule = 2e-8,
            DeviceMemoryBytes = 4e9,
        };
    }
}
