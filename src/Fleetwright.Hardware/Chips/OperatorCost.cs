namespace Fleetwright.Hardware.Chips;

/// <summary>What holds an operator back.</summary>
public enum Bound : byte
{
    /// <summary>The fixed overhead of starting it.</summary>
    Launch,

    /// <summary>The matrix unit.</summary>
    Matrix,

    /// <summary>The vector unit.</summary>
    Vector,

    /// <summary>Bandwidth of the shared on-chip memory.</summary>
    OnChip,

    /// <summary>Bandwidth of the off-chip memory.</summary>
    Memory,

    /// <summary>Links between chips.</summary>
    Network,
}

/// <summary>The cost of one run of an operator on one chip, with the terms that were compared.</summary>
/// <param name="Seconds">Time: overhead plus the largest of the other terms.</param>
/// <param name="Joules">Energy of one chip.</param>
/// <param name="Bound">The term that sets the time.</param>
/// <param name="OverheadSeconds">Start-up.</param>
/// <param name="MatrixSeconds">Matrix work, with tile and wave quantisation.</param>
/// <param name="VectorSeconds">Vector work.</param>
/// <param name="OnChipSeconds">Traffic with the shared on-chip memory.</param>
/// <param name="MemorySeconds">Traffic with the off-chip memory.</param>
/// <param name="NetworkSeconds">Traffic with other chips.</param>
/// <param name="Band">What calibration says of the time: the errors of operators of its family and length.</param>
public readonly record struct OperatorCost(
    double Seconds, double Joules, Bound Bound,
    double OverheadSeconds, double MatrixSeconds, double VectorSeconds, double OnChipSeconds, double MemorySeconds, double NetworkSeconds,
    ErrorBand Band)
{
    /// <summary>Calibrated mean absolute error of the time, as a fraction of it.</summary>
    public double RelativeError => Band.Error;

    /// <summary>Whether a size lies outside those that were measured for the coefficients, so that the error may be larger than the band.</summary>
    public bool Extrapolated { get; init; }
}

/// <summary>The cost of a step: its operators one after another.</summary>
/// <param name="Seconds">Time of all operators.</param>
/// <param name="Joules">Energy of one chip.</param>
/// <param name="CommunicationSeconds">Part of the time that is communication between chips.</param>
/// <param name="LowSeconds">Time that one of ten such steps is below: families of operators err independently of one another, operators of a family alike.</param>
/// <param name="HighSeconds">Time that one of ten such steps is above.</param>
public readonly record struct StepCost(double Seconds, double Joules, double CommunicationSeconds, double LowSeconds, double HighSeconds)
{
    /// <summary>Two steps one after the other; their errors are common, as the same kernels run in both.</summary>
    public static StepCost operator +(StepCost a, StepCost b) => a.Plus(b);

    /// <summary>Two steps one after the other; their errors are common, as the same kernels run in both.</summary>
    public StepCost Plus(StepCost next) => new(
        Seconds + next.Seconds, Joules + next.Joules, CommunicationSeconds + next.CommunicationSeconds, LowSeconds + next.LowSeconds, HighSeconds + next.HighSeconds);
}
