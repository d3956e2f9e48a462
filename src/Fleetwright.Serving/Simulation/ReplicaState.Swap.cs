using Fleetwright.Serving.Simulation.Offload;

namespace Fleetwright.Serving.Simulation;

/// <content>
/// Eviction by swapping, as vLLM had it before V1: the blocks of a decoding sequence are copied to the host before the iteration runs and back before the sequence
/// decodes on; the copies block the iteration. While any is swapped out, no waiting request is admitted (<c>_schedule_default</c>). A prompt that is not whole is computed
/// again, as V0 never had one to swap.
/// </content>
internal sealed partial class ReplicaState
{
    // By order: the first admitted comes back first.
    private int[] _swapped = [];
    private long _swapRoom;

    /// <summary>What may be kept outside the chips; null for nothing.</summary>
    public OffloadLimits? Offload
    {
        get;
        init
        {
            field = value;
            _swapRoom = value?.SwapBlocks ?? 0;
            _swapped = new int[_swapRoom > 0 ? 16 : 0];
            if (_prefixes is not null && value is not null && Math.Max(value.HostBlocks, value.DiskBlocks) >= _prefixes.UnitBlocks)
            {
                _tiers = new OffloadTiers(value.HostBlocks / _prefixes.UnitBlocks, value.DiskBlocks / _prefixes.UnitBlocks);
                _loading = new Load[16];
            }
        }
    }

    /// <summary>Counts what is found and moved; replicas that never run at once may share it.</summary>
    public CacheTraffic? Traffic { get; init; }

    /// <summary>Sequences that were swapped out.</summary>
    public int SwappedCount { get; private set; }

    /// <summary>Whether swapped sequences come back in the batch that is being formed.</summary>
    public bool Resumed { get; private set; }

    /// <summary>Blocks that are copied between chips and host before the batch that is being formed can run.</summary>
    public long CopiedBlocks { get; private set; }

    /// <summary>Seconds for which these copies hold the batch up.</summary>
    public double SwapSeconds => CopiedBlocks == 0 ? 0 : CopiedBlocks * Offload!.HostSeconds;

    /// <summary>Blocks of swap space that are taken.</summary>
    public long SwapBlocksTaken => (Offload?.SwapBlocks ?? 0) - _swapRoom;

    /// <summary>
    /// Brings swapped sequences back, the first in order first, to decode in this iteration: each when there is room for its blocks, one more and the watermark, or when
    /// nothing else holds any (<c>can_swap_in</c>).
    /// </summary>
    /// <param name="most">How many at most.</param>
    /// <returns>How many came back.</returns>
    public int Resume(int most)
    {
        int resumed = 0;
        for (; resumed < SwappedCount && resumed < most && Places < Limits.MaximumSequences; resumed++)
        {
            int slot = _swapped[resumed];
            ref Sequence s = ref _slots[slot];
            int context = s.Computed + 1, units = 0, held = 0;
            if (_prefixes is not null)
            {
                units = _prefixes.Match(_prefixKeys[slot], s.Computed / _unitTokens, out held);
            }

            int unitBlocks = _prefixes?.UnitBlocks ?? 0, found = units * unitBlocks;
            long needed = Places == 0 ? BlocksFor(context) : s.SwappedBlocks + 1 + Limits.WatermarkBlocks;
            if (FreeBlocks - needed + (held * unitBlocks) < 0)
            {
                break;
            }

            FreeBlocks -= found - (held * unitBlocks);
            _prefixes?.Hold(_prefixKeys[slot], units);
            s.Units = units;
            Take(BlocksFor(context) - found);
            CopiedBlocks += s.SwappedBlocks - found;
            _swapRoom += s.SwappedBlocks;
            s.Offset = context - DecodeIterations;
            AddDecode(slot, DecodeIterations + s.TotalTokens - context);
            if (Traffic is not null)
            {
                Traffic.SwapsIn++;
                Traffic.SwapBlocksIn += s.SwappedBlocks - found;
            }
        }

        SwappedCount -= resumed;
        Array.Copy(_swapped, resumed, _swapped, 0, SwappedCount);
        Resumed = resumed > 0;
        Decodes |= Resumed;
        return resumed;
    }

    // Copies a decoding sequence to the host, if there is room.
    private bool SwapOut(int slot)
    {
        if (Offload is null || Offload.SwapBlocks == 0)
        {
            return false;
        }

        ref Sequence s = ref _slots[slot];
        int computed = (int)(s.Offset + DecodeIterations) - 1, blocks = BlocksFor(computed);
        if (blocks > _swapRoom)
        {
            Traffic?.SwapsDenied += 1;
            return false;
        }

        _swapRoom -= blocks;
        CopiedBlocks += blocks;
        Give(slot, blocks, computed);
        RemoveDecode(IndexOfDecode(slot));
        (s.Computed, s.SwappedBlocks) = (computed, blocks);
        s.Preemptions++;
        Preemptions++;
        if (Traffic is not null)
        {
            Traffic.SwapsOut++;
            Traffic.SwapBlocksOut += blocks;
        }

        if (SwappedCount == _swapped.Length)
        {
            Array.Resize(ref _swapped, SwappedCount * 2);
        }

        int at = SwappedCount++;
        for (; at > 0 && _slots[_swapped[at - 1]].Order > s.Order; at--)
        {
            _swapped[at] = _swapped[at - 1];
        }

        _swapped[at] = slot;
        return true;
    }
}
