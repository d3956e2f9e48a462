namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>What happens to a fleet.</summary>
internal enum FleetEventKind
{
    /// <summary>A replica has started.</summary>
    Started,

    /// <summary>The failure of a replica is noticed.</summary>
    Detected,

    /// <summary>Hardware for a replica of a kind is whole again.</summary>
    Repaired,

    /// <summary>A chip of a replica fails.</summary>
    ChipFails,

    /// <summary>A node, or one of a replica's nodes, fails.</summary>
    NodeFails,

    /// <summary>The autoscaler looks.</summary>
    Look,

    /// <summary>A round of restarts is due.</summary>
    Round,
}

/// <summary>One of them.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Subject">To which replica, node or kind.</param>
/// <param name="Epoch">The changes of status that the replica had had when it was foreseen; with more it no longer holds.</param>
internal readonly record struct FleetEvent(FleetEventKind Kind, int Subject, int Epoch);

/// <summary>What is going to happen, in the order of time; at one time in the order in which it was foreseen.</summary>
internal sealed class FleetEvents
{
    private readonly PriorityQueue<FleetEvent, (long Time, long Order)> _queue = new();
    private long _order;

    /// <summary>When the next thing happens.</summary>
    public long FirstTime => _queue.TryPeek(out _, out (long Time, long Order) key) ? key.Time : Ticks.Never;

    /// <summary>Foresees an event; one that is never is left out.</summary>
    public void Add(long time, FleetEventKind kind, int subject, int epoch = 0)
    {
        if (time != Ticks.Never)
        {
            _queue.Enqueue(new FleetEvent(kind, subject, epoch), (time, _order++));
        }
    }

    /// <summary>Takes the next.</summary>
    public FleetEvent Take() => _queue.Dequeue();
}
