using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Foundry;

/// <summary>What a site makes.</summary>
public enum SiteKind
{
    /// <summary>Logic wafers.</summary>
    Fab,

    /// <summary>Packages.</summary>
    Packaging,

    /// <summary>Memory.</summary>
    Memory,
}

/// <summary>A process that a site runs.</summary>
/// <param name="Process">A name of <c>catalog/nodes</c>, or of <c>catalog/memories</c> for a memory site.</param>
/// <param name="From">The first quarter of volume production, as planned or as it happened; null when it has long been running.</param>
/// <param name="Latest">The latest start that a source reports, when plans slip or disagree; null when there is one date only.</param>
public sealed record SiteProcess(string Process, Quarter? From, Quarter? Latest);

/// <summary>A fab, packaging plant or memory maker's base. One thing that can stop, with all that it makes.</summary>
public sealed record Site
{
    /// <summary>The catalogue name, such as <c>jasm-1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its name in full.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who runs it.</summary>
    public required string Company { get; init; }

    /// <summary>The town.</summary>
    public required string City { get; init; }

    /// <summary>The country, the grain of most disruptions.</summary>
    public required string Country { get; init; }

    /// <summary>What it makes.</summary>
    public required SiteKind Kind { get; init; }

    /// <summary>What it was doing at the end of 2026, in words.</summary>
    public required string Status { get; init; }

    /// <summary>When building began; null when not stated.</summary>
    public Quarter? ConstructionStart { get; init; }

    /// <summary>What it can make, and from when.</summary>
    public required IReadOnlyList<SiteProcess> Processes { get; init; }

    /// <summary>Capacity in 300 mm wafer starts per month over time, all processes together; null when undisclosed.</summary>
    public DatedFacts? WafersPerMonth { get; init; }

    /// <summary>Price of its wafers relative to the foundry's home site; null for one.</summary>
    public Fact? PriceFactor { get; init; }

    /// <summary>Whether the site makes <paramref name="process"/> in volume in <paramref name="quarter"/>, by its plan.</summary>
    public bool Makes(string process, Quarter quarter) =>
        Processes.Any(p => string.Equals(p.Process, process, StringComparison.OrdinalIgnoreCase) && (p.From is null || p.From <= quarter));
}

/// <summary>Reads <c>catalog/sites/*.yaml</c>.</summary>
public static class SiteReader
{
    private static readonly (string, SiteKind)[] Kinds = [("fab", SiteKind.Fab), ("packaging", SiteKind.Packaging), ("memory", SiteKind.Memory)];

    /// <summary>Reads a site.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static Site Read(YamlFile file)
    {
        YamlMap root = file.Root;
        SiteProcess[] processes = [.. root.Maps("processes").Select(ReadProcess)];
        if (processes.Length == 0)
        {
            root.Report("processes", "needs at least one process, such as - { process: tsmc-n5, from: 2020Q2 }");
        }

        return new Site
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Company = root.Text("company"),
            City = root.Text("city"),
            Country = root.Text("country"),
            Kind = root.Choice("kind", Kinds),
            Status = root.Text("status"),
            ConstructionStart = root.OptionalQuarter("construction_start"),
            Processes = processes,
            WafersPerMonth = DatedFacts.Read(root, "capacity", "wafers_per_month", Dimension.Count),
            PriceFactor = root.OptionalFact("price_factor", Dimension.Fraction, 0.1, 10),
        };
    }

    private static SiteProcess ReadProcess(YamlMap map)
    {
        var process = new SiteProcess(map.Text("process"), map.OptionalQuarter("from"), map.OptionalQuarter("latest"));
        if (process is { From: { } from, Latest: { } latest } && latest < from)
        {
            map.Report("latest", $"found {latest}; allowed: a quarter from {from} on");
        }

        return process;
    }
}
