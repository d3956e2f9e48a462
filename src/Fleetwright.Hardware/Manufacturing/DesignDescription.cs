using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Designs;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>A design as its maker sees it.</summary>
public static class DesignDescription
{
    /// <summary>What is made and joined to one chip of a design, packaged as the design says or as its memory asks.</summary>
    /// <exception cref="InputException">The catalogue has no price of the design's package.</exception>
    public static ChipDescription Of(FleetCatalog catalog, DesignedChip chip) =>
        Of(chip, PackageFor(catalog, chip.Design, chip.Technology.Memory) ?? throw new InputException(chip.Design.Name, NoPackage(catalog, chip.Design)));

    /// <summary>Why a design without a known package cannot be costed.</summary>
    internal static string NoPackage(FleetCatalog catalog, ChipDesign design) =>
        $"the catalogue has no price of the package '{design.Package}'; allowed: {string.Join(", ", catalog.Packages.All.Select(p => p.Name))}";

    /// <summary>How a design with this memory is packaged: stacks as the base's stacks are, else on silicon; other memory as the base is when its memory is not stacked, else on a plain substrate.</summary>
    /// <returns>Null when the catalogue has no price of the base's packaging process.</returns>
    internal static PackageKind? PackageFor(FleetCatalog catalog, ChipDesign from, Memory memory)
    {
        bool stacked = memory.Unit == "stack", same = stacked == (catalog.Memories.Find(from.MemoryKind)?.Unit == "stack");
        return from.Package is { } process && same
            ? catalog.Packages.Find(process) ?? catalog.Packages.All.FirstOrDefault(p => p.Process is { } own && own == catalog.Nodes.Find(process)?.Name)
            : catalog.Packages.Get(stacked ? "cowos-s" : "fc-bga");
    }

    /// <summary>What is made and joined to one chip, in a package of that kind.</summary>
    internal static ChipDescription Of(DesignedChip chip, PackageKind package)
    {
        ChipDesign design = chip.Design;
        DesignArea area = chip.Area;
        int dies = area.Dies;
        var compute = new DieDescription
        {
            Name = "compute die",
            Count = dies,
            Area = Fact.Of(area.Die, "follows from the design"),
            Node = design.Node,
            Cores = (area.Elements + dies - 1) / dies,
            CoresNeeded = (area.Elements - area.Spares + dies - 1) / dies,
            CoreShare = Fact.Of(area.FractionInCores, "follows from the design"),
        };
        return new ChipDescription
        {
            Name = design.Name,
            Title = design.Title,
            Dies = design.Companions.Count == 0 ? [compute] :
            [
                compute, .. design.Companions.Select(c => new DieDescription { Name = c.Name, Count = c.Count, Area = Fact.Of(c.Area, "stated by the design"), Node = design.Node }),
            ],
            Package = package,
            Memory = chip.Technology.Memory,
            MemoryUnits = design.MemoryUnits,
            MemoryBytes = chip.Chip.MemoryCapacity,
        };
    }
}
