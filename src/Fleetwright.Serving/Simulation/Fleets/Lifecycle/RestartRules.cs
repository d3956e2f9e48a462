namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>
/// Rolling restarts: all replicas in the order of their numbers, some at a time. One that is to restart takes no more requests, answers those it has, restarts and comes back
/// before the next goes.
/// </summary>
public sealed record RestartRules
{
    /// <summary>Seconds from one start of a round to the next, the first included; a round that would begin while one goes on begins at its end.</summary>
    public required double EverySeconds { get; init; }

    /// <summary>Replicas that drain or restart at once.</summary>
    public int AtOnce { get; init; } = 1;

    /// <summary>Seconds of a restart; the start-up of the fleet when null.</summary>
    public double? RestartSeconds { get; init; }
}
