namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What a replica did, as sums that do not depend on their order; its energy follows from them.</summary>
public record struct ReplicaWork
{
    /// <summary>Iterations.</summary>
    public long Iterations { get; set; }

    /// <summary>Runs of iterations: what the engine stepped through.</summary>
    public long Runs { get; set; }

    /// <summary>Ticks in which an iteration ran.</summary>
    public long BusyTicks { get; set; }

    /// <summary>Tokens computed, of prompts and answers, those computed again after an eviction included.</summary>
    public long Tokens { get; set; }

    /// <summary>Tokens of context that decoding sequences read, summed over iterations.</summary>
    public long ContextTokens { get; set; }

    /// <summary>Twice the pairs of a prompt token and a token that it attends to.</summary>
    public long DoublePairs { get; set; }

    /// <summary>Decoding sequences summed over iterations: tokens of answers after the first.</summary>
    public long Decoded { get; set; }

    /// <summary>Drafted tokens that were verified, accepted or not.</summary>
    public long Drafted { get; set; }

    /// <summary>Adds another replica's, or another part of the run.</summary>
    public void Add(in ReplicaWork other)
    {
        Iterations += other.Iterations;
        Runs += other.Runs;
        BusyTicks += other.BusyTicks;
        Tokens += other.Tokens;
        ContextTokens += other.ContextTokens;
        DoublePairs += other.DoublePairs;
        Decoded += other.Decoded;
        Drafted += other.Drafted;
    }
}
