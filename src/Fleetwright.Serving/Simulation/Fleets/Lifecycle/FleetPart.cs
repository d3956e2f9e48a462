using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>Replicas of one kind as they are made for a run.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Limits">What a scheduler of it may fill.</param>
/// <param name="Table">Prices of its iterations.</param>
/// <param name="Sink">Hears of its requests; null outside of a fleet that changes.</param>
internal sealed record FleetPart(FleetKind Kind, SchedulerLimits Limits, ReplicaTable Table, ICompletionSink? Sink = null)
{
    /// <summary>Its adapters: what one is and what they cost; null without any.</summary>
    public (AdapterSizes Sizes, AdapterTable Table)? Adapters { get; init; }

    /// <summary>The replica.</summary>
    public Replica Replica => Kind.Replica;

    /// <summary>Engines of a replica: its pipeline stages, each with a micro-batch.</summary>
    public int Stages { get; } = Kind.Replica.Sharding.PipelineParallel;

    /// <summary>Ranks with a scheduler and a cache each.</summary>
    public int Ranks { get; } = Kind.Replica.Sharding.AttentionDataParallel;

    /// <summary>Ticks that a request takes beyond its iterations.</summary>
    public long Overhead { get; } = Ticks.Of(Kind.Replica.Engine.RequestOverheadSeconds);
}
