using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Devices;

namespace Fleetwright.Edge.Turns;

/// <summary>Where a stage runs. A set of tiers says where a class of turns may run.</summary>
[Flags]
public enum Tiers
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>The device itself.</summary>
    Device = 1,

    /// <summary>The phone that it is tethered to.</summary>
    Phone = 2,

    /// <summary>A data centre.</summary>
    Cloud = 4,

    /// <summary>A server near the user: at home, in the building or at the access network.</summary>
    Edge = 8,
}

/// <summary>One stage of a turn.</summary>
/// <param name="Name">What happens, such as <c>end of turn</c>.</param>
/// <param name="Tier">Where.</param>
/// <param name="Seconds">How long.</param>
public sealed record TurnStage(string Name, Tiers Tier, LatencyDistribution Seconds);

/// <summary>What the cloud answers with: numbers from Serving under the planned load.</summary>
/// <param name="TimeToFirstToken">Seconds from arrival of the prompt to the first token, queue included.</param>
/// <param name="TimePerOutputToken">Seconds between reply tokens.</param>
/// <param name="Model">Name of the model that answers.</param>
public sealed record CloudService(LatencyDistribution TimeToFirstToken, double TimePerOutputToken, string Model = "");

/// <summary>A turn from the end of the user's speech (or the sent text) to the first sound (or first token) of the answer.</summary>
public sealed class VoiceTurn
{
    private VoiceTurn(Tiers tier, IReadOnlyList<TurnStage> stages)
    {
        Tier = tier;
        Stages = stages;
        LatencyDistribution total = LatencyDistribution.Zero;
        foreach (TurnStage stage in stages)
        {
            total = total.Plus(stage.Seconds);
        }

        Total = total;
    }

    /// <summary>Where the language model runs.</summary>
    public Tiers Tier { get; }

    /// <summary>The stages in order.</summary>
    public IReadOnlyList<TurnStage> Stages { get; }

    /// <summary>All stages together, taken as independent.</summary>
    public LatencyDistribution Total { get; }

    /// <summary>A turn whose model runs on the device or its phone.</summary>
    /// <param name="voice">The stages besides the model; null for a text turn, which has none.</param>
    /// <param name="model">The model on the device or phone.</param>
    /// <param name="prompt">Prompt tokens at a probability.</param>
    /// <param name="tier"><see cref="Tiers.Device"/> or <see cref="Tiers.Phone"/>.</param>
    /// <param name="hop">The way from the worn device to the phone; null when the model runs on the device.</param>
    /// <param name="cloudSpeech">The way to the cloud's recogniser and synthesiser, used when the device has none of its own; null for none.</param>
    /// <param name="cachedTokens">Leading tokens of every prompt that are in memory already.</param>
    public static VoiceTurn Local(VoiceProfile? voice, ILocalInference model, Func<double, double> prompt, Tiers tier = Tiers.Device, NetworkProfile? hop = null, NetworkProfile? cloudSpeech = null, double cachedTokens = 0)
    {
        LatencyDistribution first = LatencyDistribution.FromQuantile(p => model.PrefillSeconds(prompt(p), cachedTokens));
        var stages = new List<TurnStage>();
        if (hop is not null)
        {
            stages.Add(new("link to phone", tier, LatencyDistribution.FromQuantiles(hop.RoundTrip)));
        }

        if (voice is null)
        {
            stages.Add(new("first token", tier, first));
            return new VoiceTurn(tier, stages);
        }

        DeviceSpeech? speech = model.Device.Speech;
        double variation = voice.DeviceSpeechVariation.Value;
        double phrase = voice.FirstPhraseTokens.Value * model.DecodeSeconds(prompt(0.5) + (voice.FirstPhraseTokens.Value / 2));
        Tiers speechTier = speech is null ? Tiers.Cloud : tier;
        stages.Insert(0, new("end of turn", Tiers.Device, LatencyDistribution.FromQuantiles(voice.EndOfTurn)));
        stages.Add(new("speech to text", speechTier, speech is null ? LatencyDistribution.FromQuantiles(voice.CloudRecogniser) : LatencyDistribution.LogNormal(speech.Recogniser.Value, variation)));
        stages.Add(new("first token", tier, first));
        stages.Add(new("first phrase", tier, LatencyDistribution.Constant(phrase)));
        stages.Add(new("text to speech", speechTier, speech is null ? LatencyDistribution.FromQuantiles(voice.CloudSynthesiser) : LatencyDistribution.LogNormal(speech.Synthesiser.Value, variation)));
        if (speech is null && cloudSpeech is not null)
        {
            // Speech goes up and text down, then text up and sound down: two round trips.
            LatencyDistribution trip = LatencyDistribution.FromQuantiles(cloudSpeech.RoundTrip);
            stages.Insert(1, new("network", Tiers.Cloud, trip.Plus(trip)));
            stages.Add(new("audio buffers", Tiers.Cloud, LatencyDistribution.FromQuantiles(voice.NetworkBuffers)));
        }

        return new VoiceTurn(tier, stages);
    }

    /// <summary>A turn that the cloud answers.</summary>
    /// <param name="voice">The stages besides the model; null for a text turn.</param>
    /// <param name="cloud">The model's latency under load.</param>
    /// <param name="network">The way to it.</param>
    /// <param name="promptTokens">Mean prompt tokens, for the bytes of a text turn.</param>
    /// <param name="hop">The way from a worn device to the phone that holds the connection; null for none.</param>
    public static VoiceTurn InCloud(VoiceProfile? voice, CloudService cloud, NetworkProfile network, double promptTokens, NetworkProfile? hop = null)
    {
        double bytes = voice?.BytesUp.Value ?? (promptTokens * RadioEnergy.BytesPerTextToken);
        LatencyDistribution way = LatencyDistribution.FromQuantiles(network.RoundTrip).Plus(bytes / network.UplinkRate.Value);
        var stages = new List<TurnStage>();
        if (hop is not null)
        {
            stages.Add(new("link to phone", Tiers.Phone, LatencyDistribution.FromQuantiles(hop.RoundTrip)));
        }

        stages.Add(new("network", Tiers.Cloud, way));
        if (voice is not null)
        {
            stages.Insert(0, new("end of turn", Tiers.Device, LatencyDistribution.FromQuantiles(voice.EndOfTurn)));
            stages.Add(new("speech to text", Tiers.Cloud, LatencyDistribution.FromQuantiles(voice.CloudRecogniser)));
        }

        stages.Add(new("first token", Tiers.Cloud, cloud.TimeToFirstToken));
        if (voice is not null)
        {
            stages.Add(new("first phrase", Tiers.Cloud, LatencyDistribution.Constant(voice.FirstPhraseTokens.Value * cloud.TimePerOutputToken)));
            stages.Add(new("text to speech", Tiers.Cloud, LatencyDistribution.FromQuantiles(voice.CloudSynthesiser)));
            stages.Add(new("audio buffers", Tiers.Cloud, LatencyDistribution.FromQuantiles(voice.NetworkBuffers)));
        }

        return new VoiceTurn(Tiers.Cloud, stages);
    }
}
