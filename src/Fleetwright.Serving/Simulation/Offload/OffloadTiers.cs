using System.Runtime.InteropServices;

namespace Fleetwright.Serving.Simulation.Offload;

/// <summary>
/// Units of the prefix cache that are not on the chips: host memory, and the disk behind it. Each has the units that were dropped last, those of the chips and of
/// the host in front of it not counted, so that chips, host and disk together are one LRU stack (SGLang's hierarchical cache with <c>write_back</c>). A unit is in one
/// place only: what is loaded leaves for the chips, and is on its way until it is there.
/// </summary>
/// <remarks>Grows with what it holds; allocates nothing once it is full.</remarks>
internal sealed class OffloadTiers
{
    private const int None = -1, Host = 0, Disk = 1, OnItsWay = 2;
    private readonly Dictionary<ulong, int> _units = [];
    private readonly long[] _room = new long[2];
    private readonly long[] _count = new long[2];
    private readonly int[] _oldest = [None, None];
    private readonly int[] _newest = [None, None];
    private Unit[] _records = new Unit[64];
    private int _used;
    private int _free = None;

    /// <param name="hostUnits">Units that host memory holds.</param>
    /// <param name="diskUnits">Units that the disk holds.</param>
    public OffloadTiers(long hostUnits, long diskUnits) => (_room[Host], _room[Disk]) = (hostUnits, diskUnits);

    /// <summary>Units in host memory.</summary>
    public long HostUnits => _count[Host];

    /// <summary>Units on disk.</summary>
    public long DiskUnits => _count[Disk];

    /// <summary>Units that went to the disk so far.</summary>
    public long WrittenToDisk { get; private set; }

    /// <summary>How many units there are without a gap from <paramref name="from"/> on, and where.</summary>
    /// <param name="keys">Keys of a prompt.</param>
    /// <param name="from">The first unit that the chips lack.</param>
    /// <param name="to">The unit to stop before.</param>
    /// <param name="withDisk">Whether to go on at a unit that is on disk.</param>
    public FoundUnits Match(in PrefixKeys keys, int from, int to, bool withDisk)
    {
        int host = 0, disk = 0, i = from;
        for (int end = Math.Min(to, keys.Count); i < end && _units.TryGetValue(keys[i], out int unit); i++)
        {
            int tier = _records[unit].Tier;
            if (tier == Disk && !withDisk)
            {
                break;
            }

            host += tier == Host ? 1 : 0;
            disk += tier == Disk ? 1 : 0;
        }

        return new FoundUnits(Math.Max(0, i - from), host, disk);
    }

    /// <summary>Sends units on their way to the chips; they no longer take room.</summary>
    public void Depart(in PrefixKeys keys, int from, int count)
    {
        for (int i = from; i < from + count; i++)
        {
            int unit = _units[keys[i]];
            if (_records[unit].Tier != OnItsWay)
            {
                Unlink(unit);
                _records[unit].Tier = OnItsWay;
            }
        }
    }

    /// <summary>Forgets a unit, if it is here: the chips have it.</summary>
    public void Forget(ulong key)
    {
        if (_units.Remove(key, out int unit))
        {
            if (_records[unit].Tier != OnItsWay)
            {
                Unlink(unit);
            }

            (_records[unit].Next, _free) = (_free, unit);
        }
    }

    /// <summary>Keeps a unit that the chips drop; those that were kept longest make room for it.</summary>
    public void Keep(ulong key)
    {
        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(_units, key, out bool here);
        if (here)
        {
            throw new InvalidOperationException("a unit is on the chips and off them");
        }

        int unit = place = TakeRecord();
        _records[unit].Key = key;
        Link(unit, Host);
        if (_count[Host] > _room[Host])
        {
            unit = _oldest[Host];
            Unlink(unit);
            Link(unit, Disk);
            WrittenToDisk += _room[Disk] > 0 ? 1 : 0;
            if (_count[Disk] > _room[Disk])
            {
                Forget(_records[_oldest[Disk]].Key);
            }
        }
    }

    private int TakeRecord()
    {
        if (_free != None)
        {
            int unit = _free;
            _free = _records[unit].Next;
            return unit;
        }

        if (_used == _records.Length)
        {
            Array.Resize(ref _records, _used * 2);
        }

        return _used++;
    }

    private void Link(int unit, int tier)
    {
        int before = _newest[tier];
        (_records[unit].Tier, _records[unit].Previous, _records[unit].Next) = (tier, before, None);
        if (before == None)
        {
            _oldest[tier] = unit;
        }
        else
        {
            _records[before].Next = unit;
        }

        _newest[tier] = unit;
        _count[tier]++;
    }

    private void Unlink(int unit)
    {
        (int tier, int before, int after) = (_records[unit].Tier, _records[unit].Previous, _records[unit].Next);
        if (before == None)
        {
            _oldest[tier] = after;
        }
        else
        {
            _records[before].Next = after;
        }

        if (after == None)
        {
            _newest[tier] = before;
        }
        else
        {
            _records[after].Previous = before;
        }

        _count[tier]--;
    }

    private struct Unit
    {
        public ulong Key;
        public int Tier;
        public int Next;
        public int Previous;
    }
}

/// <summary>Units of a prompt that the tiers have.</summary>
/// <param name="Count">All, those on their way to the chips for another sequence included.</param>
/// <param name="Host">In host memory.</param>
/// <param name="Disk">On disk.</param>
internal readonly record struct FoundUnits(int Count, int Host, int Disk);
