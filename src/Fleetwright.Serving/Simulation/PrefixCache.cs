using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation;

/// <summary>What tells the beginnings of prompts apart: a key for every unit of tokens, which stands for all tokens up to its end.</summary>
/// <param name="Session">The conversation whose prompts begin alike.</param>
/// <param name="Hashes">A hash for each unit, where the trace has them.</param>
/// <param name="Adapter">What it is computed with.</param>
internal readonly record struct PrefixKeys(long Session, long[]? Hashes, int Adapter = 0)
{
    /// <summary>Units that have keys.</summary>
    public int Count => Hashes?.Length ?? int.MaxValue;

    /// <summary>The key of a unit.</summary>
    public ulong this[int unit]
    {
        get
        {
            // SplitMix64's finisher over the hash, or over session and position.
            ulong z = Hashes is null ? ((ulong)Session * 0x9E3779B97F4A7C15UL) + (ulong)unit : (ulong)Hashes[unit] ^ 0xD6E8FEB86659FD93UL;
            z += (ulong)Adapter * 0xA0761D6478BD642FUL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}

/// <summary>
/// Units of computed tokens by key, shared between sequences by counting who holds them. A unit that nobody holds stays until its blocks are needed;
/// the one that was let go first goes first, and of one sequence the last unit before the one in front of it. This is the automatic prefix cache of vLLM V1 (and,
/// with units of one block, what RadixAttention keeps).
/// </summary>
/// <remarks>All arrays are made at the start: a cache of n blocks has at most n / <c>unitBlocks</c> units. Allocates nothing afterwards.</remarks>
internal sealed class PrefixCache : IState
{
    private const int None = -1;
    private readonly int[] _table;
    private readonly int _mask;
    private readonly ulong[] _keys;
    private readonly int[] _holders;
    private readonly int[] _next;
    private readonly int[] _previous;
    private int _unused;
    private int _oldest = None;
    private int _newest = None;

    /// <param name="blocks">Blocks of the cache.</param>
    /// <param name="unitBlocks">Blocks of a unit.</param>
    public PrefixCache(long blocks, int unitBlocks)
    {
        UnitBlocks = unitBlocks;
        int units = (int)Math.Min(blocks / unitBlocks, 1 << 28) + 1;
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)units * 2);
        _table = new int[size];
        _mask = size - 1;
        Array.Fill(_table, None);
        (_keys, _holders, _next, _previous) = (new ulong[units], new int[units], new int[units], new int[units]);
        for (int i = 0; i < units; i++)
        {
            _next[i] = i + 1 < units ? i + 1 : None;
        }
    }

    /// <summary>Blocks of a unit.</summary>
    public int UnitBlocks { get; }

    /// <summary>Units that nobody holds.</summary>
    public long Idle { get; private set; }

    /// <summary>How many units from the first on are here, at most <paramref name="most"/>, and how many of them somebody holds.</summary>
    public int Match(in PrefixKeys keys, int most, out int held)
    {
        held = 0;
        int count = Math.Min(most, keys.Count);
        for (int i = 0; i < count; i++)
        {
            int unit = Find(keys[i]);
            if (unit == None)
            {
                return i;
            }

            held += _holders[unit] > 0 ? 1 : 0;
        }

        return Math.Max(0, count);
    }

    /// <summary>Holds the first units, which <see cref="Match"/> has found.</summary>
    public void Hold(in PrefixKeys keys, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int unit = Find(keys[i]);
            if (_holders[unit]++ == 0)
            {
                Unlink(unit);
            }
        }
    }

    /// <summary>Adds a unit that its sequence has computed and holds; false when it is here already.</summary>
    public bool Add(ulong key)
    {
        int place = Place(key);
        if (_table[place] != None)
        {
            return false;
        }

        int unit = _unused;
        _unused = _next[unit];
        (_keys[unit], _holders[unit], _table[place]) = (key, 1, unit);
        return true;
    }

    /// <summary>Lets the first units go, the last of them first.</summary>
    /// <returns>How many are held by nobody now.</returns>
    public int Drop(in PrefixKeys keys, int count)
    {
        int idle = 0;
        for (int i = count - 1; i >= 0; i--)
        {
            int unit = Find(keys[i]);
            if (--_holders[unit] == 0)
            {
                Link(unit);
                idle++;
            }
        }

        return idle;
    }

    /// <summary>Holds one unit that is here; says whether nobody held it before.</summary>
    public bool Share(ulong key)
    {
        int unit = Find(key);
        bool idle = _holders[unit]++ == 0;
        if (idle)
        {
            Unlink(unit);
        }

        return idle;
    }

    /// <summary>Forgets the unit that was let go first; there must be one.</summary>
    /// <returns>Its key.</returns>
    public ulong ForgetOldest()
    {
        int unit = _oldest;
        Unlink(unit);
        Remove(_keys[unit]);
        _next[unit] = _unused;
        _unused = unit;
        return _keys[unit];
    }

    private int Find(ulong key) => _table[Place(key)];

    // Linear probing.
    private int Place(ulong key)
    {
        int place = (int)key & _mask;
        while (_table[place] is var unit && unit != None && _keys[unit] != key)
        {
            place = (place + 1) & _mask;
        }

        return place;
    }

    // Moves later entries of the same cluster up, so that no mark of a removed one is needed.
    private void Remove(ulong key)
    {
        int hole = Place(key);
        _table[hole] = None;
        for (int place = (hole + 1) & _mask; _table[place] != None; place = (place + 1) & _mask)
        {
            int home = (int)_keys[_table[place]] & _mask;
            if (((place - home) & _mask) >= ((place - hole) & _mask))
            {
                (_table[hole], _table[place]) = (_table[place], None);
                hole = place;
            }
        }
    }

    private void Link(int unit)
    {
        (_previous[unit], _next[unit]) = (_newest, None);
        if (_newest == None)
        {
            _oldest = unit;
        }
        else
        {
            _next[_newest] = unit;
        }

        _newest = unit;
        Idle++;
    }

    private void Unlink(int unit)
    {
        (int before, int after) = (_previous[unit], _next[unit]);
        if (before == None)
        {
            _oldest = after;
        }
        else
        {
            _next[before] = after;
        }

        if (after == None)
        {
            _newest = before;
        }
        else
        {
            _previous[after] = before;
        }

        Idle--;
    }

    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        Idle = state.Of(Idle);
        (_unused, _oldest, _newest) = (state.Of(_unused), state.Of(_oldest), state.Of(_newest));
        state.All(_table.AsSpan());
        state.All(_keys.AsSpan());
        state.All(_holders.AsSpan());
        state.All(_next.AsSpan());
        state.All(_previous.AsSpan());
    }
}
