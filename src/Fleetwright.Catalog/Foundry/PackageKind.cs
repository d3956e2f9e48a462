using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Foundry;

/// <summary>A way to join dies and memory to a chip: what it costs and how often it succeeds.</summary>
public sealed record PackageKind
{
    /// <summary>The catalogue name, such as <c>cowos-s</c>; the <c>package.kind</c> of chips.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>The packaging process that states wafer price, defect density and the price of a package; null for an organic substrate, whose <see cref="Price"/> is its own.</summary>
    public string? Process { get; init; }

    /// <summary>Price of one package in dollars without dies and memory; null when its process states it.</summary>
    public Fact? Price { get; init; }

    /// <summary>Area in mm² of the interposer that the process's package price is for.</summary>
    public Fact? PricedInterposer { get; init; }

    /// <summary>Share of dies or stacks that are joined without fault; null when nothing but the substrate is joined.</summary>
    public Fact? BondYield { get; init; }

    /// <summary>Share of assemblies put onto their substrate without fault.</summary>
    public required Fact AttachYield { get; init; }

    /// <summary>Auxiliary parts, assembly and final test of one unit in dollars.</summary>
    public required Fact Test { get; init; }
}

/// <summary>Reads <c>catalog/packages/*.yaml</c>.</summary>
public static class PackageKindReader
{
    /// <summary>Reads a package.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static PackageKind Read(YamlFile file)
    {
        YamlMap root = file.Root;
        var kind = new PackageKind
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Process = root.OptionalText("process"),
            Price = root.OptionalFact("price", Dimension.Money, 0.01),
            PricedInterposer = root.OptionalFact("priced_interposer", Dimension.Area, 1, 100_000),
            BondYield = root.OptionalFact("bond_yield", Dimension.Fraction, 0.1, 1),
            AttachYield = root.Fact("attach_yield", Dimension.Fraction, 0.1, 1),
            Test = root.Fact("test", Dimension.Money),
        };
        if ((kind.Process is null) == (kind.Price is null))
        {
            root.Report("price", "give either the process, which states a package's price, or the price");
        }

        if ((kind.Process is null) != (kind.PricedInterposer is null))
        {
            root.Report("priced_interposer", "goes with the process: the area of the interposer that its package price is for");
        }

        return kind;
    }
}
