using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Search;

/// <summary>A chip on offer at what it costs to own, in dollars per second and chip.</summary>
/// <param name="Chip">The chip.</param>
/// <param name="DollarsPerSecond">Capital, place and power of one chip.</param>
public sealed record ChipOffer(ChipModel Chip, double DollarsPerSecond);

/// <summary>What is to be served, how fast, and on what.</summary>
public sealed record SizingRequest
{
    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>What requests look like.</summary>
    public required Workload Workload { get; init; }

    /// <summary>Latency to keep.</summary>
    public required LatencyTargets Targets { get; init; }

    /// <summary>Requests per second of the whole fleet.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>The engine.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>Chips to choose from.</summary>
    public required IReadOnlyList<ChipOffer> Offers { get; init; }

    /// <summary>Number formats allowed. On each chip those that its matrix unit multiplies in are tried; all of them when it has none.</summary>
    public required IReadOnlyList<Precision> Precisions { get; init; }

    /// <summary>Most chips of one replica.</summary>
    public int MaximumChipsPerReplica { get; init; } = 64;

    /// <summary>Threads to use; the answer does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Cost constants, for power.</summary>
    public CostBasis Basis { get; init; } = CostBasis.Default;
}
