using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Replicas behind a router. Where the router looks at the replicas, arrivals are taken one by one, and a replica is brought up to an
/// arrival only when the router asks for it. Where it does not, a window of arrivals is dealt out first and the replicas then run apart, on all
/// cores: the results are the same for any number of threads, because a replica sees nothing but its own requests.
/// </summary>
internal sealed class FleetSimulator<TTimes> : IReplicaLoads
    where TTimes : struct, IIterationTimes
{
    private const int WindowRequests = 1 << 16;
    private readonly ReplicaSimulator<TTimes>[] _replicas;
    private readonly Router _router;
    private long _now;

    /// <param name="replicas">The replicas, each with a sink of its own where the router is blind.</param>
    /// <param name="router">The router.</param>
    public FleetSimulator(IReadOnlyList<ReplicaSimulator<TTimes>> replicas, Router router) => (_replicas, _router) = ([.. replicas], router);

    /// <inheritdoc/>
    public int Count => _replicas.Length;

    /// <summary>The replicas.</summary>
    public IReadOnlyList<ReplicaSimulator<TTimes>> Replicas => _replicas;

    /// <summary>Takes all requests of <paramref name="source"/> to their ends.</summary>
    public void Run(IRequestSource source, int threads)
    {
        if (_router.IsBlind)
        {
            RunApart(source, threads);
        }
        else
        {
            while (source.NextArrival != Ticks.Never)
            {
                Request request = source.Take();
                _now = request.Arrival;
                int chosen = _router.Choose(request, this);
                _replicas[chosen].AdvanceTo(_now);
                _replicas[chosen].Offer(request);
            }
        }

        Parallel.For(0, _replicas.Length, new ParallelOptions { MaxDegreeOfParallelism = _router.IsBlind ? threads : 1 }, i => _replicas[i].AdvanceTo(Ticks.Never - 1));
    }

    /// <inheritdoc/>
    int IReplicaLoads.Waiting(int replica) => Current(replica).State.WaitingCount;

    /// <inheritdoc/>
    int IReplicaLoads.Outstanding(int replica) => Current(replica).State.WaitingCount + _replicas[replica].State.RunningCount;

    /// <inheritdoc/>
    double IReplicaLoads.CacheTaken(int replica) => 1 - ((double)Current(replica).State.FreeBlocks / _replicas[replica].State.Limits.Blocks);

    private ReplicaSimulator<TTimes> Current(int replica)
    {
        _replicas[replica].AdvanceTo(_now);
        return _replicas[replica];
    }

    private void RunApart(IRequestSource source, int threads)
    {
        var window = new Request[WindowRequests];
        int[] chosen = new int[WindowRequests];
        int[] starts = new int[_replicas.Length + 1];
        var dealt = new Request[WindowRequests];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        while (source.NextArrival != Ticks.Never)
        {
            int count = 0;
            while (count < WindowRequests && source.NextArrival != Ticks.Never)
            {
                window[count] = source.Take();
                chosen[count] = _router.Choose(window[count], this);
                count++;
            }

            // Dealt out by counting, each replica's in the order of arrival.
            Array.Clear(starts);
            for (int i = 0; i < count; i++)
            {
                starts[chosen[i] + 1]++;
            }

            for (int i = 0; i < _replicas.Length; i++)
            {
                starts[i + 1] += starts[i];
            }

            for (int i = count - 1; i >= 0; i--)
            {
                dealt[--starts[chosen[i] + 1]] = window[i];
            }

            long end = window[count - 1].Arrival;
            int total = count;
            Parallel.For(0, _replicas.Length, options, i =>
            {
                int last = i + 2 <= _replicas.Length ? starts[i + 2] : total;
                _replicas[i].RunUntil(new SliceSource(dealt, starts[i + 1], last), end);
            });
        }
    }

    private sealed class SliceSource(Request[] requests, int from, int to) : IRequestSource
    {
        private int _next = from;

        public long NextArrival => _next < to ? requests[_next].Arrival : Ticks.Never;

        public Request Take() => requests[_next++];
    }
}
