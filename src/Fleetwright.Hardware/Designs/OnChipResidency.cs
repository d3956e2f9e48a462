using Fleetwright.Catalog.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Designs;

/// <summary>Keeps the weights of a step that runs over and over in a software-managed shared memory, as far as the activations leave room.</summary>
public static class OnChipResidency
{
    /// <summary>
    /// Moves weight bytes of matrix products from off-chip to on-chip traffic: all of them when they fit beside the largest operator's activations, else the share that does
    /// (software pins what it can; a cache that streams more than it holds would keep nothing). Embedding tables and caches stay off chip.
    /// </summary>
    /// <param name="chip">The chip; nothing changes when its shared memory is not software's.</param>
    /// <param name="step">The operators of one step, changed in place.</param>
    /// <returns>The share of the weights that is kept on chip.</returns>
    public static double Apply(Chip chip, Span<Operator> step)
    {
        if (!chip.SharedMemoryHoldsActivations || chip.SharedMemory is not { } room)
        {
            return 0;
        }

        double weights = 0, activations = 0;
        foreach (ref readonly Operator op in step)
        {
            if (op.Kind is OperatorKind.Gemm or OperatorKind.GroupedGemm)
            {
                weights += op.WeightBytes * op.Count;
            }

            activations = Math.Max(activations, op.ActivationBytes);
        }

        double left = room - activations;
        if (weights <= 0 || left <= 0)
        {
            return 0;
        }

        double share = Math.Min(1, left / weights);
        foreach (ref Operator op in step)
        {
            if (op.Kind is OperatorKind.Gemm or OperatorKind.GroupedGemm)
            {
                double kept = op.WeightBytes * share;
                op = op with { WeightBytes = op.WeightBytes - kept, ActivationBytes = op.ActivationBytes + kept };
            }
        }

        return share;
    }
}
