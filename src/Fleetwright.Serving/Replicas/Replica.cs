using System.Runtime.CompilerServices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Engines;

namespace Fleetwright.Serving.Replicas;

/// <summary>
/// One copy of a model on its chips under an engine: what fits and what a step costs. It knows nothing of traffic, so that the
/// steady state, the search and a discrete-event engine can all stand on it.
/// </summary>
/// <remarks>Immutable and thread-safe; pricing a step allocates nothing once a thread is warm.</remarks>
public sealed class Replica
{
    // TensorRT-LLM's fused all-reduce: kOneShotMaxToken of allReduceFusionKernels.h, getMaxRequiredWorkspaceSize of customAllReduceUtils.h.
    private const double OneShotTokens = 128;
    private const int MostRanks = 8;
    private const double Workspace = 8e6;
    private const double WorkspaceOfTwo = 16e6;

    // FlashMLA's kernel for prompts whose queries choose what they see takes heads in these numbers; fewer are padded (SGLang, nsa_backend.py,
    // _forward_flashmla_sparse: required_padding; vLLM, flashmla_sparse.py: padding).
    private const int SparseHeads = 64;
    private const int SparseHeadsBlackwell = 128;

    // Searches make many replicas of a chip.
    private static readonly ConditionalWeakTable<ChipModel, ChipModel> Converted = [];

    [ThreadStatic]
    private static Operator[]? _scratch;
    private readonly double _operatorsOfPrompts;
    private readonly bool _sparsePrompts;
    private readonly int _sparseHeads;
    private readonly ExpertPopularity? _experts;
    private readonly int _choices;

    /// <summary>Compiles a replica.</summary>
    /// <param name="graph">The model in its precision and sharding.</param>
    /// <param name="chip">The chip.</param>
    /// <param name="engine">The engine.</param>
    public Replica(ModelGraph graph, ChipModel chip, EngineOptions engine)
    {
        Graph = graph;
        Chip = engine.FusesConversion ? Converted.GetValue(chip, c => c.WithConvertedActivations()) : chip;
        Engine = engine;
        BlockScaled = graph.Model.Fp8Block is not null;
        WeightBytes = graph.WeightBytesPerChip;
        ActivationBytes = LargestBuffers();
        ReserveBytes = (chip.Chip.MemoryCapacity * (1 - engine.MemoryFraction)) + engine.RuntimeReserveBytes;
        CacheRoomBytes = chip.Chip.MemoryCapacity - ReserveBytes - WeightBytes - ActivationBytes;
        IdleWatts = chip.Chip.IdlePower?.Value ?? (chip.Chip.Tdp * chip.Coefficients.IdlePowerShare);
        _sparsePrompts = graph.Model.Layers.Any(l => l.Mixer is LatentAttention { IndexTopK: > 0 });
        _sparseHeads = chip.Chip.Architecture == "blackwell" ? SparseHeadsBlackwell : SparseHeads;

        // Where a skew is given, the operators have it already.
        if (graph.ExpertSkew is null && graph.Model.Layers.Select(l => l.FeedForward).OfType<MixtureOfExperts>().FirstOrDefault() is { } moe)
        {
            (_experts, _choices) = (ExpertPopularity.Of(moe.Experts, moe.TopK), moe.TopK);
        }

        foreach (ref readonly Operator op in Operators(StepShape.Prefill(1, 64)))
        {
            _operatorsOfPrompts += op.Count;
        }
    }

    /// <summary>The model in its precision and sharding.</summary>
    public ModelGraph Graph { get; }

    /// <summary>The chip.</summary>
    public ChipModel Chip { get; }

    /// <summary>The engine.</summary>
    public EngineOptions Engine { get; }

    /// <summary>The split over chips.</summary>
    public Sharding Sharding => Graph.Sharding;

    /// <summary>Chips of the replica.</summary>
    public int Chips => Sharding.Chips;

    /// <summary>Bytes of weights on the fullest chip.</summary>
    public double WeightBytes { get; }

    /// <summary>Bytes of the largest live buffers of a step with a full token budget: in and output of the largest operator and the residual stream twice.</summary>
    public double ActivationBytes { get; }

    /// <summary>Bytes that the engine leaves free or uses itself.</summary>
    public double ReserveBytes { get; }

    /// <summary>Bytes left for the cache on each chip; negative when not even the weights fit.</summary>
    public double CacheRoomBytes { get; }

    /// <summary>Power of one chip at rest, in watts.</summary>
    public double IdleWatts { get; }

    /// <summary>New tokens that a step of one micro-batch takes at most.</summary>
    public double TokenBudget => (double)Engine.TokenBudget * Sharding.AttentionDataParallel;

