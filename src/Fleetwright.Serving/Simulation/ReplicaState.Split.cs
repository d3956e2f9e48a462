namespace Fleetwright.Serving.Simulation;

/// <content>What a replica of a split fleet does besides: holding the cache of a prompt until it is sent, and taking one that was computed elsewhere.</content>
internal sealed partial class ReplicaState
{
    /// <summary>Sequences whose prompt is whole and whose blocks are held until their cache has been sent.</summary>
    public int HeldCount { get; private set; }

    /// <summary>Sequences computed elsewhere that have no blocks here yet; kept by the <see cref="Fleets.KvIntake"/>.</summary>
    public int IncomingCount { get; set; }

    /// <summary>Sequences whose blocks are reserved and whose cache is on its way, or has come since the last batch was formed.</summary>
    public int ReservedCount { get; private set; }

    /// <summary>Takes a sequence whose prompt is whole from the running ones; its blocks stay taken.</summary>
    public void Hold(int slot)
    {
        RemovePrefill(slot);
        HeldCount++;
    }

    /// <summary>The cache of a held sequence has been sent: its blocks and its record are free.</summary>
    public void ReleaseHeld(int slot)
    {
        HeldCount--;
        Give(slot, _slots[slot].Blocks, _slots[slot].Computed);
        Release(slot);
    }

    /// <summary>A sequence arrives whose prompt another replica has computed; it has no blocks yet.</summary>
    /// <param name="sent">What the other replica knows of it.</param>
    public int ArriveComputed(in Sequence sent)
    {
        int slot = Take();
        _slots[slot] = sent with { Number = _arrivals++, Order = 0, Blocks = 0, Whole = 0, Units = 0 };
        return slot;
    }

    /// <summary>Whether there are a place and the blocks for a prompt that was computed elsewhere.</summary>
    public bool HasRoom(int slot) =>
        RunningCount + ReservedCount < Limits.MaximumSequences && FreeBlocks - EnteringBlocks(_slots[slot]) >= Limits.WatermarkBlocks;

    /// <summary>Takes the blocks of a prompt that was computed elsewhere.</summary>
    public void Reserve(int slot, long order)
    {
        ref Sequence s = ref _slots[slot];
        s.Blocks = EnteringBlocks(s);
        s.Order = order;
        Take(s.Blocks);
        ReservedCount++;
    }

    /// <summary>Lets a sequence decode whose cache has come.</summary>
    public void JoinDecodes(int slot)
    {
        ReservedCount--;
        BeginDecode(slot);
    }

    // Of a prompt that comes whole, and of its answer where that is reserved too.
    private int EnteringBlocks(in Sequence s) => BlocksFor(ReservesWhole ? s.TotalTokens : s.Prompt);

    private void BeginDecode(int slot)
    {
        ref Sequence s = ref _slots[slot];
        AddDecode(slot, DecodeIterations + StartSteps(ref s, s.TotalTokens - s.Prompt - 1));
    }
}
