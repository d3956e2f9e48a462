using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models;

/// <summary>
/// A model in a precision on a sharding, compiled once, that turns the shape of a step into the operators that a chip runs.
/// The operators cover all layers: a token's way through the whole pipeline. One of P stages takes a P-th of them.
/// </summary>
/// <remarks>Immutable and thread-safe; <see cref="Step"/> allocates nothing.</remarks>
public sealed class ModelGraph
{
    private const double Bf16Bytes = 2;
    private readonly LayerGroup[] _layers;

    /// <summary>Compiles <paramref name="model"/>.</summary>
    /// <exception cref="ArgumentException">The sharding does not divide the model (see <see cref="Problem"/>).</exception>
    public ModelGraph(ModelSpec model, Precision precision, Sharding sharding)
    {
        if (Problem(model, sharding) is { } problem)
        {
            throw new ArgumentException(problem, nameof(sharding));
        }

        Model = model;
        Precision = precision;
        Sharding = sharding;
        _layers = [.. model.Layers];
        MaximumOperators = 8 + (_layers.Length * 24) + (model.Ranking is null ? 0 : 8 + model.Ranking.BottomLayers.Count + model.Ranking.TopLayers.Count);
    }

    /// <summary>The architecture.</summary>
    public ModelSpec Model { get; }

    /// <summary>Number formats.</summary>
    public Precision Precision { get; }

    /// <summary>The split over chips.</summary>
    public Sharding Sharding { get; }

    /// <summary>The most operators that a step has; the size of the span that <see cref="Step"/> needs.</summary>
    public int MaximumOperators { get; }

    /// <summary>Why <paramref name="sharding"/> cannot split <paramref name="model"/>; null when it can.</summary>
    public static string? Problem(ModelSpec model, Sharding sharding)
    {
        if (sharding.TensorParallel < 1 || sharding.PipelineParallel < 1 || sharding.ExpertParallel < 1 || sharding.AttentionDataParallel < 1)
        {
            return $"{sharding}: every degree must be at least 1";
        }

        if (model.Ranking is not null)
        {
            return sharding.PipelineParallel > 1 || sharding.ExpertParallel > 1 ? $"{sharding}: a ranking model is split by tensor parallelism only" : null;
        }

        if (sharding.PipelineParallel > model.LayerCount)
        {
            return $"{sharding}: {model.Name} has only {model.LayerCount} layers";
        }

        int expertRanks = sharding.TensorParallel * sharding.AttentionDataParallel;
        foreach (LayerGroup layer in model.Layers)
        {
            int heads = layer.Mixer switch
            {
                GroupedQueryAttention a => a.Heads,
                LatentAttention a => a.Heads,
                LinearAttention a => a.ValueHeads,
                StateSpace s => s.Heads,
                _ => 0,
            };
            if (heads % sharding.TensorParallel != 0)
            {
                return $"{sharding}: TP must divide the {heads} heads of {model.Name}";
            }

            if (layer.FeedForward is MixtureOfExperts moe && (moe.Experts % sharding.ExpertParallel != 0 || expertRanks % sharding.ExpertParallel != 0))
            {
                return $"{sharding}: EP must divide the {moe.Experts} experts of {model.Name} and the {expertRanks} chips of a stage";
            }
        }

        return sharding.ExpertParallel > 1 && !model.Layers.Any(l => l.FeedForward is MixtureOfExperts) ? $"{sharding}: {model.Name} has no experts" : null;
    }