    /// <summary>
    /// How many sequences the cache holds in steady state: their mean contexts must fit, with room for one that has reached
    /// <paramref name="longestContext"/>. 0 when nothing fits; never more than the engine allows.
    /// </summary>
    /// <param name="meanContext">Mean tokens of a sequence in flight.</param>
    /// <param name="longestContext">Tokens of a sequence at its end.</param>
    public double MaximumSequences(double meanContext, double longestContext)
    {
        double mean = Graph.CacheBytesPerSequence(meanContext);
        double spare = Math.Max(0, Graph.CacheBytesPerSequence(longestContext) - mean);
        double perGroup = mean > 0 ? Math.Floor((CacheRoomBytes - spare) / mean) : double.PositiveInfinity;
        return Math.Max(0, Math.Min(perGroup, Engine.MaximumSequences)) * Sharding.AttentionDataParallel;
    }

    /// <summary>The memory of the fullest chip with <paramref name="sequences"/> in flight.</summary>
    public MemoryPlan Memory(double sequences, double meanContext, double longestContext)
    {
        double mean = Graph.CacheBytesPerSequence(meanContext);
        double cache = (Math.Ceiling(sequences / Sharding.AttentionDataParallel) * mean) + Math.Max(0, Graph.CacheBytesPerSequence(longestContext) - mean);
        return new MemoryPlan(Chip.Chip.MemoryCapacity, WeightBytes, cache, ActivationBytes, ReserveBytes);
    }

    /// <summary>The cost of taking one micro-batch through the whole replica (all pipeline stages), host included.</summary>
    public StepCost Step(in StepShape shape)
    {
        StepCost cost = Price(Operators(shape));
        double host = HostSeconds((shape.PrefillSequences + shape.DecodeSequences) / Sharding.AttentionDataParallel);
        if (shape.PrefillSequences > 0)
        {
            double tokens = (shape.PrefillSequences * shape.PrefillTokens) + shape.DecodeSequences;
            host += Math.Max(0, LaunchSeconds(tokens / Sharding.AttentionDataParallel) - cost.Seconds);
        }

        return cost with { Seconds = cost.Seconds + host, Joules = cost.Joules + (host * IdleWatts), LowSeconds = cost.LowSeconds + host, HighSeconds = cost.HighSeconds + host };
    }

    /// <summary>
    /// Seconds that the host takes to launch the operators of a step with prompts, which the chip's work cannot undercut: 0 where a captured graph is
    /// replayed. Decodes are always captured.
    /// </summary>
    /// <param name="tokens">New tokens of a group of data-parallel attention.</param>
    public double LaunchSeconds(double tokens) => tokens > Engine.CapturedTokens && Graph.Model.Ranking is null ? Engine.LaunchSecondsPerOperator * _operatorsOfPrompts : 0;

    /// <summary>
    /// The cost of a step whose prompt tokens are spread unevenly over the groups of data-parallel attention: everything but the experts is
    /// timed on the busiest group, the experts on the tokens of all.
    /// </summary>
    /// <param name="shape">The work of all groups.</param>
    /// <param name="busiest">Prompt tokens of the busiest group ÷ its even share; 1 when they are spread evenly.</param>
    public StepCost Step(in StepShape shape, double busiest)
    {
        StepCost even = Step(shape);
        if (busiest <= 1)
        {
            return even;
        }

        StepCost evenShared = Price(Shared(shape));
        StepCost busyShared = Price(Shared(shape with { PrefillSequences = shape.PrefillSequences * busiest }));

        // Energy stays that of the even split, with the waiting groups at rest.
        double longer = busyShared.Seconds - evenShared.Seconds;
        return new StepCost(
            even.Seconds + longer,
            even.Joules + (longer * IdleWatts),
            even.CommunicationSeconds + busyShared.CommunicationSeconds - evenShared.CommunicationSeconds,
            even.LowSeconds + busyShared.LowSeconds - evenShared.LowSeconds,
            even.HighSeconds + busyShared.HighSeconds - evenShared.HighSeconds);
    }

    /// <summary>Seconds that the host adds to a step with <paramref name="sequences"/> in each group of data-parallel attention.</summary>
    /// <remarks>A sample of a ranking model is not a sequence: nothing is detokenised or streamed for it.</remarks>
    public double HostSeconds(double sequences) => Engine.HostSecondsPerStep + (Graph.Model.Ranking is null ? sequences * Engine.HostSecondsPerSequence : 0);

    /// <summary>Seconds of one run of an operator by the engine's kernel.</summary>
    public double Seconds(in Operator op) => Graph.Model.Ranking is null ? Engine.Kernels.Seconds(op, Cost(op)) : Cost(op).Seconds;

    /// <summary>Whether fp8 weights have a scale for every block of 128 × 128 and not one for a whole matrix; as in the maker's own checkpoint when not said.</summary>
    public bool BlockScaled { get; init; }

    // The tables' block-scaled calls ran outside a captured graph, so that the host hid what their kernels take to start (docs/hardware.md, "Matrix
    // products"): that part is taken from the product with one scale, and the engine says what converting by blocks adds. vLLM takes FlashInfer's kernel on
    // Hopper to 17 rows and DeepGEMM's beyond. A chip without measurements of such a kernel keeps the price of the product with one scale.

