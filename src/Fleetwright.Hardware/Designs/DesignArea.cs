using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Designs;

/// <summary>Silicon area of a design by block, in mm² of all its compute dies together. Equations, constants and what they were fitted on: docs/designs.md, "Area".</summary>
public sealed record DesignArea
{
    /// <summary>The largest field that a scanner exposes: 26 × 33 mm.</summary>
    public const double Reticle = 858;

    /// <summary>One processing element.</summary>
    public required double Element { get; init; }

    /// <summary>All processing elements, spares included.</summary>
    public required double Cores { get; init; }

    /// <summary>The shared memory.</summary>
    public required double SharedMemory { get; init; }

    /// <summary>The network between processing elements and shared memory.</summary>
    public required double Fabric { get; init; }

    /// <summary>Interfaces and controllers of the off-chip memory.</summary>
    public required double MemoryInterface { get; init; }

    /// <summary>Host and scale-up links with their controllers.</summary>
    public required double Links { get; init; }

    /// <summary>Command processors, clocks, test, pads and what the floorplan wastes.</summary>
    public required double Other { get; init; }

    /// <summary>Compute dies.</summary>
    public required int Dies { get; init; }

    /// <summary>Identical processing elements on all dies, spares included.</summary>
    public required int Elements { get; init; }

    /// <summary>Those of them that may be defective.</summary>
    public required int Spares { get; init; }

    /// <summary>Area of the dies beside the compute dies, in mm².</summary>
    public required double Companions { get; init; }

    /// <summary>Interfaces to memory, host and other chips: what a smaller node does not shrink.</summary>
    public double Interfaces => MemoryInterface + Links;

    /// <summary>All compute silicon.</summary>
    public double Total => Cores + SharedMemory + Fabric + MemoryInterface + Links + Other;

    /// <summary>One compute die.</summary>
    public double Die => Total / Dies;

    /// <summary>Share of the silicon in identical processing elements, where spares help.</summary>
    public double FractionInCores => Cores / Total;

    /// <summary>The area of <paramref name="design"/>.</summary>
    public static DesignArea Of(ChipDesign design, DesignTechnology technology)
    {
        double element = design.ElementArea ?? ElementOf(design, technology);
        int elements = design.Elements + design.SpareElements;
        double cores = element * elements;
        double shared = AreaConstants.SharedSram(design.SharedMemory, design.SharedMemoryKind, technology);
        double fabric = design.SharedMemoryBandwidth / design.Clock * AreaConstants.FabricPerByte * technology.LogicScale;
        double memory = design.MemoryUnits * AreaConstants.MemoryUnit(technology);
        double links = LinksOf(design, technology);
        double companions = 0;
        for (int i = 0; i < design.Companions.Count; i++)
        {
            companions += design.Companions[i].Area * design.Companions[i].Count;
        }

        return new DesignArea
        {
            Element = element,
            Cores = cores,
            SharedMemory = shared,
            Fabric = fabric,
            MemoryInterface = memory,
            Links = links,
            Other = AreaConstants.OtherShare * (cores + shared + fabric + memory + links),
            Dies = Math.Max(1, design.Dies),
            Elements = elements,
            Spares = design.SpareElements,
            Companions = companions,
        };
    }

    private static double ElementOf(ChipDesign design, DesignTechnology technology)
    {
        double macs = 0;
        foreach ((Dtype dtype, MatrixUnit unit) in design.Matrix)
        {
            macs = Math.Max(macs, unit.MacsPerCycle * AreaConstants.MacWidth(dtype));
        }

        double logic = (macs * AreaConstants.Mac) + (design.VectorOperations / 2 * AreaConstants.Lane) + AreaConstants.Control;
        return (logic * technology.LogicScale) + AreaConstants.Sram(design.LocalMemory, technology);
    }

    private static double LinksOf(ChipDesign design, DesignTechnology technology)
    {
        double lanes = design.ScaleUpBandwidth > 0 ? Math.Ceiling(design.ScaleUpBandwidth / design.LaneRate * (1 - 1e-9)) : 0;
        double host = design.HostLanes * (AreaConstants.HostLane(design.HostBandwidth / Math.Max(1, design.HostLanes)) + (AreaConstants.HostController * technology.LogicScale));
        return host + (lanes * (AreaConstants.SerialLane + (AreaConstants.SerialController * technology.LogicScale)));
    }
}
