using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Cloud;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Networks;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Makes paths from what answers: a model on the device or its phone, or a service far away. The stages are those of <see cref="TurnPipeline"/>.</summary>
public static class AnswerPaths
{
    /// <summary>Prompts up to this quantile have their memory held.</summary>
    private const double HeldPrompt = 0.999;

    /// <summary>A model on the device or on the phone that it is tethered to.</summary>
    /// <param name="tier"><see cref="Tiers.Device"/> or <see cref="Tiers.Phone"/>.</param>
    /// <param name="model">Catalogue name of the model.</param>
    /// <param name="title">What it is, for people.</param>
    /// <param name="inference">The model where it runs.</param>
    /// <param name="shape">What is asked.</param>
    /// <param name="voice">Stages of a spoken turn besides the model; null for a text turn.</param>
    /// <param name="way">The way to the phone, and to the cloud for a device without speech stages of its own.</param>
    public static AnswerPath Local(Tiers tier, string model, string title, ILocalInference inference, TurnShape shape, VoiceProfile? voice, NetworkPath? way)
    {
        Tiers speech = inference.Device.Speech is null ? Tiers.Cloud : tier;
        TurnShape mean = shape with { Prompt = new TokenLengths(shape.Prompt.Mean, 0) };
        Turn turn = TurnPipeline.Build(mean, new StageTiers(speech, tier, speech), voice, inference, null, way);
        double extra = shape.ImageTokens;
        double Read(double n) => inference.PrefillSeconds(n + extra, shape.CachedShare * n);
        double perToken = inference.DecodeSeconds(shape.Prompt.Mean + extra);
        double room = Room(inference);
        double held = Math.Min(Math.Max(1, room), shape.Prompt.Quantile(HeldPrompt) + extra + shape.Reply.Mean);
        MemoryNeed memory = inference.Memory(room < 1 ? shape.Prompt.Mean + extra + shape.Reply.Mean : held);
        bool own = tier == Tiers.Device;
        AnswerPath path = Staged(turn, way, Read, shape, perToken) with
        {
            Tier = tier,
            Model = model,
            Title = title,
            ReadCachedSeconds = (n, cached) => inference.PrefillSeconds(n + extra, cached),
            BusySeconds = own ? (n, r) => Read(n) + (r * inference.DecodeSeconds(n + extra + (r / 2))) : static (_, _) => 0,
            LongestPromptTokens = Math.Max(0, room - shape.Reply.Mean - extra),
            RamBytes = memory.Bytes,
            RamLimitBytes = memory.LimitBytes,
            TokensPerSecond = 1 / perToken,
            BandFactor = inference.BandFactor,
        };
        Func<double, double, double> radio = path.Joules;
        return own ? path with { Joules = (n, r) => radio(n, r) + inference.TurnJoules(n + extra + shape.ImageWorkTokens, shape.CachedShare * n, r) } : path;
    }

    /// <summary>A service in a data centre or near the user.</summary>
    /// <param name="tier"><see cref="Tiers.Cloud"/> or <see cref="Tiers.Edge"/>.</param>
    /// <param name="title">What it is, for people.</param>
    /// <param name="service">The service under its load.</param>
    /// <param name="shape">What is asked.</param>
    /// <param name="voice">Stages of a spoken turn besides the model; null for a text turn.</param>
    /// <param name="way">The way there.</param>
    public static AnswerPath Remote(Tiers tier, string title, CloudLatency service, TurnShape shape, VoiceProfile? voice, NetworkPath way)
    {
        TurnShape mean = shape with { Prompt = new TokenLengths(shape.Prompt.Mean, 0) };
        Turn turn = TurnPipeline.Build(mean, StageTiers.All(tier), voice, null, service, way);
        double extra = shape.ImageTokens;
        double fresh = 1 - shape.CachedShare;
        return Staged(turn, way, n => service.ReadingSeconds((fresh * n) + extra), shape, service.SecondsPerToken) with
        {
            Tier = tier,
            Title = title,
            ReadCachedSeconds = (n, cached) => service.ReadingSeconds(n - cached + extra),
            Dollars = (n, r) => service.DollarsPerTurn((fresh * n) + extra, r),
            TokensPerSecond = 1 / service.SecondsPerToken,
        };
    }

