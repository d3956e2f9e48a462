using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>Which replica has which status, and for how long how many of a kind had it.</summary>
/// <param name="kindOf">The kind of each replica.</param>
/// <param name="kinds">Kinds.</param>
internal sealed class Roster(int[] kindOf, int kinds)
{
    private static readonly int s_statuses = Enum.GetValues<ReplicaStatus>().Length;
    private readonly ReplicaStatus[] _status = new ReplicaStatus[kindOf.Length];
    private readonly int[] _counts = [.. Enumerable.Range(0, kinds * s_statuses).Select(i => i % s_statuses == (int)ReplicaStatus.Off ? kindOf.Count(k => k == i / s_statuses) : 0)];
    private readonly int[] _all = [kindOf.Length, .. new int[s_statuses - 1]];
    private readonly double[] _ticks = new double[kinds * s_statuses];
    private long _now;

    /// <summary>All kinds together over time.</summary>
    public FleetSeries Series { get; } = new();

    /// <summary>The status of a replica.</summary>
    public ReplicaStatus this[int replica] => _status[replica];

    /// <summary>Replicas of a status.</summary>
    public int Count(ReplicaStatus status) => _all[(int)status];

    /// <summary>Replica-seconds of a kind in a status up to the last change.</summary>
    public double Seconds(int kind, ReplicaStatus status) => _ticks[(kind * s_statuses) + (int)status] / Ticks.PerSecond;

    /// <summary>A replica changes its status.</summary>
    public void Set(int replica, ReplicaStatus status, long now)
    {
        Advance(now);
        int kind = kindOf[replica] * s_statuses, old = (int)_status[replica];
        _counts[kind + old]--;
        _counts[kind + (int)status]++;
        _all[old]--;
        _all[(int)status]++;
        _status[replica] = status;
    }

    /// <summary>Nothing has changed until now.</summary>
    public void Advance(long now)
    {
        if (now > _now)
        {
            for (int i = 0; i < _ticks.Length; i++)
            {
                _ticks[i] += (double)(now - _now) * _counts[i];
            }

            Series.Add(now, _all);
            _now = now;
        }
    }
}
