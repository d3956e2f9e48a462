namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>
/// Where the adapters of a replica are, and which run: those of running sequences are on the chips; the others leave the chips, and then host memory, in the order in
/// which they last ran (of those that stopped at once the lowest number first), when another needs the room. What is on the chips is in host memory too. Source: vLLM 0.19, <c>lora/worker_manager.py</c>,
/// <c>LRUCacheWorkerLoRAManager</c>: caches of <c>max_loras</c> and <c>max_cpu_loras</c> adapters, touched by every batch that uses them.
/// </summary>
/// <remarks>All arrays are made at the start.</remarks>
internal sealed class AdapterSlots
{
    private const int None = 0;
    private readonly AdapterSizes _sizes;
    private readonly int _slots;
    private readonly int _hostCount;
    private readonly int[] _sequences;
    private readonly int[] _decoding;
    private readonly Tier[] _tiers;
    private readonly int[] _running;
    private readonly int[] _runningAt;

    // Adapters that do not run and are not on disk only, by when they last ran.
    private readonly int[] _older;
    private readonly int[] _newer;
    private readonly bool[] _linked;
    private readonly long[] _seen;
    private readonly long[] _stopped;
    private int _newest;
    private int _oldest;

    // The oldest of them that is on the chips; those newer are too.
    private int _oldestOnChip;
    private int _onChip;
    private int _inHost;
    private int _runningCount;
    private long _batch;

    /// <param name="adapters">What a replica holds.</param>
    /// <param name="sizes">What loading one takes.</param>
    public AdapterSlots(LoraAdapters adapters, AdapterSizes sizes)
    {
        int count = adapters.Count + 1;
        (_sizes, _slots, _hostCount) = (sizes, adapters.Slots, adapters.HostCount ?? int.MaxValue);
        (_sequences, _decoding, _tiers, _runningAt) = (new int[count], new int[count], new Tier[count], new int[count]);
        (_older, _newer, _linked, _seen, _stopped) = (new int[count], new int[count], new bool[count], new long[count], new long[count]);
        _running = new int[Math.Min(count, _slots)];

        // A server starts with its adapters read where it can keep them all.
        if (_hostCount >= adapters.Count)
        {
            Array.Fill(_tiers, Tier.Host);
        }
    }

    private enum Tier : byte
    {
        Disk,
        Host,
        Chip,
    }

    /// <summary>Adapters of running sequences.</summary>
    public ReadOnlySpan<int> Running => _running.AsSpan(0, _runningCount);

    /// <summary>Whether a further adapter may run.</summary>
    public bool HasRoom => _runningCount < _slots;

    /// <summary>Adapters of decoding sequences.</summary>
    public int DecodingAdapters { get; private set; }

    /// <summary>Decoding sequences that use an adapter.</summary>
    public int Decodes { get; private set; }

    /// <summary>Whether an adapter is on the chips.</summary>
    public bool IsOnChip(int adapter) => adapter == AdapterDraw.Base || _tiers[adapter] == Tier.Chip;

    /// <summary>A sequence starts to run.</summary>
    /// <returns>Seconds for which loading its adapter holds the batch up.</returns>
    public double Start(int adapter, AdapterTraffic traffic)
    {
        if (adapter == AdapterDraw.Base)
        {
            return 0;
        }

        traffic.Starts++;
        if (_sequences[adapter]++ > 0)
        {
            return 0;
        }

        _runningAt[adapter] = _runningCount;
        _running[_runningCount++] = adapter;
        Tier tier = _tiers[adapter];
        if (_linked[adapter])
        {
            Unlink(adapter);
        }

        if (tier == Tier.Chip)
        {
            return 0;
        }

        _tiers[adapter] = Tier.Chip;
        if (_runningCount + _onChip > _slots)
        {
            _tiers[_oldestOnChip] = Tier.Host;
            _oldestOnChip = _newer[_oldestOnChip];
            _onChip--;
        }

        if (tier == Tier.Disk && _runningCount + _inHost > _hostCount)
        {
            _tiers[_oldest] = Tier.Disk;
            Unlink(_oldest);
        }

        double seconds = tier == Tier.Disk ? _sizes.DiskSeconds : _sizes.HostSeconds;
        traffic.Loads++;
        traffic.DiskLoads += tier == Tier.Disk ? 1 : 0;
        traffic.LoadTicks += Ticks.Of(seconds);
        return seconds;
    }

    /// <summary>A sequence has ended, or lost its place.</summary>
    public void End(int adapter)
    {
        if (adapter == AdapterDraw.Base || --_sequences[adapter] > 0)
        {
            return;
        }

        int last = _running[--_runningCount];
        (_running[_runningAt[adapter]], _runningAt[last]) = (last, _runningAt[adapter]);
        Link(adapter);
    }

    /// <summary>A sequence starts to decode.</summary>
    public void AddDecode(int adapter)
    {
        if (adapter != AdapterDraw.Base)
        {
            Decodes++;
            DecodingAdapters += _decoding[adapter]++ == 0 ? 1 : 0;
        }
    }

    /// <summary>A sequence decodes no more.</summary>
    public void RemoveDecode(int adapter)
    {
        if (adapter != AdapterDraw.Base)
        {
            Decodes--;
            DecodingAdapters -= --_decoding[adapter] == 0 ? 1 : 0;
        }
    }

    /// <summary>Begins to count the adapters of a batch.</summary>
    /// <param name="decodes">Whether the decoding sequences are in it.</param>
    public AdapterBatch Batch(bool decodes)
    {
        _batch++;
        return decodes ? new AdapterBatch(Decodes, DecodingAdapters) : default;
    }

    /// <summary>Adds a prompt to the batch that is counted.</summary>
    public AdapterBatch With(in AdapterBatch batch, int adapter, int tokens, bool decodes)
    {
        if (adapter == AdapterDraw.Base)
        {
            return batch;
        }

        bool counted = _seen[adapter] == _batch || (decodes && _decoding[adapter] > 0);
        _seen[adapter] = _batch;
        return new AdapterBatch(batch.Tokens + tokens, batch.Adapters + (counted ? 0 : 1));
    }

    private void Link(int adapter)
    {
        int older = _newest, newer = None;
        while (older != None && _stopped[older] == _batch && older > adapter)
        {
            (newer, older) = (older, _older[older]);
        }

        (_older[adapter], _newer[adapter], _linked[adapter], _stopped[adapter]) = (older, newer, true, _batch);
        (_newer[older], _older[newer]) = (adapter, adapter);
        _newest = newer == None ? adapter : _newest;
        _oldest = older == None ? adapter : _oldest;

        // What stopped at once is on the chips: nothing is loaded between two that stop at a time.
        _oldestOnChip = _onChip == 0 || _oldestOnChip == newer ? adapter : _oldestOnChip;
        _onChip++;
        _inHost++;
    }

    private void Unlink(int adapter)
    {
        int older = _older[adapter], newer = _newer[adapter];
        if (_tiers[adapter] == Tier.Chip)
        {
            _oldestOnChip = _oldestOnChip == adapter ? newer : _oldestOnChip;
            _onChip--;
        }

        (_newer[older], _older[newer]) = (newer, older);
        _newest = _newest == adapter ? older : _newest;
        _oldest = _oldest == adapter ? newer : _oldest;
        _linked[adapter] = false;
        _inHost--;
    }
}
