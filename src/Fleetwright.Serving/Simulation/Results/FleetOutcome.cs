using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What became of the replicas of a fleet that changes, or that is of several kinds.</summary>
public sealed record FleetOutcome
{
    /// <summary>By kind; the first is the deployment that was asked for.</summary>
    public required IReadOnlyList<KindOutcome> Kinds { get; init; }

    /// <summary>Failures; null where none were asked for.</summary>
    public FailureOutcome? Failures { get; init; }

    /// <summary>When the number of replicas was changed by the autoscaler, the first of them (<see cref="MostScalings"/>).</summary>
    public IReadOnlyList<Scaling> Scalings { get; init; } = [];

    /// <summary>How often it was changed.</summary>
    public long ScalingCount { get; init; }

    /// <summary>Replicas that were ordered at one time, at least; those of the start where nothing scales.</summary>
    public required int FewestReplicas { get; init; }

    /// <summary>Replicas that were ordered at one time, at most.</summary>
    public required int MostReplicas { get; init; }

    /// <summary>Replicas that were restarted in rounds.</summary>
    public long Restarts { get; init; }

    /// <summary>Replicas by status over time.</summary>
    public required FleetSeries Series { get; init; }

    /// <summary>How many changes are kept one by one.</summary>
    public const int MostScalings = 1000;

    /// <summary>Replica-seconds that were paid for: starting, up, draining or down, and spares.</summary>
    public double PaidSeconds => Kinds.Sum(k => k.PaidSeconds);

    /// <summary>Share of the time of replicas that should be there in which they were up or draining.</summary>
    public double Availability => Kinds.Sum(k => k.UpSeconds + k.DrainingSeconds) / Math.Max(double.Epsilon, Kinds.Sum(k => k.MemberSeconds));

    /// <summary>Joules of all chips.</summary>
    public double Joules => Kinds.Sum(k => k.Joules);
}

/// <summary>What replicas of one kind did; times in replica-seconds.</summary>
/// <param name="Name">The kind.</param>
/// <param name="Replica">The replica.</param>
/// <param name="Replicas">Copies at the start.</param>
/// <param name="Weight">Share of requests that a copy should get, against the weights of the others.</param>
/// <param name="Statistics">Of the requests that ended on them.</param>
/// <param name="Work">What they did.</param>
/// <param name="UpSeconds">Taking requests.</param>
/// <param name="StartingSeconds">Starting.</param>
/// <param name="DrainingSeconds">Draining.</param>
/// <param name="DownSeconds">Failed.</param>
/// <param name="SpareSeconds">Sets of chips that stood by or were in repair beyond those that are missing.</param>
/// <param name="Joules">Energy of their chips; those that are down or stand by take none.</param>
public sealed record KindOutcome(
    string Name, Replica Replica, int Replicas, double Weight, RunStatistics Statistics, ReplicaWork Work,
    double UpSeconds, double StartingSeconds, double DrainingSeconds, double DownSeconds, double SpareSeconds, double Joules)
{
    /// <summary>All but off.</summary>
    public double MemberSeconds => UpSeconds + StartingSeconds + DrainingSeconds + DownSeconds;

    /// <summary>With spares.</summary>
    public double PaidSeconds => MemberSeconds + SpareSeconds;

    /// <summary>With power on.</summary>
    public double PoweredSeconds => UpSeconds + StartingSeconds + DrainingSeconds;
}

/// <summary>A change of the number of replicas.</summary>
/// <param name="Seconds">When.</param>
/// <param name="From">Replicas that were ordered.</param>
/// <param name="To">Replicas that are ordered from then on.</param>
/// <param name="Signal">The signal, a mean over those that took requests.</param>
public readonly record struct Scaling(double Seconds, int From, int To, double Signal);

/// <summary>Failures and what they cost.</summary>
public sealed class FailureOutcome
{
    /// <summary>Failures of chips that stopped a replica.</summary>
    public long ChipFailures { get; internal set; }

    /// <summary>Failures of nodes that stopped a replica or several.</summary>
    public long NodeFailures { get; internal set; }

    /// <summary>Times that a replica stopped.</summary>
    public long ReplicaFailures { get; internal set; }

    /// <summary>Times that a spare took over.</summary>
    public long SparesUsed { get; internal set; }

    /// <summary>Requests that were on a replica when it failed, or were sent to it before that was noticed.</summary>
    public long LostRequests { get; internal set; }

    /// <summary>Of them, those that had begun to answer.</summary>
    public long LostAnswers { get; internal set; }

    /// <summary>Of them, routed again; a request can be more than once.</summary>
    public long Retries { get; internal set; }

    /// <summary>Of them, given up; they are counted as turned away too.</summary>
    public long Drops { get; internal set; }

    /// <summary>Tokens of prompts and answers that caches held of them.</summary>
    public long LostTokens { get; internal set; }

    /// <summary>Tokens that clients had of requests that were given up.</summary>
    public long DroppedTokens { get; internal set; }

    /// <summary>Of requests that were routed again: from the failure to their next token.</summary>
    public LatencySketch Interruption { get; } = new();
}
