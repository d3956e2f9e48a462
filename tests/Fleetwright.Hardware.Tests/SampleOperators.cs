using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tests;

/// <summary>One operator of every kind, of the sizes that a 70B model has.</summary>
internal static class SampleOperators
{
    public static Operator[] All { get; } =
    [
        Operator.Gemm(OperatorRole.QkvProjection, 64, 10240, 8192, Dtype.Bf16, Dtype.Bf16),
        Operator.Gemm(OperatorRole.FeedForwardUp, 4096, 8192, 8192, Dtype.Bf16, Dtype.Bf16),
        Operator.Gemm(OperatorRole.FeedForwardUp, 4096, 8192, 8192, Dtype.Fp8, Dtype.Fp8),
        Operator.Gemm(OperatorRole.FeedForwardUp, 1, 8192, 8192, Dtype.Nvfp4, Dtype.Nvfp4),
        Operator.GroupedGemm(OperatorRole.ExpertsUp, 32, 4, 4096, 4096, Dtype.Bf16, Dtype.Bf16),
        Operator.Attention(4, 2048, 0, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Bf16),
        Operator.Attention(64, 1, 4000, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Fp8),
        Operator.Elementwise(OperatorRole.Norm, 4096 * 8192 * 4, 4096 * 8192 * 5),
        Operator.Gather(OperatorRole.EmbeddingBag, 100_000, 128, 1000, Dtype.Fp16),
        Operator.Collective(OperatorKind.AllReduce, OperatorRole.AttentionAllReduce, 1 << 20, 8),
        Operator.Collective(OperatorKind.AllToAll, OperatorRole.ExpertDispatch, 1 << 20, 16),
        Operator.Collective(OperatorKind.Send, OperatorRole.PipelineSend, 1 << 20, 2),
    ];
}
