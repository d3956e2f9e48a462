using Fleetwright.Models;

namespace Fleetwright.Serving.Simulation.Times;

// The parts of an iteration in which every decoding sequence has several tokens.
internal sealed partial class ReplicaTable
{
    /// <summary>Seconds of an iteration of so many tokens but for decode attention, prompts included: <paramref name="each"/> tokens of every decoding sequence, logits of all of them.</summary>
    internal double Around(in RankBatch batch, int each)
    {
        int tokens = (batch.Decodes * each) + batch.ChunkTokens;
        double seconds = Shared(tokens) + Experts(tokens) + Head((batch.Decodes * each) + batch.Chunks);
        seconds += batch.Decodes > 0 ? DecodeRest(batch.Decodes) : 0;
        return batch.ChunkTokens == 0 ? seconds
            : seconds + PromptAttention(batch.ChunkTokens, batch.DoublePairs / batch.ChunkTokens) + Expansion(batch.ChunkTokens + (_expandsCache ? (double)batch.PastTokens : 0));
    }

    /// <summary>Seconds of attention over the caches of decoding sequences that each have <paramref name="each"/> tokens; the context counts the first of them.</summary>
    internal double AttentionOf(int sequences, int each, long context) =>
        Price(StepShape.Decode(sequences, Math.Max(0, context - 1)) with { DraftTokens = each - 1 }, Part.DecodeAttention);

    /// <summary>Seconds that the host adds to a step.</summary>
    internal double HostOf(int sequences) => Host(sequences);

    /// <summary>The grid on which attention is linear in the mean context.</summary>
    internal static LogGrid ContextGrid => Contexts;
}
