namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>What becomes of the requests of a replica that fails.</summary>
public enum LostRequests
{
    /// <summary>They are routed again; the client keeps the tokens that it has and gets the rest.</summary>
    Retry,

    /// <summary>They end unanswered, and are counted.</summary>
    Drop,
}

/// <summary>
/// Chips and nodes fail at constant rates, whatever they do, and are repaired in exponentially long times: the failure of any chip or node stops its whole replica.
/// </summary>
public sealed record FailureRules
{
    /// <summary>Mean seconds between failures of one chip.</summary>
    public double ChipMtbfSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>Mean seconds between failures of one node (a server with all its chips).</summary>
    public double NodeMtbfSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>Mean seconds from the detection of a failure until the hardware can start again.</summary>
    public required double RepairSeconds { get; init; }

    /// <summary>Seconds until the router knows: what it sends meanwhile waits with what the replica had. 10 s is nginx's <c>fail_timeout</c> and the period of a Kubernetes probe.</summary>
    public double DetectionSeconds { get; init; } = 10;

    /// <summary>What becomes of the requests.</summary>
    public LostRequests OnFailure { get; init; }

    /// <summary>Sets of chips for a replica of each kind that stand by to take over; what was repaired joins them.</summary>
    public int Spares { get; init; }
}
