using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Cloud;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Networks;

namespace Fleetwright.Edge.Turns;

/// <summary>
/// Builds a turn from its stages: end of turn → speech to text → image to tokens → queue → first token → first phrase → text to
/// speech → audio buffers, each where <see cref="StageTiers"/> says, with a leg over the network wherever two neighbours are apart.
/// </summary>
public static class TurnPipeline
{
    /// <summary>The turn.</summary>
    /// <param name="shape">What is asked.</param>
    /// <param name="tiers">Where its stages run.</param>
    /// <param name="voice">The stages besides the model; not used by text turns, which may leave it out.</param>
    /// <param name="local">The model on the device or its phone; needed when <paramref name="tiers"/> puts it there.</param>
    /// <param name="cloud">The service at the far end of <paramref name="path"/>; needed when the model runs there.</param>
    /// <param name="path">The way there, or to the phone; needed when any stage leaves the device.</param>
    /// <param name="longestPrompt">Prompts above this many tokens are not part of these turns.</param>
    /// <param name="shortestPrompt">Prompts up to this many tokens are not part of these turns.</param>
    /// <param name="speech">Speech stages of the device or phone; left out, those of <paramref name="local"/>'s device file.</param>
    /// <param name="radioAwake">Whether the radio still is awake from the turn before. A typed turn that leaves the device else waits for it; while a person speaks it has the time.</param>
    /// <exception cref="ArgumentException">A tier is asked for whose model, service, speech stages or way is missing.</exception>
    public static Turn Build(
        TurnShape shape,
        StageTiers tiers,
        VoiceProfile? voice,
        ILocalInference? local,
        CloudLatency? cloud,
        NetworkPath? path,
        double longestPrompt = double.PositiveInfinity,
        double shortestPrompt = 0,
        LocalSpeech? speech = null,
        bool radioAwake = false)
    {
        var build = new TurnBuilder(path);
        bool spoken = shape.Kind != TurnKind.Text;
        if (spoken && voice is null)
        {
            throw new ArgumentException("a spoken turn needs a voice profile", nameof(voice));
        }

        Prompts prompts = new(shape, shortestPrompt, longestPrompt);
        double image = shape.ImageBytes;
        double asked = (prompts.Mean * (1 - shape.CachedShare) * RadioEnergy.BytesPerTextToken) + image;
        if (spoken)
        {
            // A recogniser elsewhere hears the speech while it is spoken: only an image is still to be sent when it ends.
            speech ??= local is null ? null : LocalSpeech.Of(local.Device, voice!);
            build.Add("end of turn", Tiers.Device, LatencyDistribution.FromQuantiles(voice!.EndOfTurn));
            build.MoveTo(tiers.Recognise, image, voice.BytesUp.Value + image);
            build.Add("speech to text", tiers.Recognise, IsLocal(tiers.Recognise) ? Needed(speech, tiers.Recognise).Recogniser : LatencyDistribution.FromQuantiles(voice.CloudRecogniser));
        }

        else if (!radioAwake && !IsLocal(tiers.Model) && path is { Profile.WakeTime.Value: > 0 })
        {
            build.Add("radio wakes", Tiers.Device, LatencyDistribution.Constant(path.Profile.WakeTime.Value));
        }

        build.MoveTo(tiers.Model, asked, asked);
        double phrase = spoken ? voice!.FirstPhraseTokens.Value : 1;
        double perToken = AddModel(build, shape, prompts, tiers.Model, local, cloud, phrase);
        double reply = shape.Reply.Mean * RadioEnergy.BytesPerTextToken;
        if (spoken)
        {
            build.Add("first phrase", tiers.Model, LatencyDistribution.Constant(phrase * perToken));
            build.MoveTo(tiers.Speak, phrase * RadioEnergy.BytesPerTextToken, reply);
            build.Add("text to speech", tiers.Speak, IsLocal(tiers.Speak) ? Needed(speech, tiers.Speak).Synthesiser : LatencyDistribution.FromQuantiles(voice!.CloudSynthesiser));
            build.MoveTo(Tiers.Device, 0, voice!.BytesDown.Value);
            if (!IsLocal(tiers.Recognise) || !IsLocal(tiers.Speak))
            {
                build.Add("audio buffers", IsLocal(tiers.Speak) ? tiers.Recognise : tiers.Speak, LatencyDistribution.FromQuantiles(voice.NetworkBuffers));
            }
        }
        else
        {
            build.MoveTo(Tiers.Device, RadioEnergy.BytesPerTextToken, reply);
        }

        double after = tiers.Model != Tiers.Device || (spoken && tiers.Speak != Tiers.Device) ? Math.Max(0, shape.Reply.Mean - phrase) * perToken : 0;
        double before = spoken && tiers.Recognise != Tiers.Device ? voice!.Utterance.Value : 0;
        double joules = tiers.Model == Tiers.Device ? local!.TurnJoules(prompts.Mean + shape.ImageTokens + shape.ImageWorkTokens, shape.CachedShare * prompts.Mean, shape.Reply.Mean) : 0;
        return build.Build(joules, before, after);
    }

    private static bool IsLocal(Tiers tier) => tier is Tiers.Device or Tiers.Phone;

    // Adds what the model does until its first token and gives the seconds of each further one.
    private static double AddModel(TurnBuilder build, TurnShape shape, in Prompts prompts, Tiers tier, ILocalInference? local, CloudLatency? cloud, double phrase)
    {
        Prompts asked = prompts;
        double share = shape.CachedShare, picture = shape.ImageTokens, work = shape.ImageWorkTokens;
        if (IsLocal(tier))
        {
            ILocalInference model = local ?? throw new ArgumentException($"the model is to run on the {tier}, but none is given", nameof(local));
            if (work > 0)
            {
                build.Add("image to tokens", tier, LatencyDistribution.Constant(model.PrefillSeconds(work, 0)));
            }

            build.Add("first token", tier, LatencyDistribution.FromQuantile(p => model.PrefillSeconds(asked.At(p) + picture, share * asked.At(p))));
            return model.DecodeSeconds(asked.At(0.5) + picture + (phrase / 2));
        }

        CloudLatency service = cloud ?? throw new ArgumentException($"the model is to run in the {tier}, but no service is given", nameof(cloud));
        if (work > 0)
        {
            double read = ((1 - share) * asked.Mean) + picture;
            build.Add("image to tokens", tier, LatencyDistribution.Constant(service.ReadingSeconds(read + work) - service.ReadingSeconds(read)));
        }

        build.Add("queue", tier, service.Waiting);
        build.Add("first token", tier, LatencyDistribution.FromQuantile(p => service.ReadingSeconds(((1 - share) * asked.At(p)) + picture)));
        return service.SecondsPerToken;
    }

    private static LocalSpeech Needed(LocalSpeech? speech, Tiers tier) =>
        speech ?? throw new ArgumentException($"speech is to run on the {tier}, which has no speech stages", nameof(speech));

    // Prompt lengths of the turns that are meant, image left out.
    private readonly struct Prompts(TurnShape shape, double shortest, double longest)
    {
        public double Mean { get; } = shape.Prompt.Between(shortest, longest).Mean;

        public double At(double probability) => shape.Prompt.QuantileBetween(probability, shortest, longest);
    }
}
