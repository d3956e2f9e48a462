using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// Static batching (FasterTransformer): a batch is filled when the one before has wholly ended, and runs until its last sequence ends.
/// Blocks are held as by <see cref="OrcaScheduler"/>.
/// </summary>
internal sealed class StaticScheduler : Scheduler
{
    private readonly OrcaScheduler _reservation = new();
    private long _admitted;

    public override bool CanEverHold(SchedulerLimits limits, int promptTokens, int outputTokens) => _reservation.CanEverHold(limits, promptTokens, outputTokens);

    public override void Form(ReplicaState state, long now)
    {
        state.BeginBatch();
        _ = state.ReserveDecodes(SpareBlocks);
        if (state.RunningCount == 0)
        {
            OrcaScheduler.Admit(state, now, ref _admitted);
        }
    }

    /// <inheritdoc/>
    public override void Transfer(StateTransfer state) => _admitted = state.Of(_admitted);
}
