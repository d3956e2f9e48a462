using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Replicas behind a router. Where the router looks at the replicas, arrivals are taken one by one, and a replica is brought up to an
/// arrival only when the router asks for it. Where it does not, a window of arrivals is dealt out first and the replicas then run apart, on all
/// cores: the results are the same for any number of threads, because a replica sees nothing but its own requests.
/// </summary>
internal sealed class FleetSimulator : IReplicaLoads, IState
{
    private const int WindowRequests = 1 << 16;

    // Of fewer replicas, a look at each is quicker than a ranking (docs/performance.md).
    private const int RankedFrom = 32;

    // Requests of a replica, requests of the fleet and simulated time between looks at the watch.
    private const int Portion = 1024;
    private const int LookRequests = 64;
    private static readonly long Stretch = Ticks.Of(10);
    private readonly IReplicaEngine[] _replicas;
    private readonly Router _router;
    private readonly int _shards;
    private readonly ParallelOptions _options;
    private readonly int[] _taken;
    private byte[] _routerState = [];
    private LoadRanking? _ranking;
    private long _now;

    /// <param name="replicas">The replicas. Those whose numbers have the same rest by <paramref name="shards"/> never run at once, so they may share a sink.</param>
    /// <param name="router">The router.</param>
    /// <param name="shards">Parts that may run at once.</param>
    /// <param name="threads">Threads to use.</param>
    public FleetSimulator(IReadOnlyList<IReplicaEngine> replicas, Router router, int shards, int threads)
    {
        (_replicas, _router, _shards, _taken) = ([.. replicas], router, shards, new int[replicas.Count]);
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    /// <inheritdoc/>
    public int Count => _replicas.Length;

    /// <summary>The replicas.</summary>
    public IReadOnlyList<IReplicaEngine> Replicas => _replicas;

    /// <summary>Requests taken from the source, those of a window that is not done left out: what is passed over when the run is taken up again.</summary>
    public long Taken { get; private set; }

    /// <summary>Takes all requests of <paramref name="source"/> to their ends.</summary>
    /// <param name="source">The requests.</param>
    /// <param name="watch">May stop the run: the rest of it is then left out.</param>
    /// <returns>Whether the run came to its end.</returns>
    public bool Run(IRequestSource source, RunWatch? watch = null)
    {
        watch ??= new RunWatch(CancellationToken.None);
        return source is IClosedLoop { Waits: true } ? RunClosed(source, watch)
            : (_router.IsBlind ? RunApart(source, watch) : RunInTurn(source, watch)) && Drain(watch);
    }

    /// <inheritdoc/>
    /// <remarks>A window is dealt out again, by the router as it was before it, and each replica goes on after the requests of it that it has taken.</remarks>
    public void Transfer(StateTransfer state)
    {
        Taken = state.Of(Taken);
        state.All(_taken.AsSpan());
        state.Growing(ref _routerState, int.MaxValue);
        if (state.Loads)
        {
            _router.Transfer(StateTransfer.From(new MemoryStream(_routerState)));
        }

        foreach (IReplicaEngine replica in _replicas)
        {
            IState.Of(replica).Transfer(state);
        }
    }

    /// <inheritdoc/>
    int IReplicaLoads.Waiting(int replica) => Current(replica).Waiting;

    /// <inheritdoc/>
    int IReplicaLoads.Outstanding(int replica) => Current(replica).Waiting + _replicas[replica].Running;

    /// <inheritdoc/>
    double IReplicaLoads.CacheTaken(int replica) => Current(replica).CacheTaken;

    /// <inheritdoc/>
    int IReplicaLoads.FoundTokens(int replica, in Request request) => Current(replica).FoundTokens(request);

    /// <inheritdoc/>
    bool IReplicaLoads.HasAdapter(int replica, in Request request) => Current(replica).HasAdapter(request);

    /// <inheritdoc/>
    int IReplicaLoads.Least(ReplicaLoad load)
    {
        if (_replicas.Length < RankedFrom)
        {
            return IReplicaLoads.First(this, load);
        }

        if (_ranking?.Load != load)
        {
            _ranking = new LoadRanking(_replicas, load, _now);
        }

        return _ranking.Least(_now);
    }

    private IReplicaEngine Current(int replica)
    {
        _replicas[replica].AdvanceTo(_now);
        return _replicas[replica];
    }

    // Does something on all shards at once until it is done on each; the watch may interrupt it.
    private bool ForEachShard(RunWatch watch, Func<int, bool> part)
    {
        bool done;
        do
        {
            done = true;
            Parallel.For(0, _shards, _options, shard =>
            {
                if (!part(shard))
                {
                    Volatile.Write(ref done, false);
                }
            });
            if (!done && !watch.GoesOn())
            {
                return false;
            }
        }
        while (!done);
        return true;
    }

    // What is left to do when no request is to come.
    private bool Drain(RunWatch watch) => ForEachShard(watch, shard =>
    {
        for (int i = shard; i < _replicas.Length; i += _shards)
        {
            while (_replicas[i].End is var end && end != Ticks.Never)
            {
                _replicas[i].AdvanceTo(Later.Than(end, Stretch));
                if (watch.Pauses(end))
                {
                    return false;
                }
            }
        }

        return true;
    });

    // The router as it is where the run would be taken up again.
    private void KeepRouter(RunWatch watch)
    {
        if (watch.Saves)
        {
            using var bytes = new MemoryStream();
            _router.Transfer(StateTransfer.To(bytes));
            _routerState = bytes.ToArray();
        }
    }

    private bool RunInTurn(IRequestSource source, RunWatch watch)
    {
        while (source.NextArrival != Ticks.Never)
        {
            Request request = source.Take();
            _now = request.Arrival;
            int chosen = _router.Choose(request, this);
            _replicas[chosen].AdvanceTo(_now);
            _replicas[chosen].Offer(request);
            _ranking?.Changed(chosen);
            if (++Taken % LookRequests == 0 && watch.Pauses(_now))
            {
                KeepRouter(watch);
                if (!watch.GoesOn())
                {
                    return false;
                }
            }
        }

        KeepRouter(watch);
        return true;
    }

    // The next request may follow from an answer of any replica, so that ends and arrivals are taken in the order of time.
    private bool RunClosed(IRequestSource source, RunWatch watch)
    {
        var ends = new TimeHeap(_replicas.Length);
        for (long events = 1; Math.Min(source.NextArrival, ends.FirstTime) is var now && now != Ticks.Never; events++)
        {
            int replica;
            if (ends.FirstTime == now)
            {
                replica = ends.First;
                _replicas[replica].AdvanceTo(now);
            }
            else
            {
                Request request = source.Take();
                _now = now;
                replica = _router.Choose(request, this);
                _replicas[replica].AdvanceTo(now);
                _replicas[replica].Offer(request);
                _ranking?.Changed(replica);
            }

            ends.Set(replica, _replicas[replica].End);
            if (events % LookRequests == 0 && watch.Pauses(now) && !watch.GoesOn())
            {
                return false;
            }
        }

        return true;
    }

    private bool RunApart(IRequestSource source, RunWatch watch)
    {
        var taken = new Request[WindowRequests];
        var dealt = new Request[WindowRequests];
        int[] chosen = new int[WindowRequests];
        int[] starts = new int[_replicas.Length + 2];
        var slices = new SliceSource[_shards];
        for (int i = 0; i < _shards; i++)
        {
            slices[i] = new SliceSource(dealt);
        }

        KeepRouter(watch);
        while (source.NextArrival != Ticks.Never)
        {
            int count = 0;
            while (count < WindowRequests && source.NextArrival != Ticks.Never)
            {
                taken[count] = source.Take();
                chosen[count] = _router.Choose(taken[count], this);
                count++;
            }

            // Dealt out by counting, each replica's in the order of arrival.
            Array.Clear(starts);
            for (int i = 0; i < count; i++)
            {
                starts[chosen[i] + 2]++;
            }

            for (int i = 2; i < starts.Length; i++)
            {
                starts[i] += starts[i - 1];
            }

            for (int i = 0; i < count; i++)
            {
                dealt[starts[chosen[i] + 1]++] = taken[i];
            }

            long end = taken[count - 1].Arrival;
            if (!ForEachShard(watch, shard =>
            {
                for (int i = shard; i < _replicas.Length; i += _shards)
                {
                    if (!RunDealt(i, slices[shard], starts[i], starts[i + 1], end, watch))
                    {
                        return false;
                    }
                }

                return true;
            }))
            {
                return false;
            }

            Taken += count;
            Array.Clear(_taken);
            KeepRouter(watch);
            if (watch.Pauses(end) && !watch.GoesOn())
            {
                return false;
            }
        }

        return true;
    }

    // A replica's part of a window, in portions, from where it was interrupted.
    private bool RunDealt(int replica, SliceSource slice, int from, int to, long end, RunWatch watch)
    {
        while (true)
        {
            int first = from + _taken[replica], last = Math.Min(first + Portion, to);
            slice.Set(first, last);
            _replicas[replica].RunUntil(slice, last == to ? end : slice.Arrival(last - 1));
            _taken[replica] = last - from;
            if (last == to)
            {
                return true;
            }

            if (watch.Pauses(slice.Arrival(last - 1)))
            {
                return false;
            }
        }
    }

    private sealed class SliceSource(Request[] requests) : IRequestSource
    {
        private int _next;
        private int _to;

        public long NextArrival => _next < _to ? requests[_next].Arrival : Ticks.Never;

        public Request Take() => requests[_next++];

        public long Arrival(int index) => requests[index].Arrival;

        public void Set(int from, int to) => (_next, _to) = (from, to);
    }
}