    /// <summary>
    /// One path for several services of a tier among which turns are spread: waits are mixed; reading, first phrase, joules and dollars are means, and
    /// how much one service reads a mean prompt longer than the mean goes with its wait. The first one gives the name.
    /// </summary>
    /// <param name="parts">Paths of the same tier with their weights.</param>
    /// <param name="meanPromptTokens">The mean prompt.</param>
    public static AnswerPath Mixed(IReadOnlyList<(AnswerPath Path, double Weight)> parts, double meanPromptTokens)
    {
        if (parts.Count == 1)
        {
            return parts[0].Path;
        }

        double all = parts.Sum(p => p.Weight);
        double Mean(Func<AnswerPath, double> of) => parts.Sum(p => p.Weight / all * of(p.Path));
        double phrase = Mean(p => p.PhraseSeconds), read = Mean(p => p.ReadSeconds(meanPromptTokens));
        LatencyDistribution? wait = null, after = null;
        double sofar = 0;
        foreach ((AnswerPath path, double weight) in parts.Where(p => p.Weight > 0))
        {
            LatencyDistribution shifted = path.Wait.Plus(path.PhraseSeconds - phrase + path.ReadSeconds(meanPromptTokens) - read);
            wait = wait is null ? shifted : LatencyDistribution.Mix(shifted, weight / (sofar + weight), wait);
            after = after is null ? path.After : LatencyDistribution.Mix(path.After, weight / (sofar + weight), after);
            sofar += weight;
        }

        return parts[0].Path with
        {
            Wait = wait!,
            After = after!,
            PhraseSeconds = phrase,
            ReadSeconds = n => Mean(p => p.ReadSeconds(n)),
            ReadCachedSeconds = (n, cached) => Mean(p => p.ReadCachedSeconds?.Invoke(n, cached) ?? p.ReadSeconds(n)),
            Joules = (n, r) => Mean(p => p.Joules(n, r)),
            Dollars = (n, r) => Mean(p => p.Dollars(n, r)),
            TokensPerSecond = 1 / Mean(p => 1 / p.TokensPerSecond),
        };
    }

    // Wait: everything before the first token but the end of the turn, with the ways there and back, which are slow together. After: what follows the first phrase.
    private static AnswerPath Staged(Turn turn, NetworkPath? way, Func<double, double> read, TurnShape shape, double perToken)
    {
        LatencyDistribution wait = LatencyDistribution.Zero, after = LatencyDistribution.Zero, hop = LatencyDistribution.Zero, wide = LatencyDistribution.Zero;
        double phrase = 0;
        bool replied = false;
        foreach (TurnStage stage in turn.Stages)
        {
            switch (stage.Name)
            {
                case "end of turn":
                    break;
                case "first token":
                    replied = true;
                    break;
                case "first phrase":
                    phrase = stage.Seconds.Mean;
                    break;
                case "link up" or "link down":
                    hop = hop.PlusComonotone(stage.Seconds);
                    break;
                case "network up" or "network down":
                    wide = wide.PlusComonotone(stage.Seconds);
                    break;
                default:
                    (wait, after) = replied ? (wait, after.Plus(stage.Seconds)) : (wait.Plus(stage.Seconds), after);
                    break;
            }
        }

        bool sends = way is not null && turn.BytesUp + turn.BytesDown > 0;
        NetworkProfile? radio = sends ? way!.Hop ?? way.Profile : null;
        double atMean = read(shape.Prompt.Mean);
        return new AnswerPath
        {
            Tier = Tiers.None,
            Title = "",
            Wait = wait.Plus(hop).Plus(wide),
            After = after,
            PhraseSeconds = phrase,
            ReadSeconds = read,
            Joules = sends
                ? (n, r) => way!.TurnJoules(Math.Max(0, turn.ExchangeSeconds + read(n) - atMean + ((r - shape.Reply.Mean) * perToken)), turn.BytesUp, turn.BytesDown, 0)
                : static (_, _) => 0,
            TailWatts = radio?.TailPower.Value ?? 0,
            TailSeconds = radio?.TailTime.Value ?? 0,
        };
    }

    // The longest context that memory holds; 0 when the weights alone do not fit.
    private static double Room(ILocalInference inference)
    {
        double top = Math.Min(inference.MaximumContext, 1 << 20);
        if (inference.Memory(1).ShortBytes > 0)
        {
            return 0;
        }

        if (inference.Memory(top).ShortBytes <= 0)
        {
            return top;
        }

        double low = 1;
        while (top - low > 0.5)
        {
            double middle = (low + top) / 2;
            (low, top) = inference.Memory(middle).ShortBytes <= 0 ? (middle, top) : (low, middle);
        }

        return Math.Floor(low);
    }
}
