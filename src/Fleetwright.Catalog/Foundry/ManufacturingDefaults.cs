using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Foundry;

/// <summary>What the costing of a chip assumes where the chip's own file says nothing. Equations: docs/making.md.</summary>
public sealed record ManufacturingDefaults
{
    /// <summary>The catalogue name; <c>defaults</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>α of the negative binomial yield; smaller is more clustered.</summary>
    public required Fact Clustering { get; init; }

    /// <summary>Share of a die that its identical cores take.</summary>
    public required Fact CoreShare { get; init; }

    /// <summary>Share of the rest whose defects can be mended.</summary>
    public required Fact RepairableUncore { get; init; }

    /// <summary>Dollars to probe one die on the wafer.</summary>
    public required Fact SortPerDie { get; init; }

    /// <summary>Area of SRAM cells over that of the arrays they sit in.</summary>
    public required Fact SramEfficiency { get; init; }

    /// <summary>Share of a die that is PHY and other analogue circuits.</summary>
    public required Fact PhyShare { get; init; }

    /// <summary>PHY area goes as logic density to minus this power.</summary>
    public required Fact AnalogueExponent { get; init; }

    /// <summary>Site of a memory stack on an interposer in mm².</summary>
    public required Fact FootprintPerStack { get; init; }

    /// <summary>Interposer over the area of dies and stacks; at least 1.</summary>
    public required Fact InterposerMargin { get; init; }

    /// <summary>Share of the published design cost that an accelerator takes.</summary>
    public required Fact DesignShare { get; init; }

    /// <summary>How far the values of two nodes of one foundry move together, 0 to 1.</summary>
    public required Fact FoundryCorrelation { get; init; }

    /// <summary>Half-width, as a share, given to a value of medium confidence whose source states no range.</summary>
    public required Fact SpreadMedium { get; init; }

    /// <summary>The same at low confidence.</summary>
    public required Fact SpreadLow { get; init; }

    /// <summary>The same for a guess.</summary>
    public required Fact SpreadAssumed { get; init; }

    /// <summary>Half-width given to a value of <paramref name="confidence"/> whose source states no range; 0 at high confidence.</summary>
    public double SpreadOf(Confidence confidence) => confidence switch
    {
        Confidence.High => 0,
        Confidence.Medium => SpreadMedium,
        Confidence.Low => SpreadLow,
        _ => SpreadAssumed,
    };
}

/// <summary>Reads <c>catalog/manufacturing/*.yaml</c>.</summary>
public static class ManufacturingDefaultsReader
{
    /// <summary>Reads a set of assumptions.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static ManufacturingDefaults Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new ManufacturingDefaults
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Clustering = root.Fact("clustering", Dimension.Count, 0.5, 1000),
            CoreShare = Share(root, "core_area"),
            RepairableUncore = Share(root, "repairable_uncore"),
            SortPerDie = root.Fact("sort_per_die", Dimension.Money),
            SramEfficiency = root.Fact("sram_efficiency", Dimension.Fraction, 0.01, 1),
            PhyShare = Share(root, "phy_area"),
            AnalogueExponent = root.Fact("analogue_exponent", Dimension.Count, 0, 1),
            FootprintPerStack = root.Fact("footprint_per_stack", Dimension.Area, 1, 1000),
            InterposerMargin = root.Fact("interposer_margin", Dimension.Count, 1, 5),
            DesignShare = Share(root, "design_share"),
            FoundryCorrelation = Share(root, "foundry_correlation"),
            SpreadMedium = Share(root, "spread_medium"),
            SpreadLow = Share(root, "spread_low"),
            SpreadAssumed = Share(root, "spread_assumed"),
        };
    }

    private static Fact Share(YamlMap root, string key) => root.Fact(key, Dimension.Fraction, 0, 1);
}
