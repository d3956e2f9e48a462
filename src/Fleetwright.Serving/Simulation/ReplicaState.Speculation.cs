using Fleetwright.Serving.Simulation.Speculation;

namespace Fleetwright.Serving.Simulation;

// Decoding with drafts. The number of steps that a sequence takes is drawn when it starts to decode; its tokens come evenly over them, so that the sum of
// contexts stays a straight line in the number of decode iterations, now of a slope of its own. Rates and offsets are whole numbers of 2^-20 tokens: sums
// neither depend on their order nor drift. Blocks are counted for each sequence: a run of iterations costs a pass over the decoding sequences and no more.
internal sealed partial class ReplicaState
{
    private const int RateBits = 20;
    private long _rates;

    /// <summary>Draws the steps of sequences; null without speculation.</summary>
    public AcceptanceDraw? Speculation { get; init; }

    /// <summary>Tokens that decoding sequences take of an iteration's budget.</summary>
    public int DecodeTokens => DecodeCount * TokensOfDecode;

    /// <summary>Tokens that one of them takes.</summary>
    public int TokensOfDecode => 1 + (Speculation?.Speculation.DraftTokens ?? 0);

    /// <summary>Slots of the cache that a decoding sequence needs beyond its newest token's; none where whole sequences are reserved.</summary>
    public int LookaheadTokens => ReservesWhole ? 0 : Speculation?.Speculation.LookaheadTokens ?? 0;

    /// <summary>Sum of the contexts of the decoding sequences in the next iteration, with parts of tokens.</summary>
    public double EvenContext => (_offsets + (_rates * DecodeIterations)) * (1.0 / (1 << RateBits));

    /// <summary>Tokens that it grows by in an iteration.</summary>
    public double ContextGrowth => _rates * (1.0 / (1 << RateBits));

    /// <summary>Tokens of context that the decoding sequences read in the next iterations together.</summary>
    public long ContextOver(long iterations) => Speculation is null
        ? (iterations * DecodeContext) + (DecodeCount * (iterations * (iterations - 1) / 2))
        : (long)((iterations * EvenContext) + (ContextGrowth * iterations * (iterations - 1) / 2));

    // The context of a decoding sequence after so many iterations of all.
    private int ContextAt(in Sequence s, long iterations) =>
        Speculation is null ? (int)(s.Offset + iterations) : (int)((s.Offset + (s.Rate * iterations)) >> RateBits);

    // A sequence whose prompt is whole starts to decode: says in how many iterations it ends.
    private long StartSteps(ref Sequence s, int left)
    {
        if (Speculation is null)
        {
            s.Offset = s.Prompt + 1 - DecodeIterations;
            return left;
        }

        int steps = Speculation.Steps(s.Id, s.Preemptions, left);
        s.Rate = (int)(((long)left << RateBits) / steps);
        s.Offset = ((s.Prompt + 1L) << RateBits) - (s.Rate * DecodeIterations);
        return steps;
    }

    private int LackedBlocks(in Sequence s, long iterations) => Math.Max(0, BlocksFor(ContextAt(s, iterations) + (long)LookaheadTokens) - s.Blocks);

    private long LackedBlocks(long iterations)
    {
        long lacked = 0;
        for (int i = 0; i < DecodeCount; i++)
        {
            lacked += LackedBlocks(_slots[(int)(_heap[i] & 0xFFFFFF)], iterations);
        }

        return lacked;
    }

    // Gives every decoding sequence the blocks that it has come to need by then.
    private void TakeLacked(long iterations)
    {
        for (int i = 0; i < DecodeCount; i++)
        {
            int slot = (int)(_heap[i] & 0xFFFFFF);
            TakeBlocks(slot, LackedBlocks(_slots[slot], iterations));
        }
    }

    private bool ReserveSteps(int spare)
    {
        if (FreeBlocks - LackedBlocks(DecodeIterations) < spare)
        {
            return ReserveInTurn(spare);
        }

        TakeLacked(DecodeIterations);
        return false;
    }

    private int SafeSteps(int most, int spare)
    {
        long room = FreeBlocks - spare;
        if ((2L * DecodeCount) + (long)(ContextGrowth * most / _blockTokens) <= room || LackedBlocks(DecodeIterations + most - 1) <= room)
        {
            return most;
        }

        // What is lacked only grows: the last iteration in which it is there.
        int low = 1, high = most;
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = LackedBlocks(DecodeIterations + middle - 1) <= room ? (middle, high) : (low, middle);
        }

        return low;
    }
}
