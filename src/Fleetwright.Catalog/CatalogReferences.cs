using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog;

/// <summary>Checks that things of the catalogue name things that exist.</summary>
internal static class CatalogReferences
{
    /// <summary>Every reference that leads nowhere, in file order.</summary>
    public static IReadOnlyList<Diagnostic> Problems(FleetCatalog catalog)
    {
        var problems = new List<Diagnostic>();
        foreach (CatalogEntry<Chip> chip in catalog.Chips.Entries)
        {
            Expect(catalog.Memories, chip.Path, "memory.kind", chip.Value.MemoryKind, problems);
            if (chip.Value.Node is { } node)
            {
                Expect(catalog.Nodes, chip.Path, "node", node, problems);
            }

            if (chip.Value.Package is { } made)
            {
                Expect(catalog.Packages, chip.Path, "package.kind", made.Kind, problems);
                foreach (string dieNode in made.Dies.Select(d => d.Node).OfType<string>())
                {
                    Expect(catalog.Nodes, chip.Path, "package.dies", dieNode, problems);
                }
            }
        }

        foreach (CatalogEntry<PackageKind> package in catalog.Packages.Entries)
        {
            if (package.Value.Process is { } process && Expect(catalog.Nodes, package.Path, "process", process, problems) is { Kind: not ProcessKind.Packaging } logic)
            {
                problems.Add(new Diagnostic(package.Path, 0, 0, "process", $"'{logic.Name}' is a logic process; allowed: one of kind packaging"));
            }
        }

        foreach (CatalogEntry<Site> site in catalog.Sites.Entries)
        {
            foreach (SiteProcess process in site.Value.Processes)
            {
                if (site.Value.Kind == SiteKind.Memory)
                {
                    Expect(catalog.Memories, site.Path, "processes", process.Process, problems);
                }
                else if (Expect(catalog.Nodes, site.Path, "processes", process.Process, problems) is { } found
                    && (found.Kind == ProcessKind.Packaging) != (site.Value.Kind == SiteKind.Packaging))
                {
                    problems.Add(new Diagnostic(site.Path, 0, 0, "processes", $"'{found.Name}' is a {(found.Kind == ProcessKind.Packaging ? "packaging" : "logic")} process; a site of this kind does not run it"));
                }
            }
        }

        return problems;
    }

    private static T? Expect<T>(CatalogFolder<T> folder, string path, string field, string name, List<Diagnostic> problems)
        where T : class
    {
        T? found = folder.Find(name);
        if (found is null)
        {
            problems.Add(new Diagnostic(path, 0, 0, field, folder.NotFound(name)));
        }

        return found;
    }
}
