using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>Finds the nodes that a chip is made on and says precisely what they lack.</summary>
internal static class CostInputs
{
    /// <summary>The logic node of a die, with what costing needs of it.</summary>
    public static ProcessNode NodeOf(FleetCatalog catalog, ChipDescription chip, DieDescription die, CostOptions options)
    {
        string name = (die.MovesWithChip ? options.Node : null) ?? die.Node
            ?? throw new InputException(chip.Name, $"the foundry node of its {die.Name} is undisclosed; name one with --node, such as n5 or sf4");
        ProcessNode node = catalog.Nodes.Get(name);
        if (node.Kind != ProcessKind.Logic)
        {
            throw new InputException(name, $"{node.Title} makes packages, not dies; allowed: a logic node such as n5 or sf4");
        }

        List<string> missing = [];
        Need(node.WaferPrice, "wafer_price", missing);
        Need(node.DefectDensity, "defect_density", missing);
        if (options.Volume is not null)
        {
            Need(node.MaskSet, "mask_set", missing);
            Need(node.DesignCost, "design_cost", missing);
        }

        Refuse(catalog, node, missing, "so a die on it cannot be costed", n => n.WaferPrice is not null && n.DefectDensity is not null && (options.Volume is null || (n.MaskSet is not null && n.DesignCost is not null)));
        return node;
    }

    /// <summary>The node that a die was designed for, when it is now made on another and must be resized; null when it need not be.</summary>
    public static ProcessNode? DesignedFor(FleetCatalog catalog, DieDescription die, ProcessNode node, CostOptions options)
    {
        if (options.SameArea || die.Node is null || catalog.Nodes.Get(die.Node) is not { } from || from.Name == node.Name)
        {
            return null;
        }

        foreach (ProcessNode side in (ProcessNode[])[from, node])
        {
            List<string> missing = [];
            Need(side.LogicDensity, "logic_density", missing);
            Need(side.SramCellArea, "sram_cell_area", missing);
            Refuse(catalog, side, missing, "so a die cannot be resized between it and another node (--same-area keeps the area)", n => n.LogicDensity is not null && n.SramCellArea is not null);
        }

        return from;
    }

    /// <summary>Refuses a die that no scanner exposes.</summary>
    public static void CheckReticle(ChipDescription chip, DieDescription die, ProcessNode node, double area, bool resized)
    {
        bool fits = !resized && die is { Width: { } width, Height: { } height } ? WaferGeometry.FitsReticle(width, height) : area <= WaferGeometry.ReticleArea;
        if (!fits)
        {
            string size = die is { Width: { } w, Height: { } h } && !resized ? FormattableString.Invariant($"{w:0.0} × {h:0.0} mm") : FormattableString.Invariant($"{area:#,0} mm2");
            throw new InputException(chip.Name, FormattableString.Invariant(
                $"its {die.Name} would be {size} on {node.Name}, over the reticle of {WaferGeometry.ReticleArea:0} mm2 (26 × 33 mm); split it into dies or take a denser node"));
        }
    }

    private static void Need(Fact? fact, string key, List<string> missing)
    {
        if (fact is null)
        {
            missing.Add(key);
        }
    }

    private static void Refuse(FleetCatalog catalog, ProcessNode node, List<string> missing, string consequence, Func<ProcessNode, bool> complete)
    {
        if (missing.Count > 0)
        {
            string others = string.Join(", ", catalog.Nodes.All.Where(n => n.Kind == ProcessKind.Logic && complete(n)).Select(n => n.Name));
            throw new InputException(node.Name, $"{node.Title} has no {string.Join(" and no ", missing)} in the catalogue, {consequence}; nodes that have: {others}");
        }
    }
}
