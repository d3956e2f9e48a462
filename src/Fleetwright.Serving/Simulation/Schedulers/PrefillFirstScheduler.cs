using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// Prompts before decodes, in chunks: as long as a prompt is not whole or can be admitted, an iteration computes prompts up to the token budget
/// and the decoding sequences stand still (SGLang without mixed chunks). The blocks of a whole prompt are taken when it is admitted.
/// </summary>
internal sealed class PrefillFirstScheduler : Scheduler
{
    private long _admitted;

    public override long OrderOf(in Sequence sequence) => ++_admitted;

    public override void Form(ReplicaState state, long now)
    {
        SchedulerLimits limits = state.Limits;
        state.BeginBatch();
        int tokens = 0;
        foreach (int slot in state.Prefilling)
        {
            int chunk = Math.Min(state[slot].Prompt - state[slot].Computed, limits.TokenBudget - tokens);
            if (chunk <= 0)
            {
                break;
            }

            state.AddChunk(slot, chunk, now);
            tokens += chunk;
        }

        while (tokens < limits.TokenBudget && state.TryLoaded(now, _admitted + 1, out int slot))
        {
            _admitted++;
            int chunk = Math.Min(state[slot].Prompt - state[slot].Computed, limits.TokenBudget - tokens);
            state.AddChunk(slot, chunk, now);
            tokens += chunk;
        }

        while (state.SwappedCount == 0 && state.HasNext && state.Places < limits.MaximumSequences && tokens < limits.TokenBudget)
        {
            ref Sequence s = ref state[state.WaitingHead];
            FoundPrefix found = state.FindPrefix();
            int blocks = state.BlocksFor(s.Prompt);
            if (state.FreeBlocks - blocks + found.HeldBlocks < limits.WatermarkBlocks)
            {
                break;
            }

            if (state.TryLoad(found, now))
            {
                continue;
            }

            int chunk = Math.Min(s.Prompt - found.Tokens, limits.TokenBudget - tokens);
            state.AddChunk(state.Admit(blocks - found.Blocks, ++_admitted, found), chunk, now);
            tokens += chunk;
        }

        if (state.ChunkCount == 0 && !state.ReserveDecodes(SpareBlocks))
        {
            _ = state.Resume(int.MaxValue);
        }
    }

    /// <inheritdoc/>
    public override void Transfer(StateTransfer state) => _admitted = state.Of(_admitted);
}
