using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Models;

// What stays in a chip's memory between steps.
public sealed partial class ModelGraph
{
    /// <summary>Bytes of weights on the fullest chip: its share of the layers of a stage, plus embedding and head shared by tensor parallelism. A ranking model: its share of the tables and all MLPs.</summary>
    public double WeightBytesPerChip
    {
        get
        {
            int tp = Sharding.TensorParallel;
            if (Model.Ranking is { } ranking)
            {
                ParameterCount count = ParameterCount.Of(Model);
                return ((double)count.Tables / tp * ranking.EmbeddingDtype.Bytes()) + (count.Mlps * Precision.Weights.Bytes());
            }

            double layers = 0;
            foreach (LayerGroup layer in _layers)
            {
                layers += layer.Count * (MixerBytes(layer.Mixer) + FeedForwardBytes(layer.FeedForward));
            }

            double vocabulary = (double)Model.VocabularySize * Model.HiddenSize / tp * HeadDtype.Bytes();
            double ends = Model.TiedEmbeddings || Sharding.PipelineParallel > 1 ? vocabulary : 2 * vocabulary;
            double positions = (double)Model.LearnedPositions * Model.HiddenSize * HeadDtype.Bytes();
            double encoder = Model.EncoderParameters * Bf16Bytes / (tp * Sharding.PipelineParallel);
            return (layers / Sharding.PipelineParallel) + ends + positions + encoder;
        }
    }

    /// <summary>Bytes of KV cache and recurrent state that one sequence of <paramref name="contextTokens"/> tokens keeps on one chip of its group, averaged over stages.</summary>
    public double CacheBytesPerSequence(double contextTokens)
    {
        int tp = Sharding.TensorParallel;
        double bytes = 0;
        foreach (LayerGroup layer in _layers)
        {
            bytes += layer.Count * layer.Mixer switch
            {
                GroupedQueryAttention a => (a.Window > 0 ? Math.Min(contextTokens, a.Window) : contextTokens)
                    * Split(a.KvHeads, tp) * (a.HeadSize + a.ValueHeadSize) * Precision.KvCache.Bytes(),
                LatentAttention a => contextTokens
                    * (((a.KvRank + a.RopeHeadSize) * Precision.KvCache.Bytes()) + (a.IndexHeads > 0 ? a.IndexHeadSize * IndexKeyDtype.Bytes() : 0)),
                LinearAttention a => ((double)(a.ValueHeads / tp) * a.KeyHeadSize * a.ValueHeadSize * StateBytes)
                    + ((a.ConvolutionSize - 1) * ((2.0 * Split(a.KeyHeads, tp) * a.KeyHeadSize) + ((double)(a.ValueHeads / tp) * a.ValueHeadSize)) * Bf16Bytes),
                StateSpace s => ((double)(s.Heads / tp) * s.HeadSize * s.StateSize * StateBytes)
                    + ((s.ConvolutionSize - 1) * (((double)(s.Heads / tp) * s.HeadSize) + (2.0 * Split(s.Groups, tp) * s.StateSize)) * Bf16Bytes),
                _ => 0,
            };
        }

        return bytes / Sharding.PipelineParallel;
    }

    // Each rank has whole key and value heads, copied where they are fewer than the ranks; latent attention's down projections and indexer are on all.
    private double MixerBytes(TokenMixer mixer)
    {
        int tp = Sharding.TensorParallel;
        double all = ParameterCount.OfMixer(mixer, Model);
        (double whole, double mine) = mixer switch
        {
            GroupedQueryAttention a => (KeyValueProjection(a, a.KvHeads), KeyValueProjection(a, Split(a.KvHeads, tp))),
            LatentAttention a => (ParameterCount.OfDownProjections(a, Model), ParameterCount.OfDownProjections(a, Model)),
            _ => (0, 0),
        };
        return (((all - whole) / tp) + mine) * LayerDtype.Bytes();
    }

    private double KeyValueProjection(GroupedQueryAttention a, int kvHeads) =>
        (double)Model.HiddenSize * kvHeads * (a.HeadSize + (a.KeysAreValues ? 0 : a.ValueHeadSize));

    private double FeedForwardBytes(FeedForward part)
    {
        int tp = Sharding.TensorParallel;
        double hidden = Model.HiddenSize;
        return part switch
        {
            DenseFeedForward d => hidden * d.Size / tp * (d.Gated ? 3 : 2) * LayerDtype.Bytes(),
            MixtureOfExperts m => (hidden * m.Experts * Bf16Bytes)
                + (hidden * m.ExpertSize * (m.Gated ? 3 : 2) * (m.Experts + (ExpertSkew?.Redundant ?? 0)) / (tp * Sharding.AttentionDataParallel) * Precision.Weights.Bytes())
                + (hidden * m.SharedSize * (m.Gated ? 3 : 2) / tp * LayerDtype.Bytes()),
            _ => 0,
        };
    }
}
