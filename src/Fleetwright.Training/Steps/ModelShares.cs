using Fleetwright.Catalog.Models;
using Fleetwright.Models;

namespace Fleetwright.Training.Steps;

/// <summary>The sizes of a model that memory and communication of training need: parameters by how they are split, stored activations, FLOPs per token.</summary>
internal sealed class ModelShares
{
    private const double Bytes = 2;
    private readonly ModelSpec _model;

    public ModelShares(ModelSpec model, int sequenceLength)
    {
        _model = model;
        ParameterCount count = ParameterCount.Of(model);
        Layers = model.LayerCount;
        SplitPerLayer = (double)(count.Attention + count.DenseFeedForward) / Layers;
        ExpertsPerLayer = (double)count.Experts / Layers;
        CopiedPerLayer = (double)(count.Router + count.Norms) / Layers;
        Vocabulary = (double)model.VocabularySize * model.HiddenSize;
        HasOwnHead = !model.TiedEmbeddings;

        double causal = ModelFlops.TrainingPerToken(model, sequenceLength);
        double attention = 3 * ModelFlops.AttentionPerToken(model, sequenceLength);
        FlopsPerToken = causal;

        // A causal token sees (s+1)/2 others on average where all pairs are s.
        AllPairsFlopsPerToken = causal + (attention * ((2.0 * sequenceLength / (sequenceLength + 1)) - 1));
    }

    public int Layers { get; }

    /// <summary>Parameters of a layer that tensor parallelism splits.</summary>
    public double SplitPerLayer { get; }

    /// <summary>Parameters of the routed experts of a layer.</summary>
    public double ExpertsPerLayer { get; }

    /// <summary>Parameters of a layer that every tensor-parallel rank holds.</summary>
    public double CopiedPerLayer { get; }

    /// <summary>Parameters of the embedding table.</summary>
    public double Vocabulary { get; }

    public bool HasOwnHead { get; }

    /// <summary>Model FLOPs of one trained token, causal attention.</summary>
    public double FlopsPerToken { get; }

    /// <summary>The same when all pairs of attention are counted, as Megatron-LM's papers do (models without windows).</summary>
    public double AllPairsFlopsPerToken { get; }

    /// <summary>
    /// Bytes of activations that the average layer keeps for its backward pass, of one token on one chip: with sequence parallelism, scores in
    /// memory and GPT's shape this is Korthikanti's (34 + 5·a·s/h)·h/t (arXiv:2205.05198, eq. 4); with fused attention the scores go.
    /// </summary>
    /// <param name="key">Split and micro-batch.</param>
    /// <param name="fused">Whether scores stay on the chip.</param>
    /// <param name="selective">Whether scores (fused: norm outputs and the activation function's output) are recomputed.</param>
    /// <param name="sequenceLength">Tokens of a sequence.</param>
    public double ActivationBytesPerToken(in LayerKey key, bool fused, bool selective, int sequenceLength)
    {
        double t = key.TensorParallel;
        double hiddenBytes = Bytes * _model.HiddenSize / (key.SequenceParallel ? t : 1);
        double total = 0;
        foreach (LayerGroup layer in _model.Layers)
        {
            total += layer.Count * (MixerBytes(layer.Mixer, t, hiddenBytes, fused, selective, sequenceLength)
                + FeedForwardBytes(layer.FeedForward, t, key.ExpertParallel, hiddenBytes, fused, selective));
        }

        return total / Layers;
    }

    private static double MixerBytes(TokenMixer mixer, double t, double hiddenBytes, bool fused, bool selective, int sequenceLength)
    {
        // Input of the norm, and its output, which the projection reads; without fused kernels a one-byte dropout mask as wide.
        double ends = hiddenBytes * ((fused && selective ? 1 : 2) + (fused ? 0 : 0.5));
        return mixer switch
        {
            GroupedQueryAttention a => ends
                + (Bytes * ((a.Heads * (a.HeadSize + a.ValueHeadSize)) + (a.KvHeads * (a.HeadSize + a.ValueHeadSize))) / t)
                + (fused || selective ? 0 : 5.0 * a.Heads * sequenceLength / t),
            LatentAttention a => ends
                + (Bytes * a.Heads * 2.0 * (a.NopeHeadSize + a.RopeHeadSize + a.ValueHeadSize) / t)
                + (Bytes * (a.QueryRank + a.KvRank + a.RopeHeadSize)),
            LinearAttention a => ends + (Bytes * 2 * ((a.KeyHeads * 2.0 * a.KeyHeadSize) + (a.ValueHeads * 2.0 * a.ValueHeadSize)) / t),
            StateSpace a => ends + (Bytes * 2 * ((2.0 * a.Heads * a.HeadSize) + (2.0 * a.Groups * a.StateSize)) / t),
            _ => 0,
        };
    }

    private static double FeedForwardBytes(FeedForward part, double t, int expertParallel, double hiddenBytes, bool fused, bool selective)
    {
        double ends = hiddenBytes * ((fused && selective ? 1 : 2) + (fused ? 0 : 0.5));
        return part switch
        {
            DenseFeedForward d => ends + (Inner(d.Size, d.Gated, fused && selective) / t),
            MixtureOfExperts m => ends
                + (m.TopK * (hiddenBytes + (Inner(m.ExpertSize, m.Gated, fused && selective) / t)))
                + (Inner(m.SharedSize, m.Gated, fused && selective) / t),
            _ => 0,
        };
    }

    private static double Inner(double size, bool gated, bool recomputed) => Bytes * size * ((gated ? 2 : 1) + (recomputed ? 0 : 1));
}
