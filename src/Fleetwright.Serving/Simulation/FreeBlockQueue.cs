using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation;

/// <summary>
/// The free blocks of a cache that forgets nothing before it must: blocks are given out in the order in which they became free, and until then
/// still hold what they held. An evicted sequence frees its last block first, so what is left of it is always its beginning. Kept as runs
/// of blocks: those of one evicted sequence, and between them those that nobody will ask for again.
/// </summary>
internal sealed class FreeBlockQueue : IState
{
    private const int Nobody = -1;
    private int[] _owners = new int[16];
    private long[] _counts = new long[16];
    private int _head;
    private int _length;

    public FreeBlockQueue(long blocks) => Add(blocks, Nobody);

    /// <summary>Takes blocks for new content.</summary>
    public void Take(long blocks)
    {
        while (blocks > 0)
        {
            long taken = Math.Min(blocks, _counts[_head]);
            _counts[_head] -= taken;
            blocks -= taken;
            if (_counts[_head] == 0)
            {
                _head = (_head + 1) & (_owners.Length - 1);
                _length--;
            }
        }
    }

    /// <summary>Frees blocks that nobody will ask for again.</summary>
    public void Add(long blocks) => Add(blocks, Nobody);

    /// <summary>Frees the blocks of a sequence that will come back.</summary>
    public void Add(long blocks, int slot)
    {
        if (blocks == 0)
        {
            return;
        }

        int last = (_head + _length - 1) & (_owners.Length - 1);
        if (_length > 0 && slot == Nobody && _owners[last] == Nobody)
        {
            _counts[last] += blocks;
            return;
        }

        if (_length == _owners.Length)
        {
            Grow();
        }

        int at = (_head + _length++) & (_owners.Length - 1);
        (_owners[at], _counts[at]) = (slot, blocks);
    }

    /// <summary>What is left of a sequence's own blocks.</summary>
    public long Left(int slot)
    {
        for (int i = 0; i < _length; i++)
        {
            int at = (_head + i) & (_owners.Length - 1);
            if (_owners[at] == slot)
            {
                return _counts[at];
            }
        }

        return 0;
    }

    /// <summary>Takes what is left of a sequence's own blocks out of the queue: its first ones.</summary>
    public long Reclaim(int slot)
    {
        for (int i = 0; i < _length; i++)
        {
            int at = (_head + i) & (_owners.Length - 1);
            if (_owners[at] == slot)
            {
                // An empty run at the front would never be passed; anywhere else it is passed when its time comes.
                (long left, _counts[at], _owners[at]) = (_counts[at], 0, Nobody);
                while (_length > 0 && _counts[_head] == 0)
                {
                    _head = (_head + 1) & (_owners.Length - 1);
                    _length--;
                }

                return left;
            }
        }

        return 0;
    }

    private void Grow()
    {
        int[] owners = new int[_owners.Length * 2];
        long[] counts = new long[owners.Length];
        for (int i = 0; i < _length; i++)
        {
            int at = (_head + i) & (_owners.Length - 1);
            (owners[i], counts[i]) = (_owners[at], _counts[at]);
        }

        (_owners, _counts, _head) = (owners, counts, 0);
    }

    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        (_head, _length) = (state.Of(_head), state.Of(_length));
        state.Growing(ref _owners, int.MaxValue);
        state.Growing(ref _counts, int.MaxValue);
    }
}
