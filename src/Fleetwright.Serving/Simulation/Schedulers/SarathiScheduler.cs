namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// Sarathi-Serve as Vidur has it: all decodes go on, prompts fill the rest of the token budget in chunks, in the order of arrival.
/// The blocks of a whole prompt are taken when it is admitted. Source: Agrawal et al., OSDI 2024; Vidur 7d47513.
/// </summary>
internal sealed class SarathiScheduler : Scheduler
{
    public override int SpareBlocks => 1;

    public override void Form(ReplicaState state, long now)
    {
        SchedulerLimits limits = state.Limits;
        state.BeginBatch();
        if (!state.ReserveDecodes(SpareBlocks))
        {
            _ = state.Resume(limits.TokenBudget - state.DecodeTokens);
        }

        int tokens = state.DecodeTokens, batch = state.DecodeCount;
        foreach (int slot in state.Prefilling)
        {
            ref Sequence s = ref state[slot];
            int chunk = Math.Min(s.Prompt - s.Computed, limits.TokenBudget - tokens);
            if (chunk > 0)
            {
                state.AddChunk(slot, chunk, now);
                tokens += chunk;
                batch++;
            }
        }

        while (tokens < limits.TokenBudget && batch < limits.MaximumSequences && state.TryLoaded(now, null, out int slot))
        {
            int chunk = Math.Min(state[slot].Prompt - state[slot].Computed, limits.TokenBudget - tokens);
            state.AddChunk(slot, chunk, now);
            tokens += chunk;
            batch++;
        }

        while (state.SwappedCount == 0 && state.HasNext && state.Places < limits.MaximumSequences && batch < limits.MaximumSequences)
        {
            ref Sequence s = ref state[state.WaitingHead];
            FoundPrefix found = state.FindPrefix();
            int blocks = state.BlocksFor(s.Prompt);
            int chunk = Math.Min(s.Prompt - found.Tokens, limits.TokenBudget - tokens);
            if (state.FreeBlocks - blocks + found.HeldBlocks < limits.WatermarkBlocks || chunk <= 0)
            {
                break;
            }

            if (state.TryLoad(found, now))
            {
                continue;
            }

            state.AddChunk(state.Admit(blocks - found.Blocks, s.Number, found), chunk, now);
            tokens += chunk;
            batch++;
        }
    }
}
