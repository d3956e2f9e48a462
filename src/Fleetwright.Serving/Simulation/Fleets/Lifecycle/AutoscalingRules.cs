namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>What an autoscaler looks at; of a replica, as a mean over those that take requests.</summary>
public enum ScalingSignal
{
    /// <summary>Requests on a replica, waiting or running; those that wait at the router are shared out.</summary>
    Outstanding,

    /// <summary>Share of the cache that is taken.</summary>
    Cache,

    /// <summary>Requests per second that arrived since the last look.</summary>
    Rate,
}

/// <summary>The rule of Kubernetes' horizontal pod autoscaler, with its defaults.</summary>
public sealed record AutoscalingRules
{
    /// <summary>What is looked at.</summary>
    public required ScalingSignal Signal { get; init; }

    /// <summary>What a replica should have of it.</summary>
    public required double Target { get; init; }

    /// <summary>Replicas at least.</summary>
    public int Minimum { get; init; } = 1;

    /// <summary>Replicas at most.</summary>
    public required int Maximum { get; init; }

    /// <summary>Seconds between two looks (<c>--horizontal-pod-autoscaler-sync-period</c>).</summary>
    public double SyncSeconds { get; init; } = 15;

    /// <summary>How far from the target nothing is done, as a share of it (<c>--horizontal-pod-autoscaler-tolerance</c>).</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>Seconds that fewer replicas must have been enough before any is taken away (<c>scaleDown.stabilizationWindowSeconds</c>).</summary>
    public double DownWindowSeconds { get; init; } = 300;
}
