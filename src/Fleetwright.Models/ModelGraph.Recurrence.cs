using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models;

// Linear attention and state-space layers: a state of fixed size per sequence. Prefill works in chunks of tokens on the matrix unit;
// decode updates the state on the vector unit and is bound by reading and writing it. The state is kept in fp32, as published configs say.
public sealed partial class ModelGraph
{
    private const double StateBytes = 4;

    private void AddLinear(ref Sink sink, LinearAttention a, in StepShape shape, double groups, double tokens, int count)
    {
        int tp = Sharding.TensorParallel;
        int valueHeads = a.ValueHeads / tp;
        double key = (double)Split(a.KeyHeads, tp) * a.KeyHeadSize;
        double value = (double)valueHeads * a.ValueHeadSize;
        double mixed = (2 * key) + value;
        sink.Add(Operator.Gemm(OperatorRole.QkvProjection, tokens, mixed + value + (2 * valueHeads), Model.HiddenSize, LayerDtype, LayerCompute, count));
        AddRecurrence(
            ref sink, shape, groups, tokens, mixed, value, a.ConvolutionSize, valueHeads * (double)a.KeyHeadSize * a.ValueHeadSize,
            valueHeads * RecurrenceFlops.DeltaRulePrefill(a), valueHeads * RecurrenceFlops.DeltaRuleDecode(a), count);
        sink.Add(Operator.Gemm(OperatorRole.OutputProjection, tokens, Model.HiddenSize, value, LayerDtype, LayerCompute, count));
    }

    private void AddStateSpace(ref Sink sink, StateSpace s, in StepShape shape, double groups, double tokens, int count)
    {
        int tp = Sharding.TensorParallel;
        int heads = s.Heads / tp;
        int sharedGroups = Split(s.Groups, tp);
        double inner = (double)heads * s.HeadSize;
        double mixed = inner + (2.0 * sharedGroups * s.StateSize);
        sink.Add(Operator.Gemm(OperatorRole.QkvProjection, tokens, mixed + inner + heads, Model.HiddenSize, LayerDtype, LayerCompute, count));
        AddRecurrence(
            ref sink, shape, groups, tokens, mixed, inner, s.ConvolutionSize, inner * s.StateSize,
            (heads * RecurrenceFlops.StateSpacePrefillHead(s)) + (sharedGroups * RecurrenceFlops.StateSpacePrefillGroup(s)), heads * RecurrenceFlops.StateSpaceDecode(s), count);
        sink.Add(Operator.Gemm(OperatorRole.OutputProjection, tokens, Model.HiddenSize, inner, LayerDtype, LayerCompute, count));
    }

    // The convolution, the gated norm of the output, and decode's update of the state stream through the vector unit;
    // prefill's chunks are small matrix products like those of prefill attention, and are priced as it is.
    private void AddRecurrence(
        ref Sink sink, in StepShape shape, double groups, double tokens, double mixed, double output, int taps, double state,
        double prefillFlops, double decodeFlops, int count)
    {
        double decodes = shape.DecodeSequences / groups;
        double stateTraffic = 2 * ((state * StateBytes) + ((taps - 1) * mixed * Bf16Bytes));
        double vector = (tokens * ((2.0 * taps * mixed) + (8 * output))) + (decodes * (1 + shape.DraftTokens) * decodeFlops);
        sink.Add(Operator.Elementwise(OperatorRole.Recurrence, tokens * ((3 * mixed) + (3 * output)) * Bf16Bytes, vector, count, decodes * stateTraffic));
        if (shape.PrefillSequences > 0)
        {
            double prefills = shape.PrefillSequences / groups;
            sink.Add(new Operator
            {
                Kind = OperatorKind.ContextAttention,
                Role = OperatorRole.Recurrence,
                Count = count,
                Groups = 1,
                Ranks = 1,
                Sequences = prefills,
                QueryTokens = shape.PrefillTokens,
                ContextTokens = shape.PrefillPast + shape.PrefillTokens,
                ComputeDtype = AttentionCompute,
                StorageDtype = Dtype.Fp32,
                MatrixFlops = prefills * shape.PrefillTokens * prefillFlops,
                ActivationBytes = prefills * shape.PrefillTokens * (mixed + output) * Bf16Bytes,
                CacheBytes = prefills * stateTraffic,
            });
        }
    }
}

/// <summary>Operations per token of one head of a recurrence. Forms: <c>docs/models.md</c>.</summary>
internal static class RecurrenceFlops
{
    /// <summary>Tokens of a chunk of the gated delta rule in public kernels (flash-linear-attention).</summary>
    public const int DeltaRuleChunk = 64;

    /// <summary>Tokens of a chunk of Mamba-2 in published configs.</summary>
    public const int StateSpaceChunk = 128;

    // Three products with the k × v state, and within a chunk of C tokens: KKᵀ, TK, QKᵀ of 2Ck and TV, (QKᵀ)V of 2Cv.
    public static double DeltaRulePrefill(LinearAttention a) =>
        (6.0 * a.KeyHeadSize * a.ValueHeadSize) + (DeltaRuleChunk * ((6.0 * a.KeyHeadSize) + (4.0 * a.ValueHeadSize)));

    // Decay (1), read by key (2), update (2), read by query (2), per element of the state.
    public static double DeltaRuleDecode(LinearAttention a) => 7.0 * a.KeyHeadSize * a.ValueHeadSize;

    // Bᵀx into the state and C·state (2 each per element), and the masked C Bᵀ times x within a chunk.
    public static double StateSpacePrefillHead(StateSpace s) => (4.0 * s.HeadSize * s.StateSize) + (2.0 * StateSpaceChunk * s.HeadSize);

    // C Bᵀ within a chunk, shared by the heads of a group.
    public static double StateSpacePrefillGroup(StateSpace s) => 2.0 * StateSpaceChunk * s.StateSize;

    // Decay (1), outer product and sum (2), read (2), per element of the state.
    public static double StateSpaceDecode(StateSpace s) => 5.0 * s.HeadSize * s.StateSize;
}
