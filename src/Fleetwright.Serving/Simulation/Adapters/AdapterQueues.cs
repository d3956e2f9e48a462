namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>
/// Requests that wait, where some may be passed over: who comes next is the first whose adapter runs already or finds a free slot, in the order of <see cref="WaitingLines"/>.
/// Each request is in the list of its line and in that of its line and adapter, so that finding the next costs a look at the adapters that run and not at those who wait.
/// Source: vLLM 0.19, <c>v1/core/sched/scheduler.py</c>, the check of <c>max_loras</c>; TensorRT-LLM, <c>capacityScheduler.cpp</c>, passes over such requests too.
/// </summary>
/// <remarks>Grows while warming up; allocates nothing afterwards.</remarks>
internal sealed class AdapterQueues
{
    private const int None = -1;
    private readonly int _adapters;
    private readonly Ends[] _lines;
    private readonly Ends[] _queues;
    private readonly long[] _last;
    private readonly long[] _first;
    private readonly int[] _waiting;
    private Link[] _links = [];

    /// <param name="lines">Lines, the most urgent first.</param>
    /// <param name="adapters">Adapters, the base model not counted.</param>
    public AdapterQueues(int lines, int adapters)
    {
        _adapters = adapters + 1;
        (_lines, _queues) = (new Ends[lines], new Ends[lines * _adapters]);
        (_last, _first, _waiting) = (new long[lines], new long[lines], new int[_adapters]);
        Array.Fill(_lines, Ends.Empty);
        Array.Fill(_queues, Ends.Empty);
    }

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many wait for an adapter.</summary>
    public int WaitingFor(int adapter) => _waiting[adapter];

    /// <summary>The slot of who is next; −1 when nobody waits or all wait for adapters that have no slot.</summary>
    public int Next(AdapterSlots slots)
    {
        for (int line = 0; line < _lines.Length; line++)
        {
            if (slots.HasRoom)
            {
                if (_lines[line].Head != None)
                {
                    return _lines[line].Head;
                }

                continue;
            }

            int next = _queues[line * _adapters].Head;
            foreach (int adapter in slots.Running)
            {
                int head = _queues[(line * _adapters) + adapter].Head;
                next = head != None && (next == None || _links[head].Place < _links[next].Place) ? head : next;
            }

            if (next != None)
            {
                return next;
            }
        }

        return None;
    }

    /// <summary>Puts a request that arrives at the end of a line.</summary>
    public void Arrive(int line, int adapter, int slot)
    {
        ref Link link = ref New(slot, adapter, line, ++_last[line]);
        ref Ends all = ref _lines[line];
        (link.Before, link.After) = (all.Tail, None);
        Follow(all.Tail, slot);
        all = new Ends(all.Head == None ? slot : all.Head, slot);
        ref Ends own = ref Queue(link);
        link.Behind = None;
        if (own.Tail != None)
        {
            _links[own.Tail].Behind = slot;
        }

        own = new Ends(own.Head == None ? slot : own.Head, slot);
    }

    /// <summary>Puts a request that lost its place at the head of a line.</summary>
    public void Return(int line, int adapter, int slot)
    {
        ref Link link = ref New(slot, adapter, line, --_first[line]);
        ref Ends all = ref _lines[line];
        (link.Before, link.After) = (None, all.Head);
        if (all.Head != None)
        {
            _links[all.Head].Before = slot;
        }

        all = new Ends(slot, all.Tail == None ? slot : all.Tail);
        ref Ends own = ref Queue(link);
        link.Behind = own.Head;
        own = new Ends(slot, own.Tail == None ? slot : own.Tail);
    }

    /// <summary>Takes the one that <see cref="Next"/> has named, which is the first of its adapter.</summary>
    public void Take(int slot)
    {
        ref Link link = ref _links[slot];
        ref Ends all = ref _lines[link.Line];
        Follow(link.Before, link.After);
        if (link.After != None)
        {
            _links[link.After].Before = link.Before;
        }

        all = new Ends(all.Head == slot ? link.After : all.Head, all.Tail == slot ? link.Before : all.Tail);
        ref Ends own = ref Queue(link);
        own = new Ends(link.Behind, own.Tail == slot ? None : own.Tail);
        _waiting[link.Adapter]--;
        Count--;
    }

    /// <summary>All that wait, line by line in their order.</summary>
    public IEnumerable<int> All()
    {
        foreach (Ends line in _lines)
        {
            for (int slot = line.Head; slot != None; slot = _links[slot].After)
            {
                yield return slot;
            }
        }
    }

    private ref Link New(int slot, int adapter, int line, long place)
    {
        if (slot >= _links.Length)
        {
            Array.Resize(ref _links, Math.Max(64, 2 * slot));
        }

        Count++;
        _waiting[adapter]++;
        ref Link link = ref _links[slot];
        link = new Link { Adapter = adapter, Line = line, Place = place };
        return ref link;
    }

    private void Follow(int before, int slot)
    {
        if (before != None)
        {
            _links[before].After = slot;
        }
    }

    private ref Ends Queue(in Link link) => ref _queues[(link.Line * _adapters) + link.Adapter];

    private readonly record struct Ends(int Head, int Tail)
    {
        public static Ends Empty => new(None, None);
    }

    private struct Link
    {
        public int Adapter;
        public int Line;

        // Rises from the head of its line to its end.
        public long Place;

        // In its line.
        public int Before;
        public int After;

        // Of its adapter.
        public int Behind;
    }
}
