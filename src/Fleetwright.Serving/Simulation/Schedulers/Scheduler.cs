using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// How an engine fills an iteration. A scheduler reads the state of its replica and says which prompts are computed and whether the
/// decoding sequences go on; the engine does the rest. While a batch only decodes and the queue is empty or its head cannot be admitted,
/// nothing that a scheduler looks at gets better until a sequence ends or a request arrives: that is what lets the engine leap.
/// </summary>
internal abstract class Scheduler
{
    /// <summary>Blocks that must be free at a decoding sequence's turn, even if it needs none.</summary>
    public virtual int SpareBlocks => 0;

    /// <summary>Writes or reads what it keeps from one batch to the next.</summary>
    public virtual void Transfer(StateTransfer state)
    {
    }

    /// <summary>Forms the next batch.</summary>
    /// <param name="state">The replica, with everything that has arrived.</param>
    /// <param name="now">When the iteration starts, in ticks.</param>
    public abstract void Form(ReplicaState state, long now);

    /// <summary>Where a sequence stands among the running whose cache comes from elsewhere, so that it is not admitted here: see <see cref="Sequence.Order"/>.</summary>
    public virtual long OrderOf(in Sequence sequence) => sequence.Number;

    /// <summary>Whether the cache can hold a request at all.</summary>
    public virtual bool CanEverHold(SchedulerLimits limits, int promptTokens, int outputTokens)
    {
        long blocks = (promptTokens + (long)outputTokens + limits.BlockTokens - 2) / limits.BlockTokens;
        return blocks + SpareBlocks <= limits.Blocks && ((promptTokens + limits.BlockTokens - 1) / limits.BlockTokens) + limits.WatermarkBlocks <= limits.Blocks;
    }
}
