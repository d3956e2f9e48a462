using Fleetwright.Catalog;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>How much the catalogue holds, and that every value has a source.</summary>
internal sealed class CatalogSection : IValidationSection
{
    private static readonly BarDefinition Chips = new(2, "chips in the catalogue", "at least 24");
    private static readonly BarDefinition Devices = new(2, "devices", "at least 10");
    private static readonly BarDefinition Models = new(2, "models", "at least 40");
    private static readonly BarDefinition Sources = new(2, "facts with a source", "every one");

    // Bars whose number depends on the machine, or that are about answers rather than tables.
    private static readonly (BarDefinition Bar, string Test)[] HeldByTests =
    [
        (new(2, "sizing on 2 cores", "≥ 5,000 deployments a second"), "ServingSearchTests"),
        (new(2, "supply to a 1 % gap on a problem of the default size", "under 30 s of CPU"), "DefaultSizeTests"),
        (new(2, "`fleetwright run` once built", "under 60 s"), "ReadMeTests run it"),
        (new(2, "`results.json` on 1 and 2 threads", "equal byte for byte"), "SameAnswerTests"),
        (new(2, "a changed price, risk or target", "moves the answer as a person expects"), "DirectionTests"),
        (new(3, "`op price`", "≥ 200,000 rows a second"), "bench/results"),
    ];

    public string Id => "catalogue";

    public string Title => "Catalogue";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Chips, Devices, Models, Sources, .. HeldByTests.Select(h => h.Bar)];

    public void Score(SectionBuilder to)
    {
        CatalogItem[] items = [.. to.Catalog.Kinds.SelectMany(k => k.Items)];
        int facts = items.Sum(i => i.Facts.Count), sourced = items.Sum(i => i.Facts.Count(f => f.Source.Length > 0));
        to.Table(["kind", "entries>", "facts>"], to.Catalog.Kinds.Select(k => (IReadOnlyList<string>)[k.Name, Show.Count(k.Items.Count), Show.Count(k.Items.Sum(i => i.Facts.Count))]));
        Count(Chips, to.Catalog.Chips.Entries.Count, 24);
        Count(Devices, to.Catalog.Devices.Entries.Count, 10);
        Count(Models, to.Catalog.Models.Entries.Count, 40);
        to.Judge(Sources, $"{Show.Count(sourced)} of {Show.Count(facts)}", sourced == facts && facts > 0);
        foreach ((BarDefinition bar, string test) in HeldByTests)
        {
            to.Held(bar, test);
        }

        void Count(BarDefinition bar, int found, int least) => to.Judge(bar, Show.Count(found), found >= least);
    }
}
