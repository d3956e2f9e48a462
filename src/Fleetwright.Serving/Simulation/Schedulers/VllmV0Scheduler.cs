namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// vLLM before V1: as long as a waiting prompt can be admitted, an iteration computes whole prompts only; otherwise all decodes go on.
/// A batch of prompts is padded to its longest. Source: Kwon et al., SOSP 2023; Vidur 7d47513.
/// </summary>
/// <param name="paddedTokens">Prompts of a batch times the longest of them at most.</param>
internal sealed class VllmV0Scheduler(int paddedTokens) : Scheduler
{
    public override int SpareBlocks => 1;

    public override bool CanEverHold(SchedulerLimits limits, int promptTokens, int outputTokens) =>
        promptTokens + outputTokens <= paddedTokens && base.CanEverHold(limits, promptTokens, outputTokens);

    public override void Form(ReplicaState state, long now)
    {
        SchedulerLimits limits = state.Limits;
        state.BeginBatch();
        int longest = 0;
        while (state.SwappedCount == 0 && state.HasNext && state.RunningCount < limits.MaximumSequences)
        {
            ref Sequence s = ref state[state.WaitingHead];
            int blocks = state.BlocksFor(s.Prompt);
            longest = Math.Max(longest, s.Prompt);
            if (state.FreeBlocks - blocks < limits.WatermarkBlocks || (long)longest * (state.ChunkCount + 1) > paddedTokens)
            {
                break;
            }

            state.AddChunk(state.Admit(blocks, s.Number), s.Prompt, now);
        }

        if (state.ChunkCount == 0 && !state.ReserveDecodes(SpareBlocks))
        {
            _ = state.Resume(int.MaxValue);
        }
    }
}
