using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Replicas behind a router. Where the router looks at the replicas, arrivals are taken one by one, and a replica is brought up to an
/// arrival only when the router asks for it. Where it does not, a window of arrivals is dealt out first and the replicas then run apart, on all
/// cores: the results are the same for any number of threads, because a replica sees nothing but its own requests.
/// </summary>
internal sealed class FleetSimulator : IReplicaLoads
{
    private const int WindowRequests = 1 << 16;

    // Of fewer replicas, a look at each is quicker than a ranking (docs/performance.md).
    private const int RankedFrom = 32;
    private readonly IReplicaEngine[] _replicas;
    private readonly Router _router;
    private readonly int _shards;
    private readonly ParallelOptions _options;
    private LoadRanking? _ranking;
    private long _now;

    /// <param name="replicas">The replicas. Those whose numbers have the same rest by <paramref name="shards"/> never run at once, so they may share a sink.</param>
    /// <param name="router">The router.</param>
    /// <param name="shards">Parts that may run at once.</param>
    /// <param name="threads">Threads to use.</param>
    public FleetSimulator(IReadOnlyList<IReplicaEngine> replicas, Router router, int shards, int threads)
    {
        (_replicas, _router, _shards) = ([.. replicas], router, shards);
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    /// <inheritdoc/>
    public int Count => _replicas.Length;

    /// <summary>The replicas.</summary>
    public IReadOnlyList<IReplicaEngine> Replicas => _replicas;

    /// <summary>Takes all requests of <paramref name="source"/> to their ends.</summary>
    /// <param name="source">The requests.</param>
    /// <param name="window">Called from time to time with the ticks reached; when it says false, no further request is taken and the rest of the run is left out.</param>
    public void Run(IRequestSource source, Func<long, bool>? window = null)
    {
        if (source is IClosedLoop { Waits: true })
        {
            RunClosed(source, window);
        }
        else if (_router.IsBlind ? RunApart(source, window) : RunInTurn(source, window))
        {
            ForEach(r => r.AdvanceTo(Ticks.Never - 1));
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

    private void ForEach(Action<IReplicaEngine> action) => Parallel.For(0, _shards, _options, shard =>
    {
        for (int i = shard; i < _replicas.Length; i += _shards)
        {
            action(_replicas[i]);
        }
    });

    private bool RunInTurn(IRequestSource source, Func<long, bool>? window)
    {
        for (int count = 1; source.NextArrival != Ticks.Never; count++)
        {
            Request request = source.Take();
            _now = request.Arrival;
            int chosen = _router.Choose(request, this);
            _replicas[chosen].AdvanceTo(_now);
            _replicas[chosen].Offer(request);
            _ranking?.Changed(chosen);
            if (count % WindowRequests == 0 && window?.Invoke(_now) == false)
            {
                return false;
            }
        }

        return true;
    }

    // The next request may follow from an answer of any replica, so that ends and arrivals are taken in the order of time.
    private void RunClosed(IRequestSource source, Func<long, bool>? window)
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
            if (events % WindowRequests == 0 && window?.Invoke(now) == false)
            {
                return;
            }
        }
    }

    private bool RunApart(IRequestSource source, Func<long, bool>? window)
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
            Parallel.For(0, _shards, _options, shard =>
            {
                for (int i = shard; i < _replicas.Length; i += _shards)
                {
                    slices[shard].Set(starts[i], starts[i + 1]);
                    _replicas[i].RunUntil(slices[shard], end);
                }
            });
            if (window?.Invoke(end) == false)
            {
                return false;
            }
        }

        return true;
    }

    private sealed class SliceSource(Request[] requests) : IRequestSource
    {
        private int _next;
        private int _to;

        public long NextArrival => _next < _to ? requests[_next].Arrival : Ticks.Never;

        public Request Take() => requests[_next++];

        public void Set(int from, int to) => (_next, _to) = (from, to);
    }
}
