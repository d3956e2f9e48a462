using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>A kind of die as its maker sees it: what it takes of a wafer and which defects it survives.</summary>
public sealed record DieDescription
{
    /// <summary>What it is called in tables.</summary>
    public required string Name { get; init; }

    /// <summary>Dies of this kind in a chip; at least 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Area of one die in mm².</summary>
    public required Fact Area { get; init; }

    /// <summary>Width in mm; null to take the die as square.</summary>
    public double? Width { get; init; }

    /// <summary>Height in mm; null to take the die as square.</summary>
    public double? Height { get; init; }

    /// <summary>Foundry node; null when undisclosed.</summary>
    public string? Node { get; init; }

    /// <summary>Whether the die is made on another node when the chip is (an I/O die of a cheaper node stays where it is).</summary>
    public bool MovesWithChip { get; init; } = true;

    /// <summary>Identical cores, spares included; 0 when none may fail.</summary>
    public int Cores { get; init; }

    /// <summary>Cores that must work for the die to be sold.</summary>
    public int CoresNeeded { get; init; }

    /// <summary>Whether it stands on another die, joined and tested before it meets the interposer.</summary>
    public bool Stacked { get; init; }

    /// <summary>Share of the area that the cores take; null for the catalogue's assumption.</summary>
    public Fact? CoreShare { get; init; }

    /// <summary>Share of what is not cores whose defects can be mended; null for the catalogue's assumption.</summary>
    public Fact? RepairableUncore { get; init; }

    /// <summary>Share of the area that is SRAM; null for none known, which counts as none.</summary>
    public Fact? SramShare { get; init; }

    /// <summary>Share of the area that is PHY and other analogue circuits; null for the catalogue's assumption.</summary>
    public Fact? PhyShare { get; init; }
}

/// <summary>What is made and joined to one chip.</summary>
public sealed record ChipDescription
{
    /// <summary>The chip or design.</summary>
    public required string Name { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The dies by kind; at least one.</summary>
    public required IReadOnlyList<DieDescription> Dies { get; init; }

    /// <summary>How they are joined.</summary>
    public required PackageKind Package { get; init; }

    /// <summary>The memory beside them; null for on-chip memory only.</summary>
    public Memory? Memory { get; init; }

    /// <summary>Stacks in the package or memory packages beside it.</summary>
    public int MemoryUnits { get; init; }

    /// <summary>Bytes of memory that are paid for.</summary>
    public double MemoryBytes { get; init; }

    /// <summary>Area of the interposer in mm²; null to derive it from dies and stacks.</summary>
    public double? InterposerArea { get; init; }

    /// <summary>What was assumed to get here, in words.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The description of a chip of the catalogue.</summary>
    /// <exception cref="InputException">Its die area is undisclosed.</exception>
    public static ChipDescription Of(FleetCatalog catalog, Chip chip)
    {
        var notes = new List<string>();
        Memory memory = catalog.Memories.Get(chip.MemoryKind);
        bool onChip = memory.Unit == "on-chip";
        double bytes = chip.Package?.MemoryCapacity?.Value ?? chip.MemoryCapacity.Value;
        double unit = memory.Capacity?.Value ?? bytes;
        ChipPackage package = chip.Package ?? Assumed(chip, memory, notes);
        return new ChipDescription
        {
            Name = chip.Name,
            Title = chip.Title,
            Dies = [.. package.Dies.Select(d => Die(catalog, chip, d, package))],
            Package = catalog.Packages.Get(package.Kind),
            Memory = onChip ? null : memory,
            MemoryUnits = onChip ? 0 : (int)(package.MemoryUnits?.Value ?? Math.Max(1, Math.Round(bytes / unit))),
            MemoryBytes = onChip ? 0 : bytes,
            InterposerArea = package.InterposerArea?.Value,
            Notes = notes,
        };
    }

    private static ChipPackage Assumed(Chip chip, Memory memory, List<string> notes)
    {
        if (chip.DieArea is not { } area)
        {
            throw new InputException(chip.Name, "its die area is undisclosed, so it cannot be costed; describe its dies under 'package' in a chip file of your own");
        }

        string kind = memory.Unit == "stack" ? "cowos-s" : "fc-bga";
        notes.Add($"{chip.Name} states no package: one die of {area.Value:0} mm2 without spare cores in {kind} is assumed");
        return new ChipPackage { Kind = kind, Dies = [new PackagedDie { Name = "die", Count = 1, Area = area }] };
    }

    private static DieDescription Die(FleetCatalog catalog, Chip chip, PackagedDie die, ChipPackage package) => new()
    {
        Name = die.Name,
        Count = die.Count,
        Area = die.Area,
        Node = die.Node ?? chip.Node,
        MovesWithChip = die.Node is null || die.Node == chip.Node,
        Cores = (int)(die.Cores?.Value ?? 0),
        CoresNeeded = (int)(die.CoresNeeded?.Value ?? die.Cores?.Value ?? 0),
        Stacked = die.Stacked,
        CoreShare = die.CoreShare,
        SramShare = die.SramShare ?? Sram(catalog, chip, die, package),
        PhyShare = die.PhyShare,
    };

    // The bits of the chip's on-chip memories in cells of its node, at the efficiency of arrays, spread over its dies by area.
    private static Fact? Sram(FleetCatalog catalog, Chip chip, PackagedDie die, ChipPackage package)
    {
        double bytes = (chip.SharedMemory?.Value ?? 0) + ((chip.LocalMemoryPerCore?.Value ?? 0) * chip.Cores.Value);
        if ((die.Node ?? chip.Node) is not { } name || catalog.Nodes.Find(name)?.SramCellArea is not { } cell || catalog.Manufacturing.Find("defaults") is not { } defaults || bytes == 0)
        {
            return null;
        }

        const double most = 0.6;
        double cells = bytes * 8 * cell.Value / package.Dies.Sum(d => d.Area.Value * d.Count);
        Fact efficiency = defaults.SramEfficiency;
        return new Fact(Math.Min(most, cells / efficiency.Value), Math.Min(most, cells / efficiency.High), Math.Min(most, cells / efficiency.Low), "derived from on-chip memory, SRAM cell and array efficiency", Confidence.Low);
    }
}
