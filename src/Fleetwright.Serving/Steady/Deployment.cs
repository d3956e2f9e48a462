using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Steady;

/// <summary>One replica of a model as it is run, under a closed loop: a fixed number of requests is always in flight.</summary>
public sealed record Deployment
{
    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>The chip.</summary>
    public required ChipModel Chip { get; init; }

    /// <summary>The split over chips.</summary>
    public required Sharding Sharding { get; init; }

    /// <summary>Number formats.</summary>
    public required Precision Precision { get; init; }

    /// <summary>The engine.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>Requests in flight per replica.</summary>
    public required double Concurrency { get; init; }

    /// <summary>What requests look like.</summary>
    public required Workload Workload { get; init; }

    /// <summary>Compiles the replica.</summary>
    /// <exception cref="ArgumentException">The sharding does not divide the model; see <see cref="ModelGraph.Problem"/>.</exception>
    public Replica Compile() => new(new ModelGraph(Model, Precision, Sharding), Chip, Engine);
}
