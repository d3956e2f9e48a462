using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation;

/// <summary>
/// Requests that wait, in lines: a line of a more urgent priority is served before the others, each in the order of arrival. An evicted request goes back to the
/// head of its line: it has arrived before all that wait there. Source: vLLM 0.19, <c>v1/core/sched/request_queue.py</c>, (priority, arrival) order.
/// </summary>
/// <remarks>Rings of slots that grow while warming up; one line is a plain queue.</remarks>
internal sealed class WaitingLines : IState
{
    private readonly Line[] _lines;
    private int _first;

    public WaitingLines(int lines)
    {
        _lines = new Line[lines];
        foreach (ref Line line in _lines.AsSpan())
        {
            line.Ring = new int[64];
        }
    }

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>The slot of who is next; of no meaning when nobody waits.</summary>
    public int Head => _lines[_first].Ring[_lines[_first].Start];

    /// <summary>The slot of who is so many places behind the next.</summary>
    public int this[int place]
    {
        get
        {
            int line = _first;
            while (place >= _lines[line].Count)
            {
                place -= _lines[line++].Count;
            }

            ref Line at = ref _lines[line];
            return at.Ring[(at.Start + place) & (at.Ring.Length - 1)];
        }
    }

    /// <summary>Puts a request that arrives at the end of a line.</summary>
    public void Arrive(int line, int slot)
    {
        ref Line at = ref Grown(line);
        at.Ring[(at.Start + at.Count) & (at.Ring.Length - 1)] = slot;
        Added(ref at, line);
    }

    /// <summary>Puts a request that lost its place at the head of a line.</summary>
    public void Return(int line, int slot)
    {
        ref Line at = ref Grown(line);
        at.Start = (at.Start - 1) & (at.Ring.Length - 1);
        at.Ring[at.Start] = slot;
        Added(ref at, line);
    }

    /// <summary>Takes the next.</summary>
    public int Take()
    {
        ref Line at = ref _lines[_first];
        int slot = at.Ring[at.Start];
        at.Start = (at.Start + 1) & (at.Ring.Length - 1);
        at.Count--;
        Count--;
        while (_lines[_first].Count == 0 && _first < _lines.Length - 1)
        {
            _first++;
        }

        return slot;
    }

    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        (Count, _first) = (state.Of(Count), state.Of(_first));
        foreach (ref Line line in _lines.AsSpan())
        {
            (line.Start, line.Count) = (state.Of(line.Start), state.Of(line.Count));
            state.Growing(ref line.Ring, int.MaxValue);
        }
    }

    private void Added(ref Line at, int line)
    {
        at.Count++;
        _first = Count++ == 0 ? line : Math.Min(_first, line);
    }

    private ref Line Grown(int line)
    {
        ref Line at = ref _lines[line];
        if (at.Count == at.Ring.Length)
        {
            int[] larger = new int[at.Count * 2];
            for (int i = 0; i < at.Count; i++)
            {
                larger[i] = at.Ring[(at.Start + i) & (at.Ring.Length - 1)];
            }

            (at.Ring, at.Start) = (larger, 0);
        }

        return ref at;
    }

    private struct Line
    {
        public int[] Ring;
        public int Start;
        public int Count;
    }
}
