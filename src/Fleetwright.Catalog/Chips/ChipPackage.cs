using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>A kind of die in a chip's package. Shares are of the die's area; null where no source states one.</summary>
public sealed record PackagedDie
{
    /// <summary>What the die is called in tables.</summary>
    public required string Name { get; init; }

    /// <summary>Dies of this kind in a package; at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>Area of one die in mm².</summary>
    public required Fact Area { get; init; }

    /// <summary>The foundry node; null for the chip's own.</summary>
    public string? Node { get; init; }

    /// <summary>Identical cores on the die, spares included; null when none may fail.</summary>
    public Fact? Cores { get; init; }

    /// <summary>Cores that must work for the die to be sold; null for all.</summary>
    public Fact? CoresNeeded { get; init; }

    /// <summary>Whether it stands on another die, joined and tested before it meets the interposer.</summary>
    public bool Stacked { get; init; }

    /// <summary>Share that the cores take.</summary>
    public Fact? CoreShare { get; init; }

    /// <summary>Share that is SRAM.</summary>
    public Fact? SramShare { get; init; }

    /// <summary>Share that is PHY and other analogue circuits.</summary>
    public Fact? PhyShare { get; init; }
}

/// <summary>What is made and joined to one chip.</summary>
public sealed record ChipPackage
{
    /// <summary>A name of <c>catalog/packages</c>, such as <c>cowos-s</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Stacks in the package, or memory packages beside it; null to take the memory's capacity over that of one unit.</summary>
    public Fact? MemoryUnits { get; init; }

    /// <summary>Bytes of memory that are paid for; null for what software may use.</summary>
    public Fact? MemoryCapacity { get; init; }

    /// <summary>Area of the interposer in mm²; null to derive it from dies and stacks.</summary>
    public Fact? InterposerArea { get; init; }

    /// <summary>The dies, by kind; at least one.</summary>
    public required IReadOnlyList<PackagedDie> Dies { get; init; }

    internal static ChipPackage? Read(YamlMap? map)
    {
        if (map is null)
        {
            return null;
        }

        PackagedDie[] dies = [.. map.Maps("dies").Select(ReadDie)];
        if (dies.Length == 0)
        {
            map.Report("dies", "needs at least one die, such as - { name: compute die, area: 420 mm2 }");
        }

        return new ChipPackage
        {
            Kind = map.Text("kind"),
            MemoryUnits = map.OptionalFact("memory_units", Dimension.Count, 1, 1000),
            MemoryCapacity = map.OptionalFact("memory_capacity", Dimension.Bytes, 1),
            InterposerArea = map.OptionalFact("interposer_area", Dimension.Area, 1, 100_000),
            Dies = dies,
        };
    }

    private static PackagedDie ReadDie(YamlMap map)
    {
        var die = new PackagedDie
        {
            Name = map.Text("name"),
            Count = (int)map.Integer("count", 1, 1, 1000),
            Area = map.Fact("area", Dimension.Area, 0.1, 100_000),
            Node = map.OptionalText("node"),
            Cores = map.OptionalFact("cores", Dimension.Count, 1, 10_000_000),
            CoresNeeded = map.OptionalFact("cores_needed", Dimension.Count, 1, 10_000_000),
            Stacked = map.Flag("stacked"),
            CoreShare = map.OptionalFact("core_area", Dimension.Fraction, 0, 1),
            SramShare = map.OptionalFact("sram_area", Dimension.Fraction, 0, 1),
            PhyShare = map.OptionalFact("phy_area", Dimension.Fraction, 0, 1),
        };
        if (die.CoresNeeded is { } needed && (die.Cores is not { } cores || needed.Value > cores.Value))
        {
            map.Report("cores_needed", FormattableString.Invariant($"found {needed.Value:0}; allowed: at most the {die.Cores?.Value ?? 0:0} cores of the die"));
        }

        if ((die.SramShare?.Value ?? 0) + (die.PhyShare?.Value ?? 0) > 1)
        {
            map.Report("phy_area", "SRAM and PHY together take more than the die");
        }

        return die;
    }
}