    /// <summary>Writes the operators of a step into <paramref name="into"/>.</summary>
    /// <param name="shape">The work of the whole replica (with data-parallel attention: of all its groups together).</param>
    /// <param name="into">At least <see cref="MaximumOperators"/> long.</param>
    /// <returns>How many were written.</returns>
    public int Step(in StepShape shape, Span<Operator> into)
    {
        var sink = new Sink(into);
        double groups = Sharding.AttentionDataParallel;
        double tokens = shape.Tokens / groups;
        double hidden = Model.HiddenSize;
        int tp = Sharding.TensorParallel;
        double residualBytes = tokens * hidden * Bf16Bytes;

        sink.Add(Operator.Gather(OperatorRole.Embedding, tokens, hidden, tokens, Dtype.Bf16));
        foreach (LayerGroup layer in _layers)
        {
            if (layer.Mixer is not NoMixer)
            {
                sink.Add(Norm(tokens, hidden, layer.Count));
                AddMixer(ref sink, layer.Mixer, shape, groups, tokens, layer.Count);
                AddReduce(ref sink, OperatorRole.AttentionAllReduce, residualBytes, tp, layer.Count);
            }

            if (layer.FeedForward is not NoFeedForward)
            {
                sink.Add(Norm(tokens, hidden, layer.Count));
                AddFeedForward(ref sink, layer.FeedForward, tokens, layer.Count);
            }
        }

        double outputs = shape.Outputs / groups;
        sink.Add(Norm(outputs, hidden, 1));
        sink.Add(Operator.Gemm(OperatorRole.Head, outputs, Math.Ceiling((double)Model.VocabularySize / tp), hidden, HeadDtype, HeadCompute));
        if (tp > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllGather, OperatorRole.Sampling, outputs * Model.VocabularySize * Bf16Bytes, tp));
        }

        sink.Add(Operator.Elementwise(OperatorRole.Sampling, outputs * Model.VocabularySize * 4, outputs * Model.VocabularySize * 4));
        if (Sharding.PipelineParallel > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.Send, OperatorRole.PipelineSend, residualBytes / tp, 2, Sharding.PipelineParallel - 1));
        }

        return sink.Count;
    }

    /// <summary>Bytes of weights on the fullest chip: its share of the layers of a stage, plus embedding and head shared by tensor parallelism.</summary>
    public double WeightBytesPerChip
    {
        get
        {
            double layers = 0;
            foreach (LayerGroup layer in _layers)
            {
                layers += layer.Count * (MixerParameters(layer.Mixer) + FeedForwardParameters(layer.FeedForward));
            }

            double vocabulary = (double)Model.VocabularySize * Model.HiddenSize / Sharding.TensorParallel * HeadDtype.Bytes();
            double ends = Model.TiedEmbeddings || Sharding.PipelineParallel > 1 ? vocabulary : 2 * vocabulary;
            return (layers / Sharding.PipelineParallel * Precision.Weights.Bytes()) + ends;
        }
    }

    /// <summary>Bytes of KV cache and recurrent state that one sequence of <paramref name="contextTokens"/> tokens keeps on one chip of its group, averaged over stages.</summary>
    public double CacheBytesPerSequence(double contextTokens)
    {
        double bytes = 0;
        foreach (LayerGroup layer in _layers)
        {
            bytes += layer.Count * layer.Mixer switch
            {
                GroupedQueryAttention a => (a.Window > 0 ? Math.Min(contextTokens, a.Window) : contextTokens)
                    * Math.Max(1, a.KvHeads / Sharding.TensorParallel) * (a.HeadSize + a.ValueHeadSize) * Precision.KvCache.Bytes(),
                NoMixer => 0,
                _ => throw new NotSupportedException($"{layer.Mixer.GetType().Name} has no cache size yet"),
            };
        }

        return bytes / Sharding.PipelineParallel;
    }

    private double MixerParameters(TokenMixer mixer)
    {
        int tp = Sharding.TensorParallel;
        double hidden = Model.HiddenSize;
        return mixer switch
        {
            GroupedQueryAttention a => hidden * (
                (a.Heads / tp * (a.HeadSize + a.ValueHeadSize + (a.OutputGate ? a.ValueHeadSize : 0)))
                + (Math.Max(1, a.KvHeads / tp) * (a.HeadSize + a.ValueHeadSize))),
            NoMixer => 0,
            _ => throw new NotSupportedException($"{mixer.GetType().Name} has no weight size yet"),
        };
    }

    private double FeedForwardParameters(FeedForward part)
    {
        int tp = Sharding.TensorParallel;
        double hidden = Model.HiddenSize;
        return part switch
        {
            DenseFeedForward d => hidden * d.Size / tp * (d.Gated ? 3 : 2),
            MixtureOfExperts m => (hidden * m.Experts)
                + (hidden * m.ExpertSize * (m.Gated ? 3 : 2) * m.Experts / (tp * Sharding.AttentionDataParallel))
                + (hidden * m.SharedSize * (m.Gated ? 3 : 2) / tp),
            NoFeedForward => 0,
            _ => throw new NotSupportedException($"{part.GetType().Name} has no weight size yet"),
        };
    }

    // Embeddings and the head stay in 16 bits when the layers are quantised, as published checkpoints do.
    private Dtype HeadDtype => Precision.Weights.Bytes() < 2 ? Dtype.Bf16 : Precision.Weights;

    private Dtype HeadCompute => Precision.Compute.Bytes() < 2 ? Dtype.Bf16 : Precision.Compute;

    private static Operator Norm(double tokens, double width, int count) =>
        Operator.Elementwise(OperatorRole.Norm, tokens * width * Bf16Bytes * 4, tokens * width * 5, count);

    private static void AddReduce(ref Sink sink, OperatorRole role, double bytes, int ranks, int count)
    {
        if (ranks > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllReduce, role, bytes, ranks, count));
        }
    }

    private void AddMixer(ref Sink sink, TokenMixer mixer, in StepShape shape, double groups, double tokens, int count)
    {
        switch (mixer)
        {
            case GroupedQueryAttention a:
                AddGroupedQuery(ref sink, a, shape, groups, tokens, count);
                break;
            default:
                throw new NotSupportedException($"{mixer.GetType().Name} has no operators yet");
        }
    }

    private void AddGroupedQuery(ref Sink sink, GroupedQueryAttention a, in StepShape shape, double groups, double tokens, int count)
    {
        int tp = Sharding.TensorParallel;
        int heads = a.Heads / tp;
        int kvHeads = Math.Max(1, a.KvHeads / tp);
        double queryWidth = heads * a.HeadSize;
        double kvWidth = kvHeads * (a.HeadSize + a.ValueHeadSize);
        double gateWidth = a.OutputGate ? heads * a.ValueHeadSize : 0;
        sink.Add(Operator.Gemm(OperatorRole.QkvProjection, tokens, queryWidth + kvWidth + gateWidth, Model.HiddenSize, Precision.Weights, Precision.Compute, count));
        sink.Add(Operator.Elementwise(OperatorRole.Rotary, tokens * (queryWidth + kvWidth) * Bf16Bytes * 2, tokens * (queryWidth + kvWidth) * 4, count, tokens * kvWidth * Precision.KvCache.Bytes()));
        if (shape.PrefillSequences > 0)
        {
            sink.Add(Operator.Attention(shape.PrefillSequences / groups, shape.PrefillTokens, shape.PrefillPast, heads, kvHeads, a.HeadSize, a.ValueHeadSize, a.Window, AttentionCompute, Precision.KvCache, count)
                with { Kind = OperatorKind.ContextAttention, Role = OperatorRole.ContextAttention });
        }

        if (shape.DecodeSequences > 0)
        {
            sink.Add(Operator.Attention(shape.DecodeSequences / groups, 1, shape.DecodePast, heads, kvHeads, a.HeadSize, a.ValueHeadSize, a.Window, AttentionCompute, Precision.KvCache, count));
        }

        sink.Add(Operator.Gemm(OperatorRole.OutputProjection, tokens, Model.HiddenSize, heads * a.ValueHeadSize, Precision.Weights, Precision.Compute, count));
    }

    // Attention is computed in 16 bits unless the model runs in fp32.
    private Dtype AttentionCompute => Precision.Compute == Dtype.Fp32 ? Dtype.Fp32 : Dtype.Bf16;

    private void AddFeedForward(ref Sink sink, FeedForward part, double tokens, int count)
    {
        int tp = Sharding.TensorParallel;
        double hidden = Model.HiddenSize;
        double residualBytes = tokens * hidden * Bf16Bytes;
        switch (part)
        {
            case DenseFeedForward dense:
                AddDense(ref sink, tokens, Math.Ceiling((double)dense.Size / tp), dense.Gated, count);
                AddReduce(ref sink, OperatorRole.FeedForwardAllReduce, residualBytes, tp, count);
                break;
            case MixtureOfExperts moe:
                AddExperts(ref sink, moe, tokens, count);
                break;
            default:
                throw new NotSupportedException($"{part.GetType().Name} has no operators yet");
        }
    }

    private void AddDense(ref Sink sink, double tokens, double size, bool gated, int count)
    {
        int matrices = gated ? 2 : 1;
        sink.Add(Operator.Gemm(OperatorRole.FeedForwardUp, tokens, matrices * size, Model.HiddenSize, Precision.Weights, Precision.Compute, count));
        sink.Add(Operator.Elementwise(OperatorRole.Activation, tokens * size * (matrices + 1) * Bf16Bytes, tokens * size * 4, count));
        sink.Add(Operator.Gemm(OperatorRole.FeedForwardDown, tokens, Model.HiddenSize, size, Precision.Weights, Precision.Compute, count));
    }

    // Tokens choose experts uniformly; the expected number of distinct experts that T tokens with k choices each touch
    // out of E is E·(1 − (1 − k/E)^T). Skew is a later refinement of Hardware's grouped GEMM.
    private void AddExperts(ref Sink sink, MixtureOfExperts moe, double tokens, int count)
    {
        int tp = Sharding.TensorParallel;
        int groups = Sharding.AttentionDataParallel;
        int ep = Sharding.ExpertParallel;
        double hidden = Model.HiddenSize;
        double expertTensorParallel = (double)tp * groups / ep;
        double allTokens = tokens * groups;
        double touched = moe.Experts * (1 - Math.Pow(1 - ((double)moe.TopK / moe.Experts), allTokens));
        double local = touched / ep;
        double perExpert = allTokens * moe.TopK / touched;
        double size = moe.ExpertSize / expertTensorParallel;
        int matrices = moe.Gated ? 2 : 1;
        double residualBytes = tokens * hidden * Bf16Bytes;

        sink.Add(Operator.Gemm(OperatorRole.Router, tokens, moe.Experts, hidden, Dtype.Bf16, HeadCompute, count));
        if (groups > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllToAll, OperatorRole.ExpertDispatch, residualBytes * moe.TopK / tp, ep, count));
        }

        sink.Add(Operator.GroupedGemm(OperatorRole.ExpertsUp, local, perExpert, matrices * size, hidden, Precision.Weights, Precision.Compute, count));
        sink.Add(Operator.Elementwise(OperatorRole.Activation, local * perExpert * size * (matrices + 1) * Bf16Bytes, local * perExpert * size * 4, count));
        sink.Add(Operator.GroupedGemm(OperatorRole.ExpertsDown, local, perExpert, hidden, size, Precision.Weights, Precision.Compute, count));
        if (groups > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllToAll, OperatorRole.ExpertCombine, residualBytes * moe.TopK / tp, ep, count));
        }

        if (moe.SharedSize > 0)
        {
            AddDense(ref sink, tokens, Math.Ceiling((double)moe.SharedSize / tp), moe.Gated, count);
        }

        AddReduce(ref sink, OperatorRole.FeedForwardAllReduce, residualBytes, tp, count);
    }

    private ref struct Sink(Span<Operator> into)
    {
        private readonly Span<Operator> _into = into;

        public int Count { get; private set; }

        public void Add(in Operator op) => _into[Count++] = op;
    }
}
