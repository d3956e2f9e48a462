using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Cli.Commands;

/// <summary>What <c>fleetwright device --json</c> writes: seconds, joules, watts, bytes.</summary>
internal sealed record DeviceAnswer(
    string Device, string Soc, string Engine, ComputeUnitKind Unit, string UnitTitle, string Model, string Weights, EstimateBasis Basis, string BasisText,
    double PromptTokens, double ReplyTokens, double ContextTokens, bool Fits, Band MemoryBytes, double MemoryLimitBytes, double ShortBytes, int Sessions,
    Band PrefillTokensPerSecond, Band FirstTokenSeconds, Band DecodeTokensPerSecond, Band SustainedTokensPerSecond, DecodeLimit Limit,
    Band PrefillWatts, Band DecodeWatts, Band JoulesPerToken, Band JoulesPerTurn, Band? BatteryPerTurn, Band? BatteryHours, double? SecondsToThrottle, DeviceAnswer.Seconds SecondsToThrottleBand, DeviceAnswer.Seconds SecondsToThrottleAtTurnRate,
    double VoiceToVoiceP50Seconds, double VoiceToVoiceP95Seconds, Band VoiceToVoiceP50Band, Band VoiceToVoiceP95Band, IReadOnlyList<DeviceAnswer.Stage> Stages)
{
    public static DeviceAnswer Of(DeviceEstimate e, TurnRequest r, VoiceTurn t, Band uncertain) => new(
        e.Device.Name, e.Device.Soc, e.Engine.Name, e.Unit.Kind, e.Unit.Title, e.Model, e.Weights.Name(), e.Basis, e.BasisText,
        r.PromptTokens, r.ReplyTokens, r.ContextTokens, e.Fits, e.MemoryBytes, e.MemoryLimitBytes, e.ShortBytes, e.Sessions,
        e.PrefillTokensPerSecond, e.FirstTokenSeconds, e.DecodeTokensPerSecond, e.SustainedTokensPerSecond, e.Limit,
        e.PrefillWatts, e.DecodeWatts, e.JoulesPerToken, e.JoulesPerTurn, e.BatteryPerTurn, e.BatteryHours, Seconds.Of(e.SecondsToThrottle).Value, Seconds.Of(e.SecondsToThrottle), Seconds.Of(e.SecondsToThrottleAtTurnRate),
        t.Total.Quantile(0.5), t.Total.Quantile(0.95), DeviceCommand.At(t, 0.5, uncertain), DeviceCommand.At(t, 0.95, uncertain), [.. t.Stages.Select(s => new Stage(s.Name, s.Tier, s.Seconds.Quantile(0.5), s.Seconds.Quantile(0.95)))]);

    /// <summary>A time that may be infinite, which JSON has no number for.</summary>
    internal sealed record Seconds(double? Value, double? Low, double? High)
    {
        public static Seconds Of(Band band) => new(Finite(band.Value), Finite(band.Low), Finite(band.High));

        private static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    internal sealed record Stage(string Name, Tiers Tier, double P50Seconds, double P95Seconds);
}
