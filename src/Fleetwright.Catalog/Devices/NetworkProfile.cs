using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog.Devices;

/// <summary>What carries the first stretch of a way.</summary>
public enum NetworkAccess
{
    /// <summary>Wireless LAN.</summary>
    WiFi,

    /// <summary>4G.</summary>
    Lte,

    /// <summary>5G beside a 4G anchor, below 6 GHz.</summary>
    NsaLowBand,

    /// <summary>5G beside a 4G anchor, above 24 GHz.</summary>
    NsaMmWave,

    /// <summary>5G on its own.</summary>
    Standalone,

    /// <summary>4G or 5G, whichever the phone had.</summary>
    Cellular,

    /// <summary>A wire.</summary>
    Wired,

    /// <summary>Bluetooth or the like, to something within reach.</summary>
    ShortRange,
}

/// <summary>A way from a device to the place that answers: round-trip times, rates and what the radio costs.</summary>
public sealed record NetworkProfile
{
    /// <summary>The catalogue name, such as <c>5g-low-band-regional</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>What carries its first stretch.</summary>
    public required NetworkAccess Access { get; init; }

    /// <summary>Least and greatest kilometres to the place that answers; null when unknown.</summary>
    public (double Low, double High)? DistanceKilometres { get; init; }

    /// <summary>Round-trip time in seconds at rising probabilities, p50 among them.</summary>
    public required IReadOnlyList<QuantilePoint> RoundTrip { get; init; }

    /// <summary>Rate from the device in bytes per second at rising probabilities, p50 among them.</summary>
    public required IReadOnlyList<QuantilePoint> Uplink { get; init; }

    /// <summary>Rate to the device in bytes per second at rising probabilities, p50 among them.</summary>
    public required IReadOnlyList<QuantilePoint> Downlink { get; init; }

    /// <summary>Median rate from the device in bytes per second.</summary>
    public Fact UplinkRate => Median(Uplink);

    /// <summary>Median rate to the device in bytes per second.</summary>
    public Fact DownlinkRate => Median(Downlink);

    /// <summary>Share of packets that are lost and must be sent again.</summary>
    public required Fact Loss { get; init; }

    /// <summary>Seconds that a radio at rest needs before its first byte leaves.</summary>
    public required Fact WakeTime { get; init; }

    /// <summary>Seconds without service when a device changes to this way from another.</summary>
    public required Fact ChangeTime { get; init; }

    /// <summary>Power of the device's radio while connected and active, above its rest, in watts.</summary>
    public required Fact ActivePower { get; init; }

    /// <summary>Time in seconds that the radio stays active after the last byte (the tail).</summary>
    public required Fact TailTime { get; init; }

    /// <summary>Power of the radio in the tail, above rest, in watts.</summary>
    public required Fact TailPower { get; init; }

    /// <summary>Joules per byte sent.</summary>
    public required Fact UplinkEnergyPerByte { get; init; }

    /// <summary>Joules per byte received.</summary>
    public required Fact DownlinkEnergyPerByte { get; init; }

    private static Fact Median(IReadOnlyList<QuantilePoint> points) => points.First(p => p.Probability == 0.5).Value;
}

/// <summary>One point of a measured distribution.</summary>
/// <param name="Probability">Above 0, below 1.</param>
/// <param name="Value">The value that this share of cases stays under, in base units.</param>
public readonly record struct QuantilePoint(double Probability, Fact Value);

/// <summary>The stages of a voice turn besides the language model, as measured in products.</summary>
public sealed record VoiceProfile
{
    /// <summary>The catalogue name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>Seconds from the end of speech until the turn is known to be over.</summary>
    public required IReadOnlyList<QuantilePoint> EndOfTurn { get; init; }

    /// <summary>Seconds to the final transcript of a recogniser in the cloud.</summary>
    public required IReadOnlyList<QuantilePoint> CloudRecogniser { get; init; }

    /// <summary>Seconds to the first audio of a synthesiser in the cloud.</summary>
    public required IReadOnlyList<QuantilePoint> CloudSynthesiser { get; init; }

    /// <summary>Seconds that audio capture, packetising and jitter buffers add to a turn that crosses the network.</summary>
    public required IReadOnlyList<QuantilePoint> NetworkBuffers { get; init; }

    /// <summary>The recogniser that devices run where its speed on their chip was measured; null for none.</summary>
    public SpeechRecogniser? DeviceRecogniser { get; init; }

    /// <summary>Mean tokens of the transcript of one turn.</summary>
    public required Fact TranscriptTokens { get; init; }

    /// <summary>Coefficient of variation of those tokens.</summary>
    public required Fact TranscriptVariation { get; init; }

    /// <summary>Coefficient of variation of speech stages that run on the device, about their measured medians.</summary>
    public required Fact DeviceSpeechVariation { get; init; }

    /// <summary>Tokens of the reply that the synthesiser waits for before it starts.</summary>
    public required Fact FirstPhraseTokens { get; init; }

    /// <summary>Tokens per second that keep up with speech.</summary>
    public required Fact SpeakingRate { get; init; }

    /// <summary>Seconds that a person speaks in one turn.</summary>
    public required Fact Utterance { get; init; }

    /// <summary>Bytes sent for one spoken turn to the cloud.</summary>
    public required Fact BytesUp { get; init; }

    /// <summary>Bytes received for one spoken reply.</summary>
    public required Fact BytesDown { get; init; }
}
