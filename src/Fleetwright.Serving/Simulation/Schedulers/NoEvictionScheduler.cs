using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Schedulers;

/// <summary>
/// TensorRT-LLM: decodes first, then prompts in chunks up to the token budget, in the order of arrival. A request starts only when the cache could
/// take all that have started to their ends (GUARANTEED_NO_EVICT), so that none is ever evicted: it holds the blocks of its prompt and its whole
/// answer from its start. Source: TensorRT-LLM, <c>capacityScheduler.cpp</c>, <c>GuaranteedNoEvictScheduler</c>.
/// </summary>
internal sealed class NoEvictionScheduler : Scheduler
{
    private long _admitted;

    public override long OrderOf(in Sequence sequence) => ++_admitted;

    public override void Transfer(StateTransfer state) => _admitted = state.Of(_admitted);

    public override bool CanEverHold(SchedulerLimits limits, int promptTokens, int outputTokens) =>
        (promptTokens + (long)outputTokens + limits.BlockTokens - 1) / limits.BlockTokens <= limits.Blocks;

    public override void Form(ReplicaState state, long now)
    {
        SchedulerLimits limits = state.Limits;
        state.BeginBatch();
        _ = state.ReserveDecodes(SpareBlocks);
        int tokens = state.DecodeTokens;
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

        while (state.HasNext && state.RunningCount < limits.MaximumSequences && tokens < limits.TokenBudget)
        {
            ref Sequence s = ref state[state.WaitingHead];
            FoundPrefix found = state.FindPrefix();
            int blocks = state.BlocksFor(s.TotalTokens);
            if (state.FreeBlocks - blocks + found.HeldBlocks < 0)
            {
                break;
            }

            int chunk = Math.Min(s.Prompt - found.Tokens, limits.TokenBudget - tokens);
            state.AddChunk(state.Admit(blocks - found.Blocks, ++_admitted, found), chunk, now);
            tokens += chunk;
        }
    }
}
