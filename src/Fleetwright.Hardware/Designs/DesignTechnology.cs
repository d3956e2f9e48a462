using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Designs;

/// <summary>What a design takes from the catalogue: its node and its off-chip memory. Looked up once, so that a search over designs does not.</summary>
public sealed class DesignTechnology
{
    /// <summary>Logic density of TSMC N7, at which the areas of <see cref="DesignArea"/> are given, in transistors per mm².</summary>
    internal const double ReferenceDensity = 91.2e6;

    // N5 and N3E have the same cell; taken for a newer node whose cell is not published (SRAM has stopped shrinking, chip-models.md 4.3).
    private const double NewestKnownCell = 0.021e-6;

    /// <summary>The technology of a node and a memory.</summary>
    /// <exception cref="InputException">The catalogue does not say how dense the node is.</exception>
    public DesignTechnology(ProcessNode node, Memory memory)
    {
        if (node.LogicDensity is not { } density)
        {
            throw new InputException("node", NoDensity(node));
        }

        Node = node;
        Memory = memory;
        LogicScale = ReferenceDensity / density;
        EnergyScale = node.RelativeEnergy?.Value ?? LogicScale;
        SramCellArea = node.SramCellArea?.Value ?? NewestKnownCell;
    }

    /// <summary>The foundry node.</summary>
    public ProcessNode Node { get; }

    /// <summary>The off-chip memory.</summary>
    public Memory Memory { get; }

    /// <summary>Area of logic relative to TSMC N7.</summary>
    public double LogicScale { get; }

    /// <summary>Energy of logic relative to TSMC N7 at one voltage; where the catalogue does not say, as its area.</summary>
    public double EnergyScale { get; }

    /// <summary>Area of an SRAM cell in mm².</summary>
    public double SramCellArea { get; }

    /// <summary>What was taken because the catalogue does not say; empty when it says all.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. Node.SramCellArea is null ? [$"the SRAM cell of {Node.Name} is not published; 0.021 um2, that of N5 and N3E, is taken"] : Array.Empty<string>(),
        .. Node.RelativeEnergy is null ? [$"the energy of {Node.Name} relative to N7 is not in the catalogue; taken as its area"] : Array.Empty<string>(),
    ];

    /// <summary>The technology of <paramref name="design"/>.</summary>
    /// <exception cref="InputException">Its node or memory is not in the catalogue or cannot be used; all that is wrong is told.</exception>
    public static DesignTechnology For(FleetCatalog catalog, ChipDesign design)
    {
        DesignTechnology? technology = TryFor(catalog, design, out IReadOnlyList<DesignProblem> problems);
        return technology ?? throw new InputException([.. problems.Select(p => new Diagnostic(design.Name, 0, 0, p.Field, p.Message))]);
    }

    internal static DesignTechnology? TryFor(FleetCatalog catalog, ChipDesign design, out IReadOnlyList<DesignProblem> problems)
    {
        var found = new List<DesignProblem>();
        ProcessNode? node = catalog.Nodes.Find(design.Node);
        if (node is null)
        {
            found.Add(new("node", catalog.Nodes.NotFound(design.Node)));
        }
        else if (node.Kind == ProcessKind.Packaging)
        {
            found.Add(new("node", $"'{node.Name}' is a packaging process; a compute die needs a logic node such as tsmc-n5"));
        }
        else if (node.LogicDensity is null)
        {
            found.Add(new("node", NoDensity(node)));
        }

        Memory? memory = catalog.Memories.Find(design.MemoryKind);
        if (memory is null)
        {
            found.Add(new("memory.kind", catalog.Memories.NotFound(design.MemoryKind)));
        }
        else if (memory.Unit == "on-chip")
        {
            found.Add(new("memory.kind", $"'{memory.Name}' is on-chip memory; it is the design's shared_memory, and memory.kind names the off-chip one, such as lpddr5 or hbm3e"));
        }

        if (design.Package is { } package && catalog.Nodes.Find(package) is not { Kind: ProcessKind.Packaging })
        {
            found.Add(new("package.kind", catalog.Nodes.Find(package) is null ? catalog.Nodes.NotFound(package) : $"'{package}' is a logic node; allowed: {string.Join(", ", catalog.Nodes.All.Where(n => n.Kind == ProcessKind.Packaging).Select(n => n.Name))}"));
        }

        problems = found;
        return found.Count == 0 ? new DesignTechnology(node!, memory!) : null;
    }

    private static string NoDensity(ProcessNode node) =>
        $"the catalogue has no logic_density of {node.Name}, so no area follows; add it to catalog/nodes/{node.Name}.yaml or choose another node";
}

/// <summary>Something wrong with a design.</summary>
/// <param name="Field">The key of its file, such as <c>grid.rows</c>.</param>
/// <param name="Message">What was found and what is allowed.</param>
public sealed record DesignProblem(string Field, string Message);
