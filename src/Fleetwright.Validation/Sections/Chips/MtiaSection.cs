using Fleetwright.Hardware.Published;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Meta's published figures of its chips.</summary>
internal sealed class MtiaSection : IValidationSection
{
    private static readonly BarDefinition Figures = new(3, "MTIA 2i: Meta's published figures", "all within the published ranges");

    public string Id => "mtia";

    public string Title => "MTIA";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Figures];

    public void Score(SectionBuilder to)
    {
        IReadOnlyList<PublishedFigure> chip = MtiaFigures.All(to.Catalog), design = MtiaFigures.Designed2i(to.Catalog), others = MtiaFigures.Others(to.Catalog);
        to.Text("In sample: the catalogue's constants of MTIA 2i were chosen with these figures in view (ISCA 2025, doi 10.1145/3695053.3731409).");
        Table(to, chip);
        to.Text("MTIA 2i as a design: times follow from its structure ([designs.md](designs.md)); only the share of the bandwidth that embedding bags draw is an input, the middle of its range. The paper names neither its ranking models nor its GPU: nine DLRMs of 15 to 1,000 MFLOP a sample and an H100 stand in, and watts are the limits.");
        Table(to, design);
        to.Judge(Figures, $"{chip.Count(f => f.Holds) + design.Count(f => f.Holds)} of {chip.Count + design.Count}", chip.Concat(design).All(f => f.Holds));
        to.Text($"MTIA 1 (ISCA 2023) and MTIA 300 (ISCA 2026) as designs, within a tenth of single values: {others.Count(f => f.Holds)} of {others.Count}; the issue sets no bar. The bandwidth of MTIA 1's embedding bags is an input, the middle of its range. A design knows nothing of the software of a chip's first year, and the products over which Meta takes its mean are not listed; ours are powers of two.");
        Table(to, others);
    }

    private static void Table(SectionBuilder to, IReadOnlyList<PublishedFigure> figures) => to.Table(
        ["figure", "published", "found>", "verdict"],
        figures.Select(f => (IReadOnlyList<string>)[f.What, Range(f), $"{Show.Number(f.Found)} {f.Unit}", Show.Met(f.Holds)]));

    private static string Range(PublishedFigure figure) =>
        double.IsFinite(figure.Value) ? $"{Show.Number(figure.Value)} {figure.Unit}"
        : double.IsNegativeInfinity(figure.Low) ? $"at most {Show.Number(figure.High)} {figure.Unit}"
        : double.IsPositiveInfinity(figure.High) ? $"at least {Show.Number(figure.Low)} {figure.Unit}"
        : $"{Show.Number(figure.Low)} to {Show.Number(figure.High)} {figure.Unit}";
}
