using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Links;

/// <summary>What a link joins.</summary>
public enum LinkUse
{
    /// <summary>Chips of one scale-up domain.</summary>
    ScaleUp,

    /// <summary>A chip and its host.</summary>
    Host,

    /// <summary>Servers or racks.</summary>
    ScaleOut,
}

/// <summary>A link technology between chips, hosts or servers.</summary>
public sealed record Link
{
    /// <summary>The catalogue name, such as <c>nvlink-4</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its name in full.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>What it joins.</summary>
    public required LinkUse Use { get; init; }

    /// <summary>Bandwidth of one link and direction in bytes per second, before protocol overhead.</summary>
    public required Fact LinkBandwidth { get; init; }

    /// <summary>Links of one chip in the products that use it.</summary>
    public required int LinksPerChip { get; init; }

    /// <summary>Time of one hop for a small message in seconds; null when no source states it.</summary>
    public Fact? Latency { get; init; }

    /// <summary>Share of the bandwidth that large transfers reach; null when no source states it.</summary>
    public Fact? Efficiency { get; init; }

    /// <summary>Bandwidth of one chip and direction in bytes per second: that of a link times links per chip.</summary>
    public double ChipBandwidth => LinkBandwidth * LinksPerChip;
}

/// <summary>Reads <c>catalog/links/*.yaml</c>.</summary>
public static class LinkReader
{
    private static readonly (string, LinkUse)[] Uses = [("scale-up", LinkUse.ScaleUp), ("host", LinkUse.Host), ("scale-out", LinkUse.ScaleOut)];

    /// <summary>Reads a link technology.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static Link Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new Link
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Use = root.Choice("use", Uses),
            LinkBandwidth = root.Fact("bandwidth", Dimension.ByteRate, 1),
            LinksPerChip = (int)root.Integer("links_per_chip", 1, 1, 1000),
            Latency = root.OptionalFact("latency", Dimension.Time, 1e-9, 1),
            Efficiency = root.OptionalFact("efficiency", Dimension.Fraction, 0.01, 1.2),
        };
    }
}
