namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>
/// Puts rows in order that are at most so many lines late. Rows in order go through a ring; only stragglers pay for a heap.
/// Rows of one time keep the order of the file.
/// </summary>
internal sealed class ReorderBuffer
{
    private readonly PriorityQueue<TraceRow, (long Arrival, long Line)> _late = new();
    private TraceRow[] _ring = new TraceRow[256];
    private int _head;
    private int _ringCount;

    public int Count => _ringCount + _late.Count;

    /// <summary>The earliest arrival; <see cref="Ticks.Never"/> when empty.</summary>
    public long First => Math.Min(_ringCount > 0 ? _ring[_head].Arrival : Ticks.Never, _late.TryPeek(out TraceRow late, out _) ? late.Arrival : Ticks.Never);

    public void Add(in TraceRow row)
    {
        if (_ringCount > 0 && row.Arrival < _ring[(_head + _ringCount - 1) & (_ring.Length - 1)].Arrival)
        {
            _late.Enqueue(row, (row.Arrival, row.Line));
            return;
        }

        if (_ringCount == _ring.Length)
        {
            var larger = new TraceRow[_ringCount * 2];
            for (int i = 0; i < _ringCount; i++)
            {
                larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
            }

            (_ring, _head) = (larger, 0);
        }

        _ring[(_head + _ringCount++) & (_ring.Length - 1)] = row;
    }

    public TraceRow Pop()
    {
        ref TraceRow first = ref _ring[_head];
        if (_late.TryPeek(out TraceRow late, out _) && (_ringCount == 0 || late.Arrival < first.Arrival || (late.Arrival == first.Arrival && late.Line < first.Line)))
        {
            return _late.Dequeue();
        }

        TraceRow row = first;
        first.Hashes = null;
        _head = (_head + 1) & (_ring.Length - 1);
        _ringCount--;
        return row;
    }
}
