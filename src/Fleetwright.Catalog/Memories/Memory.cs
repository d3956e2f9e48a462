using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Memories;

/// <summary>A memory technology, as a stack (HBM) or a package (GDDR, LPDDR, DDR) of it.</summary>
public sealed record Memory
{
    /// <summary>The catalogue name, such as <c>hbm3e</c>; the <c>memory.kind</c> of chips.</summary>
    public required string Name { get; init; }

    /// <summary>Its name in full.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>What one unit of it is: <c>stack</c>, <c>package</c>, <c>module</c> or <c>on-chip</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Bytes of one unit; null for on-chip memory.</summary>
    public Fact? Capacity { get; init; }

    /// <summary>Peak bandwidth of one unit in bytes per second; null for on-chip memory.</summary>
    public Fact? Bandwidth { get; init; }

    /// <summary>Energy of moving one bit in joules, interface included; null when not known.</summary>
    public Fact? EnergyPerBit { get; init; }

    /// <summary>Price in dollars per byte over time; null when not sold or not known.</summary>
    public DatedFacts? Price { get; init; }

    /// <summary>Share of wafer starts that become good stacks, relative to plain DRAM; null when not known.</summary>
    public Fact? RelativeYield { get; init; }

    /// <summary>Time from wafer start to finished unit in seconds; null when not known.</summary>
    public Fact? CycleTime { get; init; }
}

/// <summary>Reads <c>catalog/memories/*.yaml</c>.</summary>
public static class MemoryReader
{
    private static readonly (string, string)[] Units = [("stack", "stack"), ("package", "package"), ("module", "module"), ("on-chip", "on-chip")];

    /// <summary>Reads a memory technology.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static Memory Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new Memory
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Unit = root.Choice("unit", Units),
            Capacity = root.OptionalFact("capacity", Dimension.Bytes, 1),
            Bandwidth = root.OptionalFact("bandwidth", Dimension.ByteRate, 1),
            EnergyPerBit = root.OptionalFact("energy_per_bit", Dimension.Energy, 1e-16, 1e-9),
            Price = DatedFacts.Read(root, "prices", "price", Dimension.MoneyPerByte),
            RelativeYield = root.OptionalFact("relative_yield", Dimension.Fraction, 0.01, 1),
            CycleTime = root.OptionalFact("cycle_time", Dimension.Time, 86400),
        };
    }
}
