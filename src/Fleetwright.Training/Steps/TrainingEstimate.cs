using Fleetwright.Training.Layouts;

namespace Fleetwright.Training.Steps;

/// <summary>One step of a job on a layout: time, work, memory, energy. All values of one chip unless the name says otherwise.</summary>
public sealed class TrainingEstimate
{
    private readonly StepTerms _terms;
    private readonly double _modelFlopsPerToken;
    private readonly double _allPairsPerToken;

    internal TrainingEstimate(TrainingModel model, in TrainingLayout layout, int batchSequences, in StepTerms terms)
    {
        _terms = terms;
        Layout = layout;
        BatchTokens = (double)batchSequences * model.Job.SequenceLength;
        MemoryCapacityBytes = model.MemoryCapacity;
        PeakRate = model.PeakRate;
        _modelFlopsPerToken = model.ModelFlopsPerToken;
        _allPairsPerToken = model.ModelFlopsPerTokenAllPairs;
        RelativeError = model.Coefficients.ErrorOf(model.Chip.Chip, model.Job.Compute);
        Memory = new MemoryUse(terms.WeightBytes, terms.GradientBytes, terms.OptimizerBytes, terms.ActivationBytes, terms.ReservedBytes);
        Exposed = new ExposedCommunication(terms.TensorSeconds, terms.ContextSeconds, terms.ExpertSeconds, terms.PipelineSeconds, terms.DataSeconds);
    }

    /// <summary>The layout.</summary>
    public TrainingLayout Layout { get; }

    /// <summary>Tokens of the step over all chips.</summary>
    public double BatchTokens { get; }

    /// <summary>Seconds from one optimizer step to the next.</summary>
    public double StepSeconds => _terms.StepSeconds;

    /// <summary>Tokens per second of the whole job, without failures.</summary>
    public double TokensPerSecond => BatchTokens / StepSeconds;

    /// <summary>Useful FLOP/s: model FLOPs (causal attention, no recomputation) over time.</summary>
    public double ModelFlopsPerSecond => _modelFlopsPerToken * BatchTokens / (StepSeconds * Layout.Chips);

    /// <summary>As <see cref="ModelFlopsPerSecond"/> with all pairs of attention counted, as Megatron-LM's papers do.</summary>
    public double AllPairsFlopsPerSecond => _allPairsPerToken * BatchTokens / (StepSeconds * Layout.Chips);

    /// <summary>FLOP/s with recomputation counted as work: full recomputation repeats the forward third (all pairs counted).</summary>
    public double HardwareFlopsPerSecond => AllPairsFlopsPerSecond * (Layout.Recompute == Recompute.Full ? 4.0 / 3 : 1);

    /// <summary>Peak FLOP/s of a chip in the job's number format.</summary>
    public double PeakRate { get; }

    /// <summary>Model FLOPs utilisation: <see cref="ModelFlopsPerSecond"/> over <see cref="PeakRate"/>.</summary>
    public double Mfu => ModelFlopsPerSecond / PeakRate;

    /// <summary>Time lost to filling and draining the pipeline over the time that the longest stage works: (p−1)/(v·m) for even stages.</summary>
    public double BubbleFraction => _terms.BubbleFraction;

    /// <summary>Seconds of the longest stage's kernels.</summary>
    public double ComputeSeconds => _terms.ComputeSeconds;

    /// <summary>Seconds of filling and draining the pipeline.</summary>
    public double BubbleSeconds => _terms.BubbleSeconds;

    /// <summary>Seconds of the optimizer update.</summary>
    public double OptimizerSeconds => _terms.OptimizerSeconds;

    /// <summary>Communication that is not hidden.</summary>
    public ExposedCommunication Exposed { get; }

    /// <summary>Memory of the fullest chip by part.</summary>
    public MemoryUse Memory { get; }

    /// <summary>Usable memory of the chip.</summary>
    public double MemoryCapacityBytes { get; }

    /// <summary>Whether the memory suffices.</summary>
    public bool Fits => Memory.Total <= MemoryCapacityBytes;

    /// <summary>Bytes by which the chip is too small; 0 when it fits.</summary>
    public double MissingBytes => Math.Max(0, Memory.Total - MemoryCapacityBytes);

    /// <summary>Energy of one chip in one step, without host, network and cooling.</summary>
    public double ChipJoules => _terms.Joules;

    /// <summary>Mean power of one chip, without host, network and cooling.</summary>
    public double ChipWatts => _terms.Joules / StepSeconds;

    /// <summary>Mean absolute error of step times on published rows that were not fitted, as a fraction.</summary>
    public double RelativeError { get; }
}

/// <summary>Communication of one step that nothing hides, in seconds.</summary>
/// <param name="TensorSeconds">Inside layers, over tensor-parallel chips.</param>
/// <param name="ContextSeconds">Keys and values over context-parallel chips.</param>
/// <param name="ExpertSeconds">Tokens to experts and back.</param>
/// <param name="PipelineSeconds">Activations between stages.</param>
/// <param name="DataSeconds">Gradients and weights over replicas.</param>
public readonly record struct ExposedCommunication(double TensorSeconds, double ContextSeconds, double ExpertSeconds, double PipelineSeconds, double DataSeconds)
{
    /// <summary>All together.</summary>
    public double TotalSeconds => TensorSeconds + ContextSeconds + ExpertSeconds + PipelineSeconds + DataSeconds;
}

/// <summary>Memory of the fullest chip, in bytes.</summary>
/// <param name="Weights">16-bit weights.</param>
/// <param name="Gradients">fp32 gradients.</param>
/// <param name="Optimizer">fp32 master weights and Adam's moments.</param>
/// <param name="Activations">Activations kept for the backward pass.</param>
/// <param name="Reserved">What nothing else can use.</param>
public readonly record struct MemoryUse(double Weights, double Gradients, double Optimizer, double Activations, double Reserved)
{
    /// <summary>All together.</summary>
    public double Total => Weights + Gradients + Optimizer + Activations + Reserved;
}
