using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Turns;

/// <summary>Speech stages on a device or its phone.</summary>
/// <param name="Recogniser">Seconds from the end of the turn to the whole transcript.</param>
/// <param name="Synthesiser">Seconds from the first phrase to its first sound.</param>
public sealed record LocalSpeech(LatencyDistribution Recogniser, LatencyDistribution Synthesiser)
{
    /// <summary>Those of a device's file about their medians; null when the device has none.</summary>
    public static LocalSpeech? Of(Device device, VoiceProfile voice) => device.Speech is not { } speech
        ? null
        : new(LatencyDistribution.LogNormal(speech.Recogniser.Value, voice.DeviceSpeechVariation.Value), LatencyDistribution.LogNormal(speech.Synthesiser.Value, voice.DeviceSpeechVariation.Value));
}
