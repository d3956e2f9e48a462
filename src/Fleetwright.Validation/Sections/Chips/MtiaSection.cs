using Fleetwright.Hardware.Published;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>Meta's published figures of MTIA 2i.</summary>
internal sealed class MtiaSection : IValidationSection
{
    private static readonly BarDefinition Figures = new(3, "MTIA 2i: Meta's published figures", "all within the published ranges");

    public string Id => "mtia";

    public string Title => "MTIA 2i";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Figures];

    public void Score(SectionBuilder to)
    {
        IReadOnlyList<PublishedFigure> figures = MtiaFigures.All(to.Catalog);
        to.Text("In sample: the catalogue's constants of MTIA were chosen with these figures in view (ISCA 2025, doi 10.1145/3695053.3731409).");
        to.Table(
            ["figure", "published", "found>", "verdict"],
            figures.Select(f => (IReadOnlyList<string>)[f.What, Range(f), $"{Show.Number(f.Found)} {f.Unit}", Show.Met(f.Holds)]));
        to.Judge(Figures, $"{figures.Count(f => f.Holds)} of {figures.Count}", figures.All(f => f.Holds));
    }

    private static string Range(PublishedFigure figure) =>
        double.IsNegativeInfinity(figure.Low) ? $"at most {Show.Number(figure.High)} {figure.Unit}"
        : double.IsPositiveInfinity(figure.High) ? $"at least {Show.Number(figure.Low)} {figure.Unit}"
        : $"{Show.Number(figure.Low)} to {Show.Number(figure.High)} {figure.Unit}";
}
