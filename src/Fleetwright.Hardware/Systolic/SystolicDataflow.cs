namespace Fleetwright.Hardware.Systolic;

/// <summary>Which operand of C[m,n] = A[m,k]·B[k,n] stays in the cells of a systolic array while the others stream through.</summary>
public enum SystolicDataflow
{
    /// <summary>A block of B (the weights) stays; rows of A stream through, partial sums leave at the bottom.</summary>
    WeightStationary,

    /// <summary>A block of C (the sums) stays; A streams from the left and B from the top.</summary>
    OutputStationary,

    /// <summary>A block of A (the inputs) stays; columns of B stream through.</summary>
    InputStationary,
}
