using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// vLLM V1: one token budget for everything. Running sequences come first in the order in which they were admitted and take blocks for
/// what they compute, evicting from the tail; then, unless one was evicted, waiting prompts in chunks. A prompt is admitted when all of it
/// would fit, but takes blocks only for what is computed (<c>scheduler_reserve_full_isl</c>). Source: vLLM 0.19, <c>v1/core/sched</c>.
/// </summary>
internal sealed class VllmV1Scheduler : Scheduler
{
    private long _admitted;

    public override long OrderOf(in Sequence sequence) => ++_admitted;

    public override void Form(ReplicaState state, long now)
    {
        SchedulerLimits limits = state.Limits;
        state.BeginBatch();
        bool evicted = state.ReserveDecodes(SpareBlocks);
        int tokens = state.DecodeTokens;
        for (int i = 0; i < state.PrefillCount; i++)
        {
            int slot = state.Prefilling[i];
            int chunk = Math.Min(state[slot].Prompt - state[slot].Computed, limits.TokenBudget - tokens);
            if (chunk <= 0)
            {
                break;
            }

            int more = Math.Max(0, state.BlocksFor(state[slot].Computed + chunk) - state[slot].Blocks);
            bool stays = true;
            while (stays && state.FreeBlocks < more)
            {
                int victim = state.LastRunning(out bool decoding);
                stays = victim != slot;
                state.Evict(victim, decoding);
                tokens -= decoding ? state.TokensOfDecode : 0;
                evicted = true;
            }

            if (!stays)
            {
                break;
            }

            state.TakeBlocks(slot, more);
            state.AddChunk(slot, chunk, now);
            tokens += chunk;
        }

        if (!evicted)
        {
            tokens += state.Resume(limits.TokenBudget - tokens);
            while (tokens < limits.TokenBudget && state.TryLoaded(now, _admitted + 1, out int slot))
            {
                _admitted++;
                int chunk = Math.Min(state[slot].Prompt - state[slot].Computed, limits.TokenBudget - tokens);
                state.AddChunk(slot, chunk, now);
                tokens += chunk;
            }
        }

        while (!evicted && state.SwappedCount == 0 && state.HasNext && state.Places < limits.MaximumSequences && tokens < limits.TokenBudget)
        {
            ref Sequence s = ref state[state.WaitingHead];
            FoundPrefix found = state.FindPrefix();
            if (state.FreeBlocks - state.BlocksFor(s.Prompt) + found.HeldBlocks < limits.WatermarkBlocks)
            {
                break;
            }

            if (state.TryLoad(found, now))
            {
                continue;
            }

            int chunk = Math.Min(s.Prompt - found.Tokens, limits.TokenBudget - tokens);
            state.AddChunk(state.Admit(state.BlocksFor(found.Tokens + chunk) - found.Blocks, ++_admitted, found), chunk, now);
            tokens += chunk;
        }
    }

    /// <inheritdoc/>
    public override void Transfer(StateTransfer state) => _admitted = state.Of(_admitted);
}
