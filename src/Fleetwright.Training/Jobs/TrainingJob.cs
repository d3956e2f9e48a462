using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Training.Jobs;

/// <summary>What is to be trained: a model on a number of tokens, in batches of sequences.</summary>
public sealed record TrainingJob
{
    /// <summary>The architecture.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>Tokens of the whole run.</summary>
    public required double Tokens { get; init; }

    /// <summary>Tokens of one sequence.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Sequences of one optimizer step over all chips, once any ramp is over.</summary>
    public required int BatchSequences { get; init; }

    /// <summary>Smaller batches at the start of the run, in order; empty for none.</summary>
    public IReadOnlyList<BatchStage> Ramp { get; init; } = [];

    /// <summary>Number format of the matrix products: bf16, fp16 or fp8. Weights, gradients and optimizer states are kept as <c>docs/training.md</c> says.</summary>
    public Dtype Compute { get; init; } = Dtype.Bf16;

    /// <summary>What the training framework does.</summary>
    public TrainingSoftware Software { get; init; } = TrainingSoftware.Current;

    /// <summary>Tokens of one full batch.</summary>
    public double BatchTokens => (double)BatchSequences * SequenceLength;
}

/// <summary>A stretch of a run with a batch of its own.</summary>
/// <param name="Tokens">Tokens trained at this batch.</param>
/// <param name="BatchSequences">Sequences of one step.</param>
public sealed record BatchStage(double Tokens, int BatchSequences);

/// <summary>What a training framework does and does not do; facts about a release, not tuning.</summary>
/// <param name="FusedAttention">Attention scores stay on the chip (FlashAttention); otherwise they are written out, and dropout masks are kept.</param>
/// <param name="TensorOverlap">Tensor-parallel collectives run beside the matrix products that feed on them.</param>
/// <param name="DataOverlap">Gradient and parameter collectives run beside the backward and forward passes.</param>
/// <param name="PipelineOverlap">Pipeline sends run beside compute.</param>
public sealed record TrainingSoftware(bool FusedAttention, bool TensorOverlap, bool DataOverlap, bool PipelineOverlap)
{
    /// <summary>FlashAttention and all overlaps, as Megatron-Core and its like do since 2023.</summary>
    public static TrainingSoftware Current { get; } = new(true, true, true, true);

    /// <summary>Megatron-LM of 2021 and 2022: scores in memory, no overlap (arXiv:2104.04473, arXiv:2205.05198).</summary>
    public static TrainingSoftware Megatron2021 { get; } = new(false, false, false, false);
}
