using System.Numerics;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// The replica with the least of a load, as of an arrival. Runs that have ended by then are taken in the order of time, and a tournament over the replicas is
/// played again along the paths of those that changed: a choice costs what happened since the one before, not a look at every replica.
/// </summary>
/// <remarks>It is exact, because a load changes only when a run of the replica ends or a request goes to it.</remarks>
internal sealed class LoadRanking
{
    private readonly IReplicaEngine[] _replicas;
    private readonly TimeHeap _ends;
    private readonly double[] _loads;

    // The winner below each node of a tree: node i has 2i and 2i + 1 below it, and the replicas stand below the last nodes.
    private readonly int[] _winners;

    /// <param name="replicas">The replicas, none behind <paramref name="now"/> once this is made.</param>
    /// <param name="load">What is compared.</param>
    /// <param name="now">The time, in ticks.</param>
    public LoadRanking(IReplicaEngine[] replicas, ReplicaLoad load, long now)
    {
        (_replicas, Load, _ends) = (replicas, load, new TimeHeap(replicas.Length));
        int leaves = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, replicas.Length));
        _loads = new double[leaves];
        _loads.AsSpan(replicas.Length).Fill(double.PositiveInfinity);
        _winners = new int[2 * leaves];
        for (int i = 0; i < leaves; i++)
        {
            _winners[leaves + i] = i;
        }

        for (int i = leaves - 1; i > 0; i--)
        {
            _winners[i] = _winners[2 * i];
        }

        for (int i = 0; i < replicas.Length; i++)
        {
            replicas[i].AdvanceTo(now);
            Changed(i);
        }
    }

    /// <summary>What is compared.</summary>
    public ReplicaLoad Load { get; }

    /// <summary>The replica with the least; of equals the first.</summary>
    /// <param name="now">When, in ticks; the replicas are advanced to it where something happens.</param>
    public int Least(long now)
    {
        while (_ends.FirstTime <= now)
        {
            int replica = _ends.First;
            _replicas[replica].AdvanceTo(now);
            Changed(replica);
        }

        return _winners[1];
    }

    /// <summary>A request has gone to a replica.</summary>
    public void Changed(int replica)
    {
        _ends.Set(replica, _replicas[replica].End);
        double load = Load switch
        {
            ReplicaLoad.Waiting => _replicas[replica].Waiting,
            ReplicaLoad.Outstanding => _replicas[replica].Waiting + _replicas[replica].Running,
            _ => _replicas[replica].CacheTaken,
        };
        if (load == _loads[replica])
        {
            return;
        }

        _loads[replica] = load;
        for (int node = (_loads.Length + replica) / 2; node > 0; node /= 2)
        {
            int left = _winners[2 * node], right = _winners[(2 * node) + 1];
            _winners[node] = _loads[right] < _loads[left] ? right : left;
        }
    }
}
