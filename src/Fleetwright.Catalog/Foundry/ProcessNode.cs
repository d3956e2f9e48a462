using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Foundry;

/// <summary>What a process makes.</summary>
public enum ProcessKind
{
    /// <summary>Logic dies.</summary>
    Logic,

    /// <summary>Packages: an interposer wafer on which dies and memory are joined.</summary>
    Packaging,
}

/// <summary>A foundry's process: what a wafer costs, how good its dies are, what fits on them. Null where no source states a value.</summary>
public sealed record ProcessNode
{
    /// <summary>The catalogue name, such as <c>tsmc-n5</c>; the <c>node</c> of chips.</summary>
    public required string Name { get; init; }

    /// <summary>The foundry's name for it.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by; variants made on the same lines (4N of N4) among them.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who offers it.</summary>
    public required string Foundry { get; init; }

    /// <summary>Whether it makes logic or packages.</summary>
    public required ProcessKind Kind { get; init; }

    /// <summary>Price of a 300 mm wafer in dollars.</summary>
    public Fact? WaferPrice { get; init; }

    /// <summary>Defects per mm² (D0).</summary>
    public Fact? DefectDensity { get; init; }

    /// <summary>Area of a high-density SRAM cell in mm².</summary>
    public Fact? SramCellArea { get; init; }

    /// <summary>Peak logic density in transistors per mm².</summary>
    public Fact? LogicDensity { get; init; }

    /// <summary>Energy of one logic operation relative to TSMC N7 at its nominal voltage.</summary>
    public Fact? RelativeEnergy { get; init; }

    /// <summary>Price of a mask set in dollars.</summary>
    public Fact? MaskSet { get; init; }

    /// <summary>Cost of a full design in dollars, software included, as analysts count it.</summary>
    public Fact? DesignCost { get; init; }

    /// <summary>Time from wafer start to finished wafer in seconds.</summary>
    public Fact? CycleTime { get; init; }

    /// <summary>Price of one package in dollars, without dies and memory; packaging only.</summary>
    public Fact? PackagePrice { get; init; }
}

/// <summary>Reads <c>catalog/nodes/*.yaml</c>.</summary>
public static class ProcessNodeReader
{
    private static readonly (string, ProcessKind)[] Kinds = [("logic", ProcessKind.Logic), ("packaging", ProcessKind.Packaging)];

    /// <summary>Reads a process.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static ProcessNode Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new ProcessNode
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Foundry = root.Text("foundry"),
            Kind = root.Choice("kind", Kinds, optional: true),
            WaferPrice = root.OptionalFact("wafer_price", Dimension.Money, 1),
            DefectDensity = root.OptionalFact("defect_density", Dimension.DefectDensity, 1e-6, 1),
            SramCellArea = root.OptionalFact("sram_cell_area", Dimension.Area, 1e-9, 1e-5),
            LogicDensity = root.OptionalFact("logic_density", Dimension.TransistorDensity, 1e4, 1e9),
            RelativeEnergy = root.OptionalFact("relative_energy", Dimension.Fraction, 0.05, 20),
            MaskSet = root.OptionalFact("mask_set", Dimension.Money, 1),
            DesignCost = root.OptionalFact("design_cost", Dimension.Money, 1),
            CycleTime = root.OptionalFact("cycle_time", Dimension.Time, 86400),
            PackagePrice = root.OptionalFact("package_price", Dimension.Money, 1),
        };
    }
}
