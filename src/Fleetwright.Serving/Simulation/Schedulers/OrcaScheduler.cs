using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// Orca: all running sequences go on in every iteration, whole prompts join them, and each sequence holds the blocks of the longest context
/// from its start. Source: Yu et al., OSDI 2022.
/// </summary>
internal sealed class OrcaScheduler : Scheduler
{
    private long _admitted;

    public override bool CanEverHold(SchedulerLimits limits, int promptTokens, int outputTokens) =>
        promptTokens + (long)outputTokens <= limits.MaximumContext && WholeSequence(limits) <= limits.Blocks;

    public override void Form(ReplicaState state, long now)
    {
        state.BeginBatch();
        _ = state.ReserveDecodes(SpareBlocks);
        Admit(state, now, ref _admitted);
    }

    internal static void Admit(ReplicaState state, long now, ref long admitted)
    {
        int blocks = WholeSequence(state.Limits);
        while (state.HasNext && state.RunningCount < state.Limits.MaximumSequences && state.FreeBlocks >= blocks)
        {
            int slot = state.Admit(blocks, ++admitted);
            state.AddChunk(slot, state[slot].Prompt, now);
        }
    }

    private static int WholeSequence(SchedulerLimits limits) => (limits.MaximumContext + limits.BlockTokens - 1) / limits.BlockTokens;

    /// <inheritdoc/>
    public override void Transfer(StateTransfer state) => _admitted = state.Of(_admitted);
}
