namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What a replica of a fleet is doing.</summary>
public enum ReplicaStatus
{
    /// <summary>It is not part of the fleet at the moment, and not paid for.</summary>
    Off,

    /// <summary>Loading weights and starting its engine.</summary>
    Starting,

    /// <summary>Taking requests.</summary>
    Up,

    /// <summary>Answering what it has, and taking no more.</summary>
    Draining,

    /// <summary>Failed: not noticed yet, in repair, or waiting for hardware.</summary>
    Down,
}
