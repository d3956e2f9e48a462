using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>What happens to the replicas of a fleet while it serves: rules and sources in <c>docs/serving-fleet.md</c>.</summary>
public sealed record FleetBehaviour
{
    /// <summary>Failures and repairs; null for none.</summary>
    public FailureRules? Failures { get; init; }

    /// <summary>How many replicas run as the load changes; null for always as many.</summary>
    public AutoscalingRules? Autoscaling { get; init; }

    /// <summary>Restarts of all replicas, some at a time; null for none.</summary>
    public RestartRules? Restarts { get; init; }

    /// <summary>What passes between the order to start a replica and its first request.</summary>
    public StartUp StartUp { get; init; }
}

/// <summary>How long a replica takes to start: the engine, and its weights from storage; each server reads those of its own chips.</summary>
/// <param name="Seconds">Seconds of the engine and everything else that does not depend on the model's size.</param>
/// <param name="StorageBytesPerSecond">Bandwidth of a server's storage; infinite where the seconds say all.</param>
public readonly record struct StartUp(double Seconds, double StorageBytesPerSecond = double.PositiveInfinity)
{
    /// <summary>Seconds of a replica.</summary>
    public double Of(Replica replica)
    {
        int chips = Math.Min(replica.Chips, replica.Chip.Chip.ChipsPerServer);
        return Seconds + (StorageBytesPerSecond > 0 ? replica.WeightBytes * chips / StorageBytesPerSecond : 0);
    }
}

/// <summary>Replicas of another kind behind the same router.</summary>
/// <param name="Name">What it is called in results.</param>
/// <param name="Replica">The replica.</param>
/// <param name="Replicas">Copies of it.</param>
/// <param name="Weight">Share of requests that a copy should get, against the weights of the others.</param>
public sealed record FleetKind(string Name, Replica Replica, int Replicas, double Weight = 1);

/// <summary>A class of requests and the replicas that serve it: the next so many, in the order of the groups.</summary>
/// <param name="Class">The class; −1 for all that are not named.</param>
/// <param name="Replicas">Replicas.</param>
public readonly record struct ClassGroup(int Class, int Replicas);
