using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog.Devices;

/// <summary>A system-on-chip (or a computer's processor): its memory path and the units that can run a model.</summary>
public sealed record Soc
{
    /// <summary>The catalogue name, such as <c>snapdragon-8-gen-3</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its usual name, as tables of measurements write it, such as <c>Snapdragon 8 Gen 3</c>.</summary>
    public required string Title { get; init; }

    /// <summary>Other texts by which tables name it.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who designs it.</summary>
    public required string Vendor { get; init; }

    /// <summary>The line of chips that it belongs to, such as <c>snapdragon-phone</c> or <c>apple-m</c>.</summary>
    public required string Family { get; init; }

    /// <summary>A number that rises with the generation within the line.</summary>
    public required int Generation { get; init; }

    /// <summary>Memory technology, such as <c>lpddr5x</c>.</summary>
    public required string MemoryKind { get; init; }

    /// <summary>Peak memory bandwidth shared by all units in bytes per second; null when undisclosed.</summary>
    public Fact? MemoryBandwidth { get; init; }

    /// <summary>The units that can run a model; at least one, each kind at most once.</summary>
    public required IReadOnlyList<ComputeUnit> Units { get; init; }

    /// <summary>The unit of a kind, or null.</summary>
    public ComputeUnit? Unit(ComputeUnitKind kind) => Units.FirstOrDefault(u => u.Kind == kind);
}
