using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Turns;

/// <summary>Speech stages on a device or its phone.</summary>
/// <param name="Recogniser">Seconds from the end of the turn to the whole transcript.</param>
/// <param name="Synthesiser">Seconds from the first phrase to its first sound.</param>
public sealed record LocalSpeech(LatencyDistribution Recogniser, LatencyDistribution Synthesiser)
{
    /// <summary>
    /// Those of a device; null when it has none. The recogniser's time is encoder + tokens of the transcript × time of one where the voice profile's
    /// recogniser was measured on the chip, else the median of the device's file with the profile's variation.
    /// </summary>
    public static LocalSpeech? Of(Device device, VoiceProfile voice)
    {
        if (device.Speech is not { } speech)
        {
            return null;
        }

        double variation = voice.DeviceSpeechVariation.Value;
        return new LocalSpeech(
            voice.DeviceRecogniser?.On(device.Soc) is { } speed ? Transcribing(speed, voice) : LatencyDistribution.LogNormal(speech.Recogniser.Value, variation),
            LatencyDistribution.LogNormal(speech.Synthesiser.Value, variation));
    }

    private static LatencyDistribution Transcribing(RecogniserSpeed speed, VoiceProfile voice)
    {
        var tokens = new TokenLengths(voice.TranscriptTokens.Value, voice.TranscriptVariation.Value);
        return LatencyDistribution.FromQuantile(p => speed.Encoder.Value + (tokens.Quantile(p) * speed.PerToken.Value));
    }
}
