using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Edge.Devices;

/// <summary>What one turn asks of a device.</summary>
/// <param name="PromptTokens">Tokens of the prompt, cached ones included; at least 1.</param>
/// <param name="ReplyTokens">Tokens of the reply.</param>
/// <param name="ContextTokens">Context that memory is held for; 0 for prompt and reply.</param>
/// <param name="CachedTokens">Leading prompt tokens whose keys and values are in memory already.</param>
/// <param name="TurnsPerHour">Turns in an hour of use, for battery hours.</param>
public readonly record struct TurnRequest(double PromptTokens, double ReplyTokens, double ContextTokens = 0, double CachedTokens = 0, double TurnsPerHour = 0);

/// <summary>What an estimate rests on.</summary>
public enum EstimateBasis
{
    /// <summary>The engine was measured on this chip; the band is its leave-one-out error.</summary>
    Measured,

    /// <summary>The engine was measured on at least two other chips of the unit's family; the band is its error on a chip left out.</summary>
    Transferred,

    /// <summary>Nothing was measured that bounds the error; the band is a factor of two.</summary>
    Unmeasured,
}

/// <summary>What holds decode back.</summary>
public enum DecodeLimit
{
    /// <summary>Reading the weights.</summary>
    WeightBandwidth,

    /// <summary>Reading the keys and values of the context.</summary>
    CacheBandwidth,

    /// <summary>The engine's fixed cost of a step.</summary>
    StepOverhead,

    /// <summary>The power that the device may draw.</summary>
    Power,
}

/// <summary>How one turn of one model runs on one unit of one device. Times in seconds, energies in joules, memory in bytes.</summary>
public sealed record DeviceEstimate
{
    /// <summary>The device.</summary>
    public required Device Device { get; init; }

    /// <summary>The engine.</summary>
    public required DeviceEngine Engine { get; init; }

    /// <summary>The unit that runs the model.</summary>
    public required ComputeUnit Unit { get; init; }

    /// <summary>Catalogue name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Number format of the weights.</summary>
    public required Dtype Weights { get; init; }

    /// <summary>Whether the model fits in what the app may hold.</summary>
    public required bool Fits { get; init; }

    /// <summary>Resident memory of engine, weights and cache.</summary>
    public required Band MemoryBytes { get; init; }

    /// <summary>What the app may hold.</summary>
    public required double MemoryLimitBytes { get; init; }

    /// <summary>Bytes over the limit; 0 when the model fits.</summary>
    public double ShortBytes => Math.Max(0, MemoryBytes.Value - MemoryLimitBytes);

    /// <summary>Sessions that the unit needs when one addresses only part of memory (Hexagon: 2 GiB); 1 without such a limit.</summary>
    public required int Sessions { get; init; }

    /// <summary>Prompt tokens read per second.</summary>
    public required Band PrefillTokensPerSecond { get; init; }

    /// <summary>From prompt to first token.</summary>
    public required Band FirstTokenSeconds { get; init; }

    /// <summary>Reply tokens per second while the case is cool.</summary>
    public required Band DecodeTokensPerSecond { get; init; }

    /// <summary>Reply tokens per second that the case can shed for hours; 0 when the scene alone fills it.</summary>
    public required Band SustainedTokensPerSecond { get; init; }

    /// <summary>What holds decode back while cool.</summary>
    public required DecodeLimit Limit { get; init; }

    /// <summary>Watts of the whole device while it reads the prompt.</summary>
    public required Band PrefillWatts { get; init; }

    /// <summary>Watts of the whole device while it writes the reply, cool.</summary>
    public required Band DecodeWatts { get; init; }

    /// <summary>Joules of a reply token above rest.</summary>
    public required Band JoulesPerToken { get; init; }

    /// <summary>Joules of the turn above rest.</summary>
    public required Band JoulesPerTurn { get; init; }

    /// <summary>Share of the full battery that the turn takes; null on mains.</summary>
    public required Band? BatteryPerTurn { get; init; }

    /// <summary>Hours of use from a full battery at the asked turn rate; null on mains.</summary>
    public required Band? BatteryHours { get; init; }

    /// <summary>Seconds of uninterrupted replying until the case is warm and speed falls; infinite when it never does.</summary>
    public required Band SecondsToThrottle { get; init; }

    /// <summary>Seconds until the case is warm at the asked turn rate, pauses between turns included; infinite when it never is.</summary>
    public required Band SecondsToThrottleAtTurnRate { get; init; }

    /// <summary>What the speeds rest on.</summary>
    public required EstimateBasis Basis { get; init; }

    /// <summary>The basis in words, with rows and error.</summary>
    public required string BasisText { get; init; }
}
