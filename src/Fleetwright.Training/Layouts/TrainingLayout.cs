using System.Globalization;

namespace Fleetwright.Training.Layouts;

/// <summary>Which activations are dropped after the forward pass and computed again in the backward pass.</summary>
public enum Recompute : byte
{
    /// <summary>None: all are kept.</summary>
    None,

    /// <summary>Those that cost little to compute for their size: attention scores when they are in memory, otherwise norm outputs and the activation function.</summary>
    Selective,

    /// <summary>Everything but the input of each layer.</summary>
    Full,
}

/// <summary>What the data-parallel ranks share instead of each holding a copy. Each level includes those before it.</summary>
public enum StateSharding : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Optimizer states (ZeRO-1, the distributed optimizer).</summary>
    Optimizer,

    /// <summary>Gradients (ZeRO-2; FSDP that does not reshard after the forward pass, as Llama 3 used).</summary>
    Gradients,

    /// <summary>Weights (ZeRO-3, FSDP).</summary>
    Parameters,
}

/// <summary>
/// How a job is laid over chips. Ranks are numbered tensor first, then context, data, pipeline, so tensor-parallel groups fill a
/// scale-up domain first.
/// </summary>
public readonly record struct TrainingLayout
{
    /// <summary>One chip, micro-batches of one sequence.</summary>
    public TrainingLayout()
    {
    }

    /// <summary>Chips that share each matrix.</summary>
    public int TensorParallel { get; init; } = 1;

    /// <summary>Chips that share each sequence.</summary>
    public int ContextParallel { get; init; } = 1;

    /// <summary>Stages of consecutive layers.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>Chunks of layers that each stage holds (interleaved schedule); 1 for plain 1F1B.</summary>
    public int VirtualStages { get; init; } = 1;

    /// <summary>Replicas with different sequences.</summary>
    public int DataParallel { get; init; } = 1;

    /// <summary>Chips that the experts of a layer are spread over; they are taken from the tensor- and data-parallel ones.</summary>
    public int ExpertParallel { get; init; } = 1;

    /// <summary>Sequences that go through the pipeline together.</summary>
    public int MicroBatch { get; init; } = 1;

    /// <summary>Whether norms and residuals are split over the tensor-parallel chips as well.</summary>
    public bool SequenceParallel { get; init; } = true;

    /// <summary>What is recomputed.</summary>
    public Recompute Recompute { get; init; } = Recompute.None;

    /// <summary>What data-parallel ranks share.</summary>
    public StateSharding Sharding { get; init; } = StateSharding.Optimizer;

    /// <summary>All chips.</summary>
    public int Chips => checked(TensorParallel * ContextParallel * PipelineParallel * DataParallel);

    /// <summary><c>TP8 CP2 PP16×8 DP64 mb1 full zero1</c>, leaving out what is 1 or default.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"TP{TensorParallel}{(ContextParallel > 1 ? $" CP{ContextParallel}" : "")} PP{PipelineParallel}{(VirtualStages > 1 ? $"x{VirtualStages}" : "")} DP{DataParallel}{(ExpertParallel > 1 ? $" EP{ExpertParallel}" : "")} mb{MicroBatch}{(TensorParallel > 1 && !SequenceParallel ? " no-sp" : "")} {Name(Recompute)} {Name(Sharding)}");

    /// <summary>The name of a recompute mode on the command line.</summary>
    public static string Name(Recompute mode) => mode switch
    {
        Recompute.None => "none",
        Recompute.Selective => "selective",
        Recompute.Full => "full",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };

    /// <summary>The name of a sharding level on the command line.</summary>
    public static string Name(StateSharding level) => level switch
    {
        StateSharding.None => "zero0",
        StateSharding.Optimizer => "zero1",
        StateSharding.Gradients => "zero2",
        StateSharding.Parameters => "zero3",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, null),
    };
}
