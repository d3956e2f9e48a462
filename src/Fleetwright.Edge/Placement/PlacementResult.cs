using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Where a product's turns run.</summary>
public sealed record PlacementResult
{
    /// <summary>The product.</summary>
    public required Product Product { get; init; }

    /// <summary>By device, in the product's order.</summary>
    public required IReadOnlyList<DevicePlacement> Devices { get; init; }

    /// <summary>Shares of all turns.</summary>
    public required TierShares Shares { get; init; }

    /// <summary>Turns in the cloud per user and day.</summary>
    public double CloudTurnsPerUserPerDay => Product.TurnsPerUserPerDay * Shares.Cloud;

    /// <summary>Turns in the cloud per user and second in the busiest hour.</summary>
    public double PeakCloudTurnsPerUserSecond => CloudTurnsPerUserPerDay / 86400 * Product.PeakToMean;

    /// <summary>Prompt lengths of the turns that reach the cloud; the product's own when none do.</summary>
    public required TokenLengths CloudPrompt { get; init; }

    /// <summary>Why turns that cannot be served anywhere cannot; empty when all are.</summary>
    public required IReadOnlyList<string> Unservable { get; init; }
}

/// <summary>Shares of turns by where they run; they add up to 1.</summary>
/// <param name="Device">On the device.</param>
/// <param name="Phone">On the phone it is tethered to.</param>
/// <param name="Cloud">In the data centre.</param>
/// <param name="Unservable">Nowhere, because what may hold the data cannot hold the model.</param>
public readonly record struct TierShares(double Device, double Phone, double Cloud, double Unservable)
{
    /// <summary>The sum, share by share.</summary>
    public TierShares Plus(TierShares other) => new(Device + other.Device, Phone + other.Phone, Cloud + other.Cloud, Unservable + other.Unservable);

    /// <summary>Every share times <paramref name="factor"/>.</summary>
    public TierShares Times(double factor) => new(Device * factor, Phone * factor, Cloud * factor, Unservable * factor);
}

/// <summary>Where the turns of one device run, and how well.</summary>
public sealed record DevicePlacement
{
    /// <summary>The device and its share of users.</summary>
    public required ProductDevice Device { get; init; }

    /// <summary>Shares of this device's turns.</summary>
    public required TierShares Shares { get; init; }

    /// <summary>The policy of each class of turns, in the product's order.</summary>
    public required IReadOnlyList<ClassPolicy> Policies { get; init; }

    /// <summary>What was considered on device and phone, fitting or not.</summary>
    public required IReadOnlyList<LocalOption> Options { get; init; }

    /// <summary>The model chosen on the device; null for none.</summary>
    public LocalOption? OnDevice { get; init; }

    /// <summary>The model chosen on the phone; null for none.</summary>
    public LocalOption? OnPhone { get; init; }

    /// <summary>A spoken turn on the device, its stages in order; null when none run there.</summary>
    public VoiceTurn? DeviceVoice { get; init; }

    /// <summary>A spoken turn on the phone; null when none run there.</summary>
    public VoiceTurn? PhoneVoice { get; init; }

    /// <summary>A spoken turn in the cloud.</summary>
    public required VoiceTurn CloudVoice { get; init; }

    /// <summary>End of speech to first sound over all spoken turns as placed; null when none are spoken and served.</summary>
    public LatencyDistribution? VoiceToVoice { get; init; }

    /// <summary>Joules that a turn takes from this device's battery above rest, on average as placed.</summary>
    public required double JoulesPerTurn { get; init; }

    /// <summary>Hours of use from a full battery as placed; null on mains.</summary>
    public double? BatteryHours { get; init; }

    /// <summary>Turns whose prompts reach the cloud: their lengths.</summary>
    public required TokenLengths CloudPrompt { get; init; }

    /// <summary>What decided, in sentences.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Targets that are missed, in sentences; empty when all are met.</summary>
    public required IReadOnlyList<string> Missed { get; init; }
}

/// <summary>A model considered on a device or its phone.</summary>
/// <param name="Tier"><see cref="Tiers.Device"/> or <see cref="Tiers.Phone"/>.</param>
/// <param name="Model">Catalogue name.</param>
/// <param name="Weights">Number format.</param>
/// <param name="Estimate">A turn with the mean prompt and reply.</param>
/// <param name="LargestContext">Longest context that memory holds; 0 when the weights do not fit.</param>
/// <param name="FlipPointTokens">Prompt length above which the cloud is faster at p95 in a spoken turn; 0 when it always is, infinite when it never is.</param>
public sealed record LocalOption(Tiers Tier, string Model, Dtype Weights, DeviceEstimate Estimate, double LargestContext, double FlipPointTokens)
{
    /// <summary>Whether the model fits with the mean turn.</summary>
    public bool Fits => Estimate.Fits;
}

/// <summary>Where a class of turns runs on one device.</summary>
/// <param name="Class">The class.</param>
/// <param name="Local">The tier of turns up to the threshold; <see cref="Tiers.None"/> when none run locally.</param>
/// <param name="ThresholdTokens">Longest prompt that runs locally; 0 for none.</param>
/// <param name="Shares">Shares of the class.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record ClassPolicy(TurnClass Class, Tiers Local, double ThresholdTokens, TierShares Shares, string Reason);
