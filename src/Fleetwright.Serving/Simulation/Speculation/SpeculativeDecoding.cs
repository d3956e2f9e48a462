using Fleetwright.Catalog.Models;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Simulation.Speculation;

/// <summary>
/// Speculative decoding: a draft proposes tokens, the model verifies all of them in one step and keeps those up to the first that it rejects, and one of
/// its own. Source: Leviathan, Kalman and Matias, ICML 2023 (arXiv 2211.17192).
/// </summary>
public sealed record SpeculativeDecoding
{
    /// <summary>Drafted tokens of a sequence at most: what a step can verify within an engine's budget.</summary>
    public const int MostDraftTokens = 32;

    /// <summary>Speculation with so many drafted tokens a step.</summary>
    /// <param name="draftTokens">K, from 1.</param>
    /// <param name="acceptance">The chance that the model accepts a drafted token when it has accepted those before it: one number for all places, or one for each of the K.</param>
    public SpeculativeDecoding(int draftTokens, IReadOnlyList<double> acceptance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draftTokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(draftTokens, MostDraftTokens);
        if ((acceptance.Count != 1 && acceptance.Count != draftTokens) || acceptance.Any(a => !(a is >= 0 and <= 1)))
        {
            throw new ArgumentException($"acceptance must be one share from 0 to 1, or {draftTokens}", nameof(acceptance));
        }

        (DraftTokens, Acceptance) = (draftTokens, [.. acceptance]);
        double[] reached = new double[draftTokens];
        Reached(0, reached);
        ExpectedTokens = 1 + reached.Sum();
    }

    /// <summary>Drafted tokens of each sequence in a step: K.</summary>
    public int DraftTokens { get; }

    /// <summary>As given.</summary>
    public IReadOnlyList<double> Acceptance { get; }

    /// <summary>Standard deviation of the acceptance between requests: each has the acceptance of all, shifted by one normal number, within 0 and 1.</summary>
    public double AcceptanceSpread { get; init; }

    /// <summary>The model that drafts, on the target's chips; null for a draft that costs nothing (n-grams of the prompt) or a share of a step.</summary>
    public Replica? Draft { get; init; }

    /// <summary>Whether the draft uses the target's embedding and output head, so that their weights are there once.</summary>
    public bool SharesEmbedding { get; init; }

    /// <summary>Where there is no such model: time of drafting one token for all sequences ÷ time of the target's own decode step.</summary>
    public double DraftShare { get; init; }

    /// <summary>Seconds of the host for each drafted place of a step, beyond the chip's work: starting the draft's pass, sampling and rejecting.</summary>
    public double HostSeconds { get; init; }

    /// <summary>
    /// <see cref="HostSeconds"/> of vLLM's EAGLE heads: the mean of what six measured steps of Llama 3.1 8B on an H100 take beyond their priced operators, for each
    /// drafted token (vLLM issue 20780, EAGLE with K = 2 to 7; docs/serving-speculation.md).
    /// </summary>
    public const double MeasuredHostSeconds = 0.33e-3;

    /// <summary>Tokens that a sequence of mean acceptance gains in a step on average; (1 − a^(K+1)) ÷ (1 − a) for one a (Leviathan et al., equation 1).</summary>
    public double ExpectedTokens { get; }

    /// <summary>
    /// Slots of the cache that a step needs beyond the newest token's: those of the drafts, and as many again in which the draft model writes ahead
    /// (vLLM: <c>num_new_tokens</c> counts the drafts, <c>num_lookahead_tokens</c> = K where the draft has a cache).
    /// </summary>
    public int LookaheadTokens => Draft is null ? DraftTokens : 2 * DraftTokens;

    /// <summary>The chance that the drafted tokens up to each place are all accepted, for a request whose acceptance is shifted by so much.</summary>
    internal void Reached(double shift, Span<double> into)
    {
        double reached = 1;
        for (int i = 0; i < DraftTokens; i++)
        {
            into[i] = reached *= Math.Clamp(Acceptance[Acceptance.Count == 1 ? 0 : i] + shift, 0, 1);
        }
    }

    /// <summary>
    /// A draft head as a model of its own: one more layer like most of the target's, which shares the target's embedding and output head (multi-token
    /// prediction: DeepSeek-V3, arXiv 2412.19437, section 2.2; EAGLE: arXiv 2401.15077).
    /// </summary>
    public static ModelSpec HeadOf(ModelSpec target) => target with
    {
        Name = $"{target.Name} head",
        Aliases = [],
        PublishedParameters = null,
        PublishedActiveParameters = null,
        EncoderParameters = 0,
        Layers = [target.Layers.MaxBy(l => l.Count)! with { Count = 1 }],
    };

    /// <summary>Bytes of the draft's own weights on a chip: those of a head are its layer's only, what a second such layer would add.</summary>
    internal double DraftWeightBytes()
    {
        if (Draft is null || !SharesEmbedding)
        {
            return Draft?.WeightBytes ?? 0;
        }

        ModelSpec twice = Draft.Graph.Model with { Layers = [.. Draft.Graph.Model.Layers.Select(l => l with { Count = 2 * l.Count })] };
        return new ModelGraph(twice, Draft.Graph.Precision, Draft.Graph.Sharding).WeightBytesPerChip - Draft.WeightBytes;
    }

    /// <summary>Seconds that drafting adds to a step without prompts.</summary>
    /// <param name="target">The replica that verifies.</param>
    /// <param name="sequences">Sequences that decode.</param>
    /// <param name="context">Mean tokens of each.</param>
    public double DraftSeconds(Replica target, double sequences, double context)
    {
        StepShape step = StepShape.Decode(sequences, context);
        return (DraftTokens * HostSeconds) + (Draft is null ? DraftTokens * DraftShare * target.Step(step).Seconds
            : Priced(step with { DraftTokens = DraftTokens }) + ((DraftTokens - 1) * Priced(step)));

        double Priced(in StepShape shape) => Draft!.Step(shape).Seconds - Draft.HostSeconds(sequences / Draft.Sharding.AttentionDataParallel);
    }
}
