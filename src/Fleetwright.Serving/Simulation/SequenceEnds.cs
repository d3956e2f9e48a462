using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>What the end of a run of iterations means for the sequences of one scheduler: tokens, whole prompts, requests that end.</summary>
internal struct SequenceEnds(ICompletionSink sink)
{
    // Ticks for which prompts have held up the decoding sequences since their last token.
    private long _stalled;

    /// <summary>Ticks that a request takes beyond its iterations, before its first token.</summary>
    public long RequestOverhead { get; set; }

    /// <summary>Hears of every request that ends, when the source waits for answers.</summary>
    public IClosedLoop? Loop { get; set; }

    /// <summary>Takes the slots of sequences whose prompt is whole and whose further tokens another replica computes; null when this one does.</summary>
    public List<int>? Outbox { get; set; }

    /// <summary>Takes a request, or turns it away where the cache can never hold it.</summary>
    public readonly void Accept(Schedulers.Scheduler scheduler, ReplicaState state, in Request request)
    {
        if (scheduler.CanEverHold(state.Limits, request.PromptTokens, request.OutputTokens + state.LookaheadTokens))
        {
            state.Arrive(request);
        }
        else
        {
            sink.Rejected(request);
            Loop?.Ended(request.Id, request.Arrival, served: false);
        }
    }

    /// <summary>Ends a run.</summary>
    /// <param name="state">The sequences, with the batch that ran.</param>
    /// <param name="start">When it started, in ticks.</param>
    /// <param name="now">When it ended.</param>
    /// <param name="iterations">Its iterations.</param>
    /// <param name="work">Adds the tokens that were computed.</param>
    public void Finish(ReplicaState state, long start, long now, int iterations, ref ReplicaWork work)
    {
        Count(state, iterations, ref work);
        if (!state.Decodes)
        {
            _stalled += state.DecodeCount > 0 ? now - start : 0;
        }
        else
        {
            long between = iterations == 1 ? now - start : (now - start) / iterations;
            if (_stalled > 0)
            {
                // Prompts held the decoding sequences up: their next token follows that much later.
                sink.TokensFollowed(_stalled + between, state.DecodeCount);
                _stalled = 0;
                sink.TokensFollowed(between, (long)state.DecodeCount * (iterations - 1));
            }
            else
            {
                sink.TokensFollowed(between, (long)state.DecodeCount * iterations);
            }

            state.AdvanceDecodes(iterations);
            while (state.TryEnd(out int slot))
            {
                Complete(state, slot, now);
            }
        }

        for (int i = 0; i < state.ChunkCount; i++)
        {
            if (state.AdvanceChunk(i, out int slot))
            {
                ref Sequence s = ref state[slot];
                if (s.FirstToken < 0)
                {
                    s.FirstToken = now;
                }

                if (Outbox is not null && s.TotalTokens > s.Prompt + 1)
                {
                    state.Hold(slot);
                    Outbox.Add(slot);
                }
                else if (!state.FinishPrefill(slot))
                {
                    Complete(state, slot, now);
                }
            }
        }
    }

    private static void Count(ReplicaState state, int iterations, ref ReplicaWork work)
    {
        if (state.Decodes)
        {
            long decodes = state.DecodeCount, count = iterations;
            work.Tokens += decodes * count;
            work.Decoded += decodes * count;
            work.Drafted += decodes * count * (state.TokensOfDecode - 1);
            work.ContextTokens += state.ContextOver(count);
        }

        foreach (ref readonly Times.PromptChunk chunk in state.Chunks)
        {
            work.Tokens += chunk.Tokens;
            work.DoublePairs += chunk.Tokens * ((2L * chunk.Past) + chunk.Tokens);
        }
    }

    private readonly void Complete(ReplicaState state, int slot, long now)
    {
        ref Sequence s = ref state[slot];
        sink.Completed(new CompletedRequest(
            s.Id, s.Class, s.OriginalPrompt, s.TotalTokens - s.OriginalPrompt, s.Arrival - s.FrontEnd, s.Scheduled, s.FirstToken + RequestOverhead, now + RequestOverhead, s.Preemptions)
        { FrontEnd = s.FrontEnd });
        long id = s.Id;
        state.Release(slot);
        Loop?.Ended(id, now + RequestOverhead, served: true);
    }

    /// <summary>Writes or reads what it keeps between runs.</summary>
    public void Transfer(StateTransfer state) => _stalled = state.Of(_stalled);
}
