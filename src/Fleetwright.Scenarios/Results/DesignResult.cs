namespace Fleetwright.Scenarios.Results;

/// <summary>A design on offer: what follows from its structure, and what it costs.</summary>
public sealed record DesignResult
{
    /// <summary>Its name, as the chip of options, orders and fleet.</summary>
    public required string Chip { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The node that it was designed for.</summary>
    public required string Node { get; init; }

    /// <summary>All its silicon in mm².</summary>
    public required double DieSquareMillimetres { get; init; }

    /// <summary>The number format that its rate is given in.</summary>
    public required string MatrixFormat { get; init; }

    /// <summary>Peak matrix rate in that format in operations per second.</summary>
    public required double MatrixRate { get; init; }

    /// <summary>Off-chip memory, as the catalogue calls it.</summary>
    public required string MemoryKind { get; init; }

    /// <summary>Its capacity in bytes.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>Its bandwidth in bytes per second.</summary>
    public required double MemoryBytesPerSecond { get; init; }

    /// <summary>Power limit of the package in watts.</summary>
    public required double PowerWatts { get; init; }

    /// <summary>Power with its share of host, network and cooling in watts at the meter.</summary>
    public required double MeterWatts { get; init; }

    /// <summary>Dollars of a chip by its cheapest offer in the first quarter, without its system.</summary>
    public required double PriceDollars { get; init; }

    /// <summary>Dollars of making a good unit, masks and design left out; null when the catalogue lacks a price that it needs.</summary>
    public double? MakingDollars { get; init; }

    /// <summary>The tenth percentile of that.</summary>
    public double? MakingDollarsLow { get; init; }

    /// <summary>The ninetieth percentile.</summary>
    public double? MakingDollarsHigh { get; init; }

    /// <summary>Dollars for masks and design, once.</summary>
    public double? OneTimeDollars { get; init; }

    /// <summary>Dollars of a chip with its system over its life, operations and energy included, per second.</summary>
    public required double DollarsPerSecond { get; init; }
}
