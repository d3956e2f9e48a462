namespace Fleetwright.Serving.Simulation;

/// <summary>What a scheduler may fill.</summary>
public sealed record SchedulerLimits
{
    /// <summary>New tokens of an iteration at most; decodes count one each.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>Sequences with a place in the cache at most.</summary>
    public required int MaximumSequences { get; init; }

    /// <summary>Blocks of the cache.</summary>
    public required long Blocks { get; init; }

    /// <summary>Tokens of a block.</summary>
    public int BlockTokens { get; init; } = 16;

    /// <summary>Blocks that stay free when a new sequence is admitted.</summary>
    public long WatermarkBlocks { get; init; }

    /// <summary>Tokens of a sequence at most, prompt and answer; schedulers that reserve whole sequences reserve this much.</summary>
    public int MaximumContext { get; init; } = int.MaxValue;
}
