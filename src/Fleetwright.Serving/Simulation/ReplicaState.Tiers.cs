using Fleetwright.Serving.Simulation.Offload;

namespace Fleetwright.Serving.Simulation;

/// <content>
/// Loading from tiers behind the prefix cache, as vLLM V1 does it with an asynchronous KV connector: when a waiting request could be admitted and a tier goes on
/// where the chips' own prefix cache ends, it takes its blocks, leaves the queue to those behind it, and joins the batch at the first iteration after its load
/// (<c>WAITING_FOR_REMOTE_KVS</c>). Two things differ, so that loads can never block each other for good: it takes the blocks of its whole prompt and counts among the
/// sequences from the start of the load.
/// </content>
internal sealed partial class ReplicaState
{
    private OffloadTiers? _tiers;
    private CopyQueue _copies;

    // In the order of the copy engine, and so of the times at which they are done.
    private Load[] _loading = [];
    private int _loadingHead;

    /// <summary>Sequences whose cache is being loaded, or was and waits for the next batch.</summary>
    public int LoadingCount { get; private set; }

    /// <summary>When the first of the loads is done; <see cref="Ticks.Never"/> when there is none.</summary>
    public long NextLoad => LoadingCount == 0 ? Ticks.Never : _loading[_loadingHead].Ready;

    /// <summary>Sequences that have a place: those that run and those that load.</summary>
    public int Places => RunningCount + LoadingCount;

    /// <summary>Requests that do not run yet, or not at the moment.</summary>
    public int QueuedCount => WaitingCount + SwappedCount + LoadingCount + IncomingCount;

    /// <summary>Units in host memory and on disk.</summary>
    public (long Host, long Disk) KeptUnits => (_tiers?.HostUnits ?? 0, _tiers?.DiskUnits ?? 0);

    /// <summary>
    /// Starts to load what the tiers have of the request at the head of the queue, where it is done sooner than computing it would be. What is considered are all
    /// units that follow without a gap, and those up to the first that is on disk; the choice is what saves more time.
    /// </summary>
    /// <param name="found">What the chips have of it.</param>
    /// <param name="now">The time, in ticks.</param>
    /// <returns>Whether it has left the queue.</returns>
    public bool TryLoad(in FoundPrefix found, long now)
    {
        if (_tiers is null)
        {
            return false;
        }

        int slot = WaitingHead, first = found.Tokens / _unitTokens, end = (_slots[slot].Prompt - 1) / _unitTokens;
        FoundUnits all = _tiers.Match(_prefixKeys[slot], first, end, withDisk: true);
        if (all.Count == 0)
        {
            return false;
        }

        FoundUnits chosen = all;
        if (all.Disk > 0 && _tiers.Match(_prefixKeys[slot], first, end, withDisk: false) is var near && Saved(near, now) > Saved(all, now))
        {
            chosen = near;
        }

        if (chosen.Count == 0 || !(Saved(chosen, now) > 0))
        {
            Traffic?.LoadsDeclined += 1;
            return false;
        }

        StartLoad(slot, found, first, chosen, now);
        return true;
    }

    /// <summary>Moves the sequence whose load is done to the prefilling ones; false when none is.</summary>
    /// <param name="now">The time, in ticks.</param>
    /// <param name="order">Its place among the running; its number in the order of arrival when null.</param>
    /// <param name="slot">The sequence.</param>
    public bool TryLoaded(long now, long? order, out int slot)
    {
        slot = -1;
        if (NextLoad > now)
        {
            return false;
        }

        Load load = _loading[_loadingHead];
        _loadingHead = (_loadingHead + 1) & (_loading.Length - 1);
        LoadingCount--;
        slot = load.Slot;
        ref Sequence s = ref _slots[slot];
        for (int i = s.Units; i < load.End; i++)
        {
            // Another may have computed or loaded it meanwhile: then that one is shared, and the own blocks are free again.
            ulong key = _prefixKeys[slot][i];
            _tiers!.Forget(key);
            if (!_prefixes!.Add(key))
            {
                bool idle = _prefixes.Share(key);
                _unusedBlocks += _prefixes.UnitBlocks;
                FreeBlocks += idle ? 0 : _prefixes.UnitBlocks;
            }
        }

        s.Units = load.End;
        s.Computed = load.End * _unitTokens;
        s.Order = order ?? s.Number;
        AddPrefilling(slot);
        return true;
    }

