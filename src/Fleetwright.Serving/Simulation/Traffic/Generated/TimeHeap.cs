using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>Small whole numbers ordered by a time each has, ties by the number; the time of any can change.</summary>
internal sealed class TimeHeap(int capacity)
{
    private long[] _times = new long[capacity];
    private int[] _places = Absent(new int[capacity], 0);
    private int[] _heap = new int[capacity];

    public int Count { get; private set; }

    /// <summary>The earliest time; <see cref="Ticks.Never"/> when empty.</summary>
    public long FirstTime => Count == 0 ? Ticks.Never : _times[_heap[0]];

    /// <summary>The item with the earliest time.</summary>
    public int First => _heap[0];

    /// <summary>Puts an item in, or changes its time.</summary>
    public void Set(int item, long time)
    {
        if (item >= _places.Length)
        {
            int old = _places.Length, size = Math.Max(item + 1, old * 2);
            Array.Resize(ref _times, size);
            Array.Resize(ref _places, size);
            Array.Resize(ref _heap, size);
            Absent(_places, old);
        }

        _times[item] = time;
        if (_places[item] < 0)
        {
            _places[item] = Count;
            _heap[Count++] = item;
        }

        Up(_places[item]);
        Down(_places[item]);
    }

    /// <summary>Takes the first item out.</summary>
    public int Pop()
    {
        int first = _heap[0];
        _places[first] = -1;
        int last = _heap[--Count];
        if (Count > 0)
        {
            _heap[0] = last;
            _places[last] = 0;
            Down(0);
        }

        return first;
    }

    private static int[] Absent(int[] places, int from)
    {
        places.AsSpan(from).Fill(-1);
        return places;
    }

    private bool Before(int a, int b) => _times[a] < _times[b] || (_times[a] == _times[b] && a < b);

    private void Up(int at)
    {
        int item = _heap[at];
        while (at > 0 && Before(item, _heap[(at - 1) >> 1]))
        {
            _places[_heap[at] = _heap[(at - 1) >> 1]] = at;
            at = (at - 1) >> 1;
        }

        _places[_heap[at] = item] = at;
    }

    private void Down(int at)
    {
        int item = _heap[at];
        while (true)
        {
            int child = (2 * at) + 1;
            if (child + 1 < Count && Before(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (child >= Count || !Before(_heap[child], item))
            {
                break;
            }

            _places[_heap[at] = _heap[child]] = at;
            at = child;
        }

        _places[_heap[at] = item] = at;
    }

    /// <summary>Writes or reads all items.</summary>
    public void Transfer(StateTransfer state)
    {
        Count = state.Of(Count);
        state.Growing(ref _times, int.MaxValue);
        state.Growing(ref _places, int.MaxValue);
        state.Growing(ref _heap, int.MaxValue);
    }
}
