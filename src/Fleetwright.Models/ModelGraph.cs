using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models;

/// <summary>
/// A model in a precision on a sharding, compiled once, that turns the shape of a step into the operators that a chip runs.
/// The operators cover all layers: a token's way through the whole pipeline. One of P stages takes a P-th of them.
/// </summary>
/// <remarks>Immutable and thread-safe; <see cref="Step"/> allocates nothing. Equations and conventions: <c>docs/models.md</c>.</remarks>
public sealed partial class ModelGraph
{
    private const double Bf16Bytes = 2;
    private readonly LayerGroup[] _layers;
    private readonly bool _hasExperts;

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
        _hasExperts = _layers.Any(l => l.FeedForward is MixtureOfExperts);
        MaximumOperators = model.Ranking is { } ranking
            ? 8 + ranking.BottomLayers.Count + ranking.TopLayers.Count + (3 * ranking.CrossLayers)
            : 8 + (_layers.Length * 32);
    }

    /// <summary>The architecture.</summary>
    public ModelSpec Model { get; }

    /// <summary>Number formats.</summary>
    public Precision Precision { get; }

    /// <summary>The split over chips.</summary>
    public Sharding Sharding { get; }

    /// <summary>How unevenly tokens fall on experts; null for evenly on all chips.</summary>
    public ExpertSkew? ExpertSkew { get; init; }

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
    /// <param name="shape">The work of the whole replica (with data-parallel attention: of all its groups together). For a ranking model a token is a sample.</param>
    /// <param name="into">At least <see cref="MaximumOperators"/> long.</param>
    /// <returns>How many were written; none for a step without tokens.</returns>
    public int Step(in StepShape shape, Span<Operator> into)
    {
        var sink = new Sink(into);
        if (shape.Tokens <= 0)
        {
            return 0;
        }

        if (Model.Ranking is { } ranking)
        {
            AddRanking(ref sink, ranking, shape.Tokens);
            return sink.Count;
        }

        double groups = Sharding.AttentionDataParallel;
        double tokens = shape.Tokens / groups;
        double hidden = Model.HiddenSize;
        int tp = Sharding.TensorParallel;
        double residualBytes = tokens * hidden * Bf16Bytes;

        sink.Add(Operator.Gather(OperatorRole.Embedding, tokens * (Model.LearnedPositions > 0 ? 2 : 1), hidden, tokens, HeadDtype));
        foreach (LayerGroup layer in _layers)
        {
            if (layer.Mixer is not NoMixer)
            {
                sink.Add(Norm(tokens, hidden, layer.Count * Model.NormsPerPart));
                AddMixer(ref sink, layer.Mixer, shape, groups, tokens, layer.Count);
                AddReduce(ref sink, OperatorRole.AttentionAllReduce, residualBytes, tp, layer.Count);
            }

            if (layer.FeedForward is not NoFeedForward)
            {
                sink.Add(Norm(tokens, hidden, layer.Count * Model.NormsPerPart));
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

    // Embeddings and the head stay in 16 bits when the layers are quantised, as published checkpoints do.
    private Dtype HeadDtype => Precision.Weights.Bytes() < 2 ? Dtype.Bf16 : Precision.Weights;

    private Dtype HeadCompute => Precision.Compute.Bytes() < 2 ? Dtype.Bf16 : Precision.Compute;

    // Attention is computed in 16 bits unless the model runs in fp32.
    private Dtype AttentionCompute => Precision.Compute == Dtype.Fp32 ? Dtype.Fp32 : Dtype.Bf16;

    // A mixture of experts that is published in a 4-bit format (gpt-oss, Kimi K2.5) has only its routed experts in it; the rest is bf16.
    private bool OnlyExpertsQuantised => _hasExperts && Precision.Weights == Model.NativeDtype && Precision.Weights.Bytes() < 1;

    private Dtype LayerDtype => OnlyExpertsQuantised ? Dtype.Bf16 : Precision.Weights;

    private Dtype LayerCompute => OnlyExpertsQuantised && Precision.Compute.Bytes() < 1 ? Dtype.Bf16 : Precision.Compute;

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
            case LatentAttention a:
                AddLatent(ref sink, a, shape, groups, tokens, count);
                break;
            case LinearAttention a:
                AddLinear(ref sink, a, shape, groups, tokens, count);
                break;
            case StateSpace s:
                AddStateSpace(ref sink, s, shape, groups, tokens, count);
                break;
            default:
                throw new NotSupportedException($"{mixer.GetType().Name} has no operators");
        }
    }

    private static int Split(int units, int ranks) => (units + ranks - 1) / ranks;

    private ref struct Sink(Span<Operator> into)
    {
        private readonly Span<Operator> _into = into;

        public int Count { get; private set; }

        public void Add(in Operator op) => _into[Count++] = op;
    }
}
