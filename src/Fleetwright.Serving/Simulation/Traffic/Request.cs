namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>One request as it arrives.</summary>
/// <param name="Id">Its number in the stream.</param>
/// <param name="Arrival">When it arrives, in ticks.</param>
/// <param name="PromptTokens">Tokens of the prompt, at least one.</param>
/// <param name="OutputTokens">Tokens of the answer, the first included, at least one.</param>
/// <param name="Class">The class that it is counted in, from 0.</param>
public readonly record struct Request(long Id, long Arrival, int PromptTokens, int OutputTokens, int Class = 0)
{
    /// <summary>The conversation that it continues; 0 when it stands alone. Prompts of one conversation begin alike: each with all of the one before and its answer.</summary>
    public long Session { get; init; }

    /// <summary>Ticks before <see cref="Arrival"/> that the server's front end had it; 0 where there is none.</summary>
    public long FrontEnd { get; init; }

    /// <summary>What its prompt begins with, one hash for each block of <see cref="IRequestSource.HashTokens"/> tokens; null when the trace does not say.</summary>
    public long[]? PrefixHashes { get; init; }
}
