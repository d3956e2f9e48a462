namespace Fleetwright.Training.Steps;

/// <summary>The terms of one step, as plain numbers: what the search compares without allocating.</summary>
internal struct StepTerms
{
    public double StepSeconds;
    public double ComputeSeconds;
    public double BubbleSeconds;
    public double TensorSeconds;
    public double ContextSeconds;
    public double ExpertSeconds;
    public double PipelineSeconds;
    public double DataSeconds;
    public double OptimizerSeconds;
    public double BubbleFraction;
    public double Joules;
    public double WeightBytes;
    public double GradientBytes;
    public double OptimizerBytes;
    public double ActivationBytes;
    public double ReservedBytes;

    public readonly double MemoryBytes => WeightBytes + GradientBytes + OptimizerBytes + ActivationBytes + ReservedBytes;
}