    /// <summary>The cost of one run of an operator as this replica runs it, before what the engine's kernels differ by from the measured ones.</summary>
    internal OperatorCost Cost(in Operator op)
    {
        if (_experts is not null && op.Kind == OperatorKind.GroupedGemm)
        {
            double tokens = op.Groups * op.M * Sharding.ExpertParallel / _choices, touched = _experts.Touched(tokens);
            return Chip.Price(op with { Groups = op.Groups * touched, M = op.M / touched, WeightBytes = op.WeightBytes * touched });
        }

        if (_sparsePrompts && op.Kind == OperatorKind.ContextAttention)
        {
            int heads = (op.Heads + _sparseHeads - 1) / _sparseHeads * _sparseHeads;
            return Chip.Price(op with { Heads = heads, MatrixFlops = op.MatrixFlops * heads / op.Heads });
        }

        OperatorCost cost = Chip.Price(op);
        if (Engine.AllReduce == AllReduceRule.ByTokens && op.Kind == OperatorKind.AllReduce && op.Ranks is > 1 and <= MostRanks && op.Ranks <= Chip.Chip.ScaleUpDomain && Chip.Chip.ScaleUpBandwidth is not null)
        {
            CollectiveAlgorithm algorithm = op.MessageBytes > (op.Ranks > 2 ? Workspace : WorkspaceOfTwo) ? CollectiveAlgorithm.None
                : op.MessageBytes <= OneShotTokens * 2 * Graph.Model.HiddenSize ? CollectiveAlgorithm.OneShot
                : CollectiveAlgorithm.TwoShot;
            CollectiveCost own = Chip.Collectives.PriceAllReduce(algorithm, op.MessageBytes, op.Ranks);
            return cost with { Seconds = own.Seconds, OverheadSeconds = own.LatencySeconds, NetworkSeconds = own.Seconds - own.LatencySeconds };
        }

        if (!BlockScaled || op.Kind != OperatorKind.Gemm || op.StorageDtype != Dtype.Fp8)
        {
            return cost;
        }

        bool few = op.M <= 17 && Chip.Chip.Architecture == "hopper";
        if (Chip.PriceInStep(op, few ? "FlashInferFp8BlockScaledMMKernel" : "DeepGemmFp8BlockScaledMMKernel") is not { } block)
        {
            return cost;
        }

        double start = cost.OverheadSeconds + Engine.BlockScaleSeconds, work = Math.Max(0, block.Seconds - block.OverheadSeconds);
        Bound bound = start > work ? Bound.Launch : block.MatrixSeconds > block.MemorySeconds ? Bound.Matrix : Bound.Memory;
        return block with { Seconds = work + start, OverheadSeconds = start, Bound = bound };
    }

    // Errors stay the same share of the time; work stays the same, so energy changes by that of the time at rest.
    private StepCost Price(ReadOnlySpan<Operator> step)
    {
        StepCost cost = Chip.Price(step);
        if ((Engine.Kernels == EngineKernels.AsCalibrated && Engine.AllReduce == AllReduceRule.BySize && !BlockScaled) || cost.Seconds <= 0)
        {
            return cost;
        }

        double seconds = 0, communication = 0;
        foreach (ref readonly Operator op in step)
        {
            double own = op.Count * Seconds(op);
            seconds += own;
            communication += op.IsCollective ? own : 0;
        }

        double ratio = seconds / cost.Seconds;
        return new StepCost(seconds, cost.Joules + ((seconds - cost.Seconds) * IdleWatts), communication, cost.LowSeconds * ratio, cost.HighSeconds * ratio);
    }

    // The operators that every group runs for its own tokens, moved to the front of the scratch.
    private ReadOnlySpan<Operator> Shared(in StepShape shape)
    {
        int count = Operators(shape).Length;
        Span<Operator> all = _scratch.AsSpan(0, count);
        int kept = 0;
        foreach (Operator op in all)
        {
            if (op.Role is not (OperatorRole.ExpertsUp or OperatorRole.ExpertsDown or OperatorRole.ExpertDispatch or OperatorRole.ExpertCombine))
            {
                all[kept++] = op;
            }
        }

        return all[..kept];
    }

    /// <summary>The operators of a step; valid until the thread's next call.</summary>
    public ReadOnlySpan<Operator> Operators(in StepShape shape)
    {
        if (_scratch is null || _scratch.Length < Graph.MaximumOperators)
        {
            _scratch = new Operator[Math.Max(128, Graph.MaximumOperators)];
        }

        int count = Graph.Step(shape, _scratch);
        return _scratch.AsSpan(0, count);
    }

    private double LargestBuffers()
    {
        double largest = 0;
        double tokens = TokenBudget;
        foreach (ref readonly Operator op in Operators(StepShape.Prefill(1, tokens)))
        {
            largest = Math.Max(largest, op.ActivationBytes);
        }

        return largest + (2 * Engine.TokenBudget * Graph.Model.HiddenSize * 2.0);
    }
}
