namespace Fleetwright.Serving.Simulation;

/// <summary>What a replica finds again of what it has computed before.</summary>
internal enum CacheReuse
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An evicted sequence finds those of its blocks that were not given out since: a prefix cache where no two prompts begin alike, at no cost a block.</summary>
    Evicted,

    /// <summary>Any sequence finds what another with the same beginning has left.</summary>
    Prefixes,
}

/// <summary>What the cache has of a sequence that is about to be admitted.</summary>
/// <param name="Tokens">Tokens that need not be computed.</param>
/// <param name="Blocks">Their blocks.</param>
/// <param name="HeldBlocks">Those of the blocks that running sequences hold, so that sharing them takes nothing.</param>
internal readonly record struct FoundPrefix(int Tokens, int Blocks, int HeldBlocks);
