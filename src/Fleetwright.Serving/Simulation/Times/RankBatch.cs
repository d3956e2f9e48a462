namespace Fleetwright.Serving.Simulation.Times;

/// <summary>What one rank of data-parallel attention computes in an iteration, as sums; all zero when it has nothing to do.</summary>
internal readonly record struct RankBatch
{
    /// <summary>Sequences that get one token each.</summary>
    public int Decodes { get; init; }

    /// <summary>Sum of their contexts: tokens in the cache, the newest included.</summary>
    public long ContextTokens { get; init; }

    /// <summary>The longest of them.</summary>
    public long LongestContext { get; init; }

    /// <summary>Prompts, whole or in part.</summary>
    public int Chunks { get; init; }

    /// <summary>Prompt tokens that are computed.</summary>
    public int ChunkTokens { get; init; }

    /// <summary>Tokens of those prompts that are in the cache already.</summary>
    public long PastTokens { get; init; }

    /// <summary>Twice the pairs of a prompt token and a token that it attends to.</summary>
    public double DoublePairs { get; init; }

    /// <summary>Tokens that are computed.</summary>
    public int Tokens => Decodes + ChunkTokens;

    /// <summary>Sequences that get a token at the end of the iteration, those whose prompts are not whole counted too.</summary>
    public int Sequences => Decodes + Chunks;

    /// <summary>The batch of a scheduler.</summary>
    public static RankBatch Of(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks)
    {
        int tokens = 0;
        long past = 0;
        double doublePairs = 0;
        foreach (ref readonly PromptChunk chunk in chunks)
        {
            tokens += chunk.Tokens;
            past += chunk.Past;
            doublePairs += chunk.Tokens * ((2.0 * chunk.Past) + chunk.Tokens);
        }

        return new RankBatch
        {
            Decodes = decodes,
            ContextTokens = contextTokens,
            LongestContext = longestContext,
            Chunks = chunks.Length,
            ChunkTokens = tokens,
            PastTokens = past,
            DoublePairs = doublePairs,
        };
    }
}
