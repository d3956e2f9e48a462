namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>A round of restarts: who is still to go, and who drains or restarts now.</summary>
/// <param name="atOnce">How many at once.</param>
internal sealed class RestartRound(int atOnce)
{
    private readonly Queue<int> _left = new();
    private readonly HashSet<int> _gone = [];
    private bool _due;

    /// <summary>Replicas that have come back.</summary>
    public long Restarted { get; private set; }

    /// <summary>Whether a round goes on.</summary>
    private bool GoesOn => _left.Count + _gone.Count > 0;

    /// <summary>A round is to begin, at the latest when the one that goes on has ended.</summary>
    public void Due() => _due = true;

    /// <summary>The next replica of the round to drain; false when none may go now.</summary>
    /// <param name="members">Replicas that are up.</param>
    /// <param name="replica">The replica, which may have failed or left since the round began.</param>
    public bool TryNext(Func<IEnumerable<int>> members, out int replica)
    {
        if (_due && !GoesOn)
        {
            _due = false;
            foreach (int member in members())
            {
                _left.Enqueue(member);
            }
        }

        replica = -1;
        return _gone.Count < atOnce && _left.TryDequeue(out replica);
    }

    /// <summary>A replica goes.</summary>
    public void Go(int replica) => _gone.Add(replica);

    /// <summary>Whether a replica drains or restarts for the round.</summary>
    public bool Has(int replica) => _gone.Contains(replica);

    /// <summary>A replica is back, or will not come back for the round.</summary>
    public void Leave(int replica, bool restarted)
    {
        if (_gone.Remove(replica) && restarted)
        {
            Restarted++;
        }
    }
}
