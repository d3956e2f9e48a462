using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>One of the two pools of a split fleet: its replicas, their router, and which of them have something new.</summary>
internal sealed class SplitPool : IReplicaLoads
{
    private readonly ISplitEngine[] _engines;
    private readonly OccupancySeries[] _series;
    private readonly Router _router;
    private readonly TimeHeap _ends;
    private readonly bool[] _isTouched;
    private readonly int[] _touched;
    private readonly (long From, int Waiting, double Cache)[] _idle;
    private int _touchedCount;
    private int _resumed;

    /// <param name="engines">The replicas, or the micro-batches of their pipeline stages.</param>
    /// <param name="router">Deals requests out to them.</param>
    /// <param name="series">Occupancy of the first of them, which the replicas fill while they run and the pool while they stand still.</param>
    public SplitPool(IReadOnlyList<ISplitEngine> engines, Router router, IReadOnlyList<OccupancySeries> series)
    {
        (_engines, _router, _series) = ([.. engines], router, [.. series]);
        _ends = new TimeHeap(_engines.Length);
        _isTouched = new bool[_engines.Length];
        _touched = new int[_engines.Length];
        _idle = new (long, int, double)[_engines.Length];
        Array.Fill(_idle, (Ticks.Never, 0, 0));
    }

    /// <inheritdoc/>
    public int Count => _engines.Length;

    /// <summary>When the first run ends.</summary>
    public long NextEnd => _ends.FirstTime;

    public ISplitEngine this[int engine] => _engines[engine];

    /// <summary>Where a request goes.</summary>
    public (int Engine, int Rank) Route(in Request request, long now)
    {
        int engine = _router.Choose(request, this);
        return (engine, _engines[engine].RankFor(now));
    }

    /// <summary>Whether the cache of a replica can ever hold a request.</summary>
    public bool CanEverHold(int promptTokens, int outputTokens)
    {
        SplitRank rank = _engines[0].Rank(0);
        return rank.Scheduler.CanEverHold(rank.State.Limits, promptTokens, outputTokens);
    }

    /// <summary>Ends the first run that ends now; its replica, or less than 0 when none does.</summary>
    public int Finish(long now)
    {
        if (_ends.FirstTime != now)
        {
            return -1;
        }

        int engine = _ends.First;
        _engines[engine].Finish(now);
        _ends.Set(engine, Ticks.Never);
        Touch(engine);
        return engine;
    }

    /// <summary>A replica has something new, to be looked at when all of this instant is known.</summary>
    public void Touch(int engine)
    {
        if (!_isTouched[engine])
        {
            _isTouched[engine] = true;
            _touched[_touchedCount++] = engine;
        }
    }

    /// <summary>Lets the next replica with something new go on, in the order in which they were touched; less than 0 when there is none.</summary>
    public int Resume(long now)
    {
        if (_resumed == _touchedCount)
        {
            _resumed = _touchedCount = 0;
            return -1;
        }

        int engine = _touched[_resumed++];
        _isTouched[engine] = false;
        ISplitEngine replica = _engines[engine];
        (long from, int waiting, double cache) = _idle[engine];
        if (from < now && engine < _series.Length)
        {
            _series[engine].Add(from, now, 0, waiting, cache);
        }

        replica.Resume(now);
        _ends.Set(engine, replica.End);
        _idle[engine] = replica.End == Ticks.Never ? (now, replica.Waiting, replica.CacheTaken) : (Ticks.Never, 0, 0);
        return engine;
    }

    /// <inheritdoc/>
    int IReplicaLoads.Waiting(int replica) => _engines[replica].Waiting;

    /// <inheritdoc/>
    /// <remarks>A request is on its prefill replica until its cache has been sent, and on its decode replica from then on that it was given to it.</remarks>
    int IReplicaLoads.Outstanding(int replica)
    {
        ISplitEngine engine = _engines[replica];
        int count = engine.Waiting + engine.Running;
        for (int i = 0; i < engine.Ranks; i++)
        {
            ReplicaState state = engine.Rank(i).State;
            count += state.HeldCount + state.ReservedCount;
        }

        return count;
    }

    /// <inheritdoc/>
    double IReplicaLoads.CacheTaken(int replica) => _engines[replica].CacheTaken;

    /// <inheritdoc/>
    int IReplicaLoads.FoundTokens(int replica, in Request request) => _engines[replica].FoundTokens(request);
}
