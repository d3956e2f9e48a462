namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// Iterations whose time is a sum: t = fixed + token·(decodes + Σc) + decode·n + context·S + longest·L + pair·Σ c·(past + c/2), with S the sum of the contexts,
/// L the longest of them and c the tokens of each chunk. The plainest model of a replica; closed forms can be checked on it.
/// </summary>
public readonly record struct AffineTimes : IIterationTimes
{
    /// <summary>Seconds of any iteration.</summary>
    public double Fixed { get; init; }

    /// <summary>Seconds for each token that is computed.</summary>
    public double PerToken { get; init; }

    /// <summary>Further seconds for each sequence that decodes.</summary>
    public double PerDecode { get; init; }

    /// <summary>Seconds for each token of context that a decoding sequence reads.</summary>
    public double PerContextToken { get; init; }

    /// <summary>Seconds for each token of the longest context.</summary>
    public double PerLongestToken { get; init; }

    /// <summary>Seconds for each pair of a prompt token and a token that it attends to.</summary>
    public double PerPair { get; init; }

    /// <inheritdoc/>
    public double Iteration(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks)
    {
        long tokens = decodes;
        double pairs = 0;
        foreach (PromptChunk chunk in chunks)
        {
            tokens += chunk.Tokens;
            pairs += chunk.Tokens * (chunk.Past + (chunk.Tokens / 2.0));
        }

        return Fixed + (PerToken * tokens) + (PerDecode * decodes) + (PerContextToken * contextTokens) + (PerLongestToken * longestContext) + (PerPair * pairs);
    }

    /// <inheritdoc/>
    public int Decode(int decodes, long contextTokens, long longestContext, int iterations, double untilSeconds, out double seconds)
    {
        double first = Fixed + ((PerToken + PerDecode) * decodes) + (PerContextToken * contextTokens) + (PerLongestToken * longestContext);
        return ArithmeticRun.Take(first, (PerContextToken * decodes) + PerLongestToken, iterations, untilSeconds, out seconds);
    }
}