    // Units that would be loaded, were the copy engine free: a router counts on no tier that is slower than computing.
    private int TierUnits(in PrefixKeys keys, int from, int most)
    {
        double computing = _blockTokens * (Offload?.TokenSeconds ?? 0);
        return _tiers is null || !(Offload!.HostSeconds < computing) ? 0 : _tiers.Match(keys, from, most, Offload.DiskSeconds < computing).Count;
    }

    private double Saved(in FoundUnits units, long now)
    {
        double computing = (double)units.Count * _unitTokens * Offload!.TokenSeconds;
        return computing - Ticks.Seconds(_copies.Wait(now)) - CopySeconds(units);
    }

    private double CopySeconds(in FoundUnits units) => _prefixes!.UnitBlocks * ((units.Host > 0 ? units.Host * Offload!.HostSeconds : 0) + (units.Disk > 0 ? units.Disk * Offload!.DiskSeconds : 0));

    private void StartLoad(int slot, in FoundPrefix found, int first, in FoundUnits units, long now)
    {
        _ = TakeNext();
        ref Sequence s = ref _slots[slot];
        s.Units = first;
        s.Blocks = BlocksFor(s.Prompt);
        FreeBlocks -= found.Blocks - found.HeldBlocks;
        _prefixes!.Hold(_prefixKeys[slot], first);
        _tiers!.Depart(_prefixKeys[slot], first, units.Count);
        Take(s.Blocks - found.Blocks);
        long ticks = Ticks.Of(CopySeconds(units)), ready = _copies.Add(now, ticks);
        FoundTokens += found.Tokens + (units.Count * _unitTokens);
        if (Traffic is not null)
        {
            Traffic.PromptTokens += s.Prompt;
            Traffic.ChipTokens += found.Tokens + ((units.Count - units.Host - units.Disk) * _unitTokens);
            Traffic.HostTokens += units.Host * _unitTokens;
            Traffic.DiskTokens += units.Disk * _unitTokens;
            Traffic.HostBlocksRead += units.Host * _prefixes.UnitBlocks;
            Traffic.DiskBlocksRead += units.Disk * _prefixes.UnitBlocks;
            Traffic.Loads++;
            Traffic.LoadTicks += ticks;
            Traffic.LoadWaitTicks += ready - now;
        }

        if (LoadingCount == _loading.Length)
        {
            GrowLoading();
        }

        _loading[(_loadingHead + LoadingCount++) & (_loading.Length - 1)] = new Load(slot, first + units.Count, ready);
    }

    // A unit that the chips drop.
    private void Offloaded(ulong key)
    {
        if (_tiers is null)
        {
            return;
        }

        long written = _tiers.WrittenToDisk;
        _tiers.Keep(key);
        if (Traffic is not null)
        {
            Traffic.BlocksKept += _prefixes!.UnitBlocks;
            Traffic.DiskBlocksWritten += (_tiers.WrittenToDisk - written) * _prefixes.UnitBlocks;
        }
    }

    private void GrowLoading()
    {
        var larger = new Load[_loading.Length * 2];
        for (int i = 0; i < LoadingCount; i++)
        {
            larger[i] = _loading[(_loadingHead + i) & (_loading.Length - 1)];
        }

        (_loading, _loadingHead) = (larger, 0);
    }

    /// <param name="Slot">The sequence.</param>
    /// <param name="End">Units of its prompt that are there when it is done.</param>
    /// <param name="Ready">When it is done, in ticks.</param>
    private readonly record struct Load(int Slot, int End, long Ready);
}
