using Fleetwright.Catalog.Models;

namespace Fleetwright.Models;

/// <summary>How many parameters a model has, by part. Equations and conventions: <c>docs/models.md</c>.</summary>
public readonly record struct ParameterCount
{
    /// <summary>Input embedding table; with tied embeddings it is the output head as well.</summary>
    public long Embedding { get; init; }

    /// <summary>Learned position table.</summary>
    public long Positions { get; init; }

    /// <summary>Token mixers: attention, latent attention with its indexer, linear attention, state-space layers.</summary>
    public long Attention { get; init; }

    /// <summary>Feed-forward parts that every token uses: dense layers and shared experts.</summary>
    public long DenseFeedForward { get; init; }

    /// <summary>All routed experts.</summary>
    public long Experts { get; init; }

    /// <summary>The routed experts that one token uses.</summary>
    public long ActiveExperts { get; init; }

    /// <summary>Routers.</summary>
    public long Router { get; init; }

    /// <summary>Norms of the residual stream.</summary>
    public long Norms { get; init; }

    /// <summary>Output head; 0 with tied embeddings.</summary>
    public long Head { get; init; }

    /// <summary>Encoders beside the decoder.</summary>
    public long Encoder { get; init; }

    /// <summary>Embedding tables of a ranking model.</summary>
    public long Tables { get; init; }

    /// <summary>MLPs and cross layers of a ranking model.</summary>
    public long Mlps { get; init; }

    /// <summary>All parameters.</summary>
    public long Total => Embedding + Positions + Attention + DenseFeedForward + Experts + Router + Norms + Head + Encoder + Tables + Mlps;

    /// <summary>
    /// Parameters that one token of text uses, as most publishers count: everything but encoders and the routed experts that the token
    /// does not visit. The whole embedding table counts. (A ranking model: its MLPs; look-ups touch a vanishing share of the tables.)
    /// </summary>
    public long Active => Total - Encoder - Tables - Experts + ActiveExperts;

    /// <summary><see cref="Active"/> without look-up tables (OpenAI's count for gpt-oss); a tied table counts, for the head multiplies by it.</summary>
    public long ActiveWithoutLookUps => Active - Positions - (Head > 0 ? Embedding : 0);

    /// <summary>Counts <paramref name="model"/>.</summary>
    /// <exception cref="OverflowException">The model has more than 2^63 parameters.</exception>
    public static ParameterCount Of(ModelSpec model) => checked(model.Ranking is { } ranking ? OfRanking(ranking) : OfDecoder(model));

    /// <summary>Parameters of one token mixer in <paramref name="model"/>.</summary>
    public static long OfMixer(TokenMixer mixer, ModelSpec model)
    {
        long hidden = model.HiddenSize;
        checked
        {
            switch (mixer)
            {
                case GroupedQueryAttention a:
                    {
                        long query = (long)a.Heads * a.HeadSize;
                        long output = (long)a.Heads * a.ValueHeadSize;
                        long keyValue = (long)a.KvHeads * (a.HeadSize + (a.KeysAreValues ? 0 : a.ValueHeadSize));
                        return (hidden * (query + keyValue + output + (a.OutputGate ? output : 0)))
                            + (a.QkvBias || model.Biases ? query + keyValue : 0)
                            + (a.OutputBias || model.Biases ? hidden : 0)
                            + (a.QkNorm ? (a.QkNormOfAllHeads ? a.Heads + a.KvHeads : 2) * (long)a.HeadSize : 0)
                            + (a.Sinks ? a.Heads : 0);
                    }

                case LatentAttention a:
                    {
                        long queryInput = a.QueryRank > 0 ? a.QueryRank : hidden;
                        long queryUp = queryInput * a.Heads * (a.NopeHeadSize + a.RopeHeadSize);
                        long keyValueUp = (long)a.KvRank * a.Heads * (a.NopeHeadSize + a.ValueHeadSize);
                        long output = (long)a.Heads * a.ValueHeadSize * hidden;
                        return OfDownProjections(a, model) + queryUp + keyValueUp + output;
                    }

                case LinearAttention a:
                    {
                        long key = (long)a.KeyHeads * a.KeyHeadSize;
                        long value = (long)a.ValueHeads * a.ValueHeadSize;
                        return (hidden * ((2 * key) + (2 * value) + (2L * a.ValueHeads)))
                            + (((2 * key) + value) * a.ConvolutionSize)
                            + (2L * a.ValueHeads) + a.ValueHeadSize
                            + (value * hidden);
                    }

                case StateSpace a:
                    {
                        long inner = (long)a.Heads * a.HeadSize;
                        long shared = 2L * a.Groups * a.StateSize;
                        return (hidden * ((2 * inner) + shared + a.Heads))
                            + ((inner + shared) * (a.ConvolutionSize + 1))
                            + (3L * a.Heads) + inner
                            + (inner * hidden);
                    }

                case NoMixer:
                    return 0;
                default:
                    throw new NotSupportedException($"{mixer.GetType().Name} has no parameter count");
            }
        }
    }

    // The parts of latent attention that every tensor-parallel rank has whole: down projections with their norms, and the indexer.
    internal static long OfDownProjections(LatentAttention a, ModelSpec model)
    {
        checked
        {
            long hidden = model.HiddenSize;
            long query = a.QueryRank > 0 ? (hidden * a.QueryRank) + a.QueryRank : 0;
            long keyValue = (hidden * (a.KvRank + a.RopeHeadSize)) + a.KvRank;
            long indexInput = a.QueryRank > 0 ? a.QueryRank : hidden;
            long indexer = a.IndexHeads == 0 ? 0
                : (indexInput * a.IndexHeads * a.IndexHeadSize) + (hidden * (a.IndexHeadSize + a.IndexHeads)) + (2L * a.IndexHeadSize);
            return query + keyValue + indexer;
        }
    }

    private static ParameterCount OfDecoder(ModelSpec model)
    {
        checked
        {
            long hidden = model.HiddenSize;
            long norm = model.Biases ? 2 * hidden : hidden;
            long attention = 0, dense = 0, experts = 0, active = 0, router = 0, norms = norm;
            foreach (LayerGroup layer in model.Layers)
            {
                attention += layer.Count * OfMixer(layer.Mixer, model);
                int parts = (layer.Mixer is NoMixer ? 0 : 1) + (layer.FeedForward is NoFeedForward ? 0 : 1);
                norms += layer.Count * parts * model.NormsPerPart * norm;
                switch (layer.FeedForward)
                {
                    case DenseFeedForward d:
                        dense += layer.Count * Matrices(hidden, d.Size, d.Gated, model.Biases);
                        break;
                    case MixtureOfExperts m:
                        long one = Matrices(hidden, m.ExpertSize, m.Gated, m.ExpertBiases);
                        experts += layer.Count * m.Experts * one;
                        active += layer.Count * m.TopK * one;
                        dense += m.SharedSize > 0 ? layer.Count * (Matrices(hidden, m.SharedSize, m.Gated, m.ExpertBiases) + (m.SharedGate ? hidden : 0)) : 0;
                        router += layer.Count * ((hidden * m.Experts) + (m.ExpertBiases ? m.Experts : 0));
                        break;
                    default:
                        break;
                }
            }

            long embedding = hidden * model.VocabularySize;
            return new ParameterCount
            {
                Embedding = embedding,
                Positions = hidden * model.LearnedPositions,
                Attention = attention,
                DenseFeedForward = dense,
                Experts = experts,
                ActiveExperts = active,
                Router = router,
                Norms = norms,
                Head = model.TiedEmbeddings ? 0 : embedding,
                Encoder = model.EncoderParameters,
            };
        }
    }

    private static ParameterCount OfRanking(RankingSpec ranking)
    {
        checked
        {
            long crossWidth = ranking.TopInput;
            long cross = ranking.CrossLayers * ((2 * crossWidth * ranking.CrossRank) + crossWidth);
            return new ParameterCount
            {
                Tables = ranking.Tables * ranking.RowsPerTable * ranking.EmbeddingSize,
                Mlps = Mlp(ranking.DenseFeatures, ranking.BottomLayers) + (ranking.CrossLayers > 0 ? cross : 0) + Mlp(ranking.TopInput, ranking.TopLayers),
            };
        }
    }

    private static long Matrices(long hidden, long size, bool gated, bool biases) =>
        checked((hidden * size * (gated ? 3 : 2)) + (biases ? (size * (gated ? 2 : 1)) + hidden : 0));

    private static long Mlp(long input, IReadOnlyList<int> layers)
    {
        long total = 0;
        foreach (int width in layers)
        {
            total = checked(total + (input * width) + width);
            input = width;
        }

        return total;
    }
}
