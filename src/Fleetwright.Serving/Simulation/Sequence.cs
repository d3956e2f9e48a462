namespace Fleetwright.Serving.Simulation;

/// <summary>
/// A request on a replica. One record of two cache lines and not an array a field: an event touches most fields of one sequence
/// and none of its neighbours'.
/// </summary>
internal struct Sequence
{
    public long Id;
    public long Arrival;

    /// <summary>Ticks before its arrival in the front end.</summary>
    public long FrontEnd;
    public long Scheduled;
    public long FirstToken;

    /// <summary>Its place in the order of arrival.</summary>
    public long Number;

    /// <summary>Where it stands among the running: the scheduler evicts the highest first.</summary>
    public long Order;

    /// <summary>Decoding: its context in the iteration with decode number d is d + Offset.</summary>
    public long Offset;

    /// <summary>Decoding with drafts: tokens that it gains in an iteration, in 2^-20 of one, and its offset is then in the same unit.</summary>
    public int Rate;

    /// <summary>Tokens to compute before it decodes: the prompt, or all tokens so far after an eviction.</summary>
    public int Prompt;

    /// <summary>Prompt and answer.</summary>
    public int TotalTokens;

    /// <summary>Prefilling: tokens computed.</summary>
    public int Computed;

    /// <summary>Prefilling: blocks held.</summary>
    public int Blocks;

    /// <summary>Evicted: whole blocks that it had computed.</summary>
    public int Whole;

    /// <summary>Swapped out: blocks that the host holds.</summary>
    public int SwappedBlocks;

    /// <summary>Units of its prefix that it holds in the prefix cache.</summary>
    public int Units;
    public int OriginalPrompt;
    public int Preemptions;
    public int Class;

    /// <summary>The adapter that it uses; 0 for the base model.</summary>
    public int Adapter;
}
