using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models;

// Dense feed-forward parts and mixtures of experts.
public sealed partial class ModelGraph
{
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
        sink.Add(Operator.Gemm(OperatorRole.FeedForwardUp, tokens, matrices * size, Model.HiddenSize, LayerDtype, LayerCompute, count, parts: matrices));
        sink.Add(Operator.Elementwise(OperatorRole.Activation, tokens * size * (matrices + 1) * Bf16Bytes, tokens * size * 4, count));
        sink.Add(Operator.Gemm(OperatorRole.FeedForwardDown, tokens, Model.HiddenSize, size, LayerDtype, LayerCompute, count));
    }

    // Tokens choose experts uniformly; the expected number of distinct experts that T tokens with k choices each touch
    // out of E is E·(1 − (1 − k/E)^T). With a skew the layer takes as long as its busiest chip.
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
        double crowding = 1;
        if (ExpertSkew is not null)
        {
            (local, double rows) = ExpertSkew.Busiest(allTokens, moe.Experts, moe.TopK, ep);
            perExpert = rows / local;
            crowding = rows * ep / (allTokens * moe.TopK);
        }

        double size = moe.ExpertSize / expertTensorParallel;
        double residualBytes = tokens * hidden * Bf16Bytes;

        sink.Add(Operator.Gemm(OperatorRole.Router, tokens, moe.Experts, hidden, Dtype.Bf16, HeadCompute, count));
        if (groups > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllToAll, OperatorRole.ExpertDispatch, residualBytes * moe.TopK / tp * crowding, ep, count));
        }

        // Without data-parallel attention every rank holds all tokens, and passes over the rows of all their choices.
        double routedRows = groups > 1 ? local * perExpert : allTokens * moe.TopK;
        (Operator up, Operator activation, Operator down) = Experts(local, perExpert, hidden, size, moe.Gated, routedRows, Precision.Weights, Precision.Compute, count);
        sink.Add(up);
        sink.Add(activation);
        sink.Add(down);
        if (groups > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllToAll, OperatorRole.ExpertCombine, residualBytes * moe.TopK / tp * crowding, ep, count));
        }

        if (moe.SharedSize > 0)
        {
            AddDense(ref sink, tokens, Math.Ceiling((double)moe.SharedSize / tp), moe.Gated, count);
        }

        AddReduce(ref sink, OperatorRole.FeedForwardAllReduce, residualBytes, tp, count);
    }

    /// <summary>The operators of the routed experts of one chip: what a fused kernel of the whole layer does, and what its calibration prices (docs/hardware.md, "Experts").</summary>
    /// <param name="touched">Experts of this chip that some token chose.</param>
    /// <param name="perExpert">Mean rows of each.</param>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="size">Inner width of an expert on this chip.</param>
    /// <param name="gated">Whether the up product has a gate.</param>
    /// <param name="routedRows">Rows that are dealt out and summed here: tokens times choices.</param>
    /// <param name="weights">Number format of the weights.</param>
    /// <param name="compute">Number format of the products.</param>
    /// <param name="count">How often.</param>
    public static (Operator Up, Operator Activation, Operator Down) Experts(
        double touched, double perExpert, double hidden, double size, bool gated, double routedRows, Dtype weights, Dtype compute, int count)
    {
        int matrices = gated ? 2 : 1;
        double inner = touched * perExpert * size;
        return (
            Operator.GroupedGemm(OperatorRole.ExpertsUp, touched, perExpert, matrices * size, hidden, weights, compute, count) with { RoutedElements = routedRows * hidden },
            Operator.Elementwise(OperatorRole.Activation, inner * (matrices + 1) * Bf16Bytes, inner * 4, count),
            Operator.GroupedGemm(OperatorRole.ExpertsDown, touched, perExpert, hidden, size, weights, compute, count) with { RoutedElements = routedRows * hidden });
    }
}
