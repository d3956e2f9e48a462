using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Simulation.Resuming;

/// <summary>The state of a whole run: its parts in a fixed order, after marks of the deployment that they belong to.</summary>
internal sealed class RunState(ReplicaTable table, SchedulerLimits limits, IReadOnlyList<IState> parts) : IState
{
    /// <summary>Says whether the run can be kept, before it begins.</summary>
    /// <param name="closed">Whether one source waits for the answers of all replicas.</param>
    /// <exception cref="InputException">It cannot.</exception>
    public void Check(bool closed)
    {
        try
        {
            if (closed)
            {
                throw new NotSupportedException("a run whose requests follow from the answers of several replicas cannot be taken up again");
            }

            Transfer(StateTransfer.To(Stream.Null));
        }
        catch (NotSupportedException e)
        {
            throw new InputException("--checkpoint", e.Message);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">It is of another deployment, or damaged.</exception>
    public void Transfer(StateTransfer state)
    {
        try
        {
            // What batches may hold and a few prices: where the catalogue or the program has changed, so has one of them.
            double[] marks =
            [
                limits.Blocks, limits.BlockTokens, limits.MaximumSequences, limits.TokenBudget, limits.MaximumContext, limits.WatermarkBlocks,
                table.Iteration(1, 1000, []), table.Iteration(Math.Min(16, limits.MaximumSequences), 16_000, [new PromptChunk(100, 0)]), table.Iteration(0, 0, [new PromptChunk(Math.Min(1000, limits.TokenBudget), 500)]),
            ];
            double[] written = [.. marks];
            state.All(written.AsSpan());
            if (!written.AsSpan().SequenceEqual(marks))
            {
                throw new InputException("--resume", "found a state of a deployment with other limits or prices; allowed: one of the same, from the same program and catalogue");
            }

            foreach (IState part in parts)
            {
                part.Transfer(state);
            }

            // A mark at the end: parts that have become longer or shorter are told from a whole file.
            if (state.Of(End) != End)
            {
                throw new InvalidDataException("its parts do not fit together");
            }
        }
        catch (Exception e) when (state.Loads && e is InvalidDataException or IOException or ArgumentException or IndexOutOfRangeException or OutOfMemoryException)
        {
            throw new InputException("--resume", $"the file is damaged or from another version of the program: {e.Message}");
        }
    }

    private const long End = 0x656E64206F662072;
}
