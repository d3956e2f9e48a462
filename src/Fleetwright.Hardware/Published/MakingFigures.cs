using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Hardware.Published;

/// <summary>A yield of the published table and ours.</summary>
/// <param name="What">Rule and spares.</param>
/// <param name="Density">Defects a square centimetre.</param>
/// <param name="Published">As printed.</param>
/// <param name="Digits">Digits after the point that are printed.</param>
/// <param name="Found">Ours.</param>
internal sealed record YieldFigure(string What, double Density, double Published, int Digits, double Found)
{
    /// <summary>Whether ours prints alike.</summary>
    public bool Agrees => Math.Round(Found, Digits) == Published;
}

/// <summary>What is published of area, yield and materials of chips, beside the program's.</summary>
internal static class MakingFigures
{
    private const double H100 = 814;

    /// <summary>Square millimetres of the dies that the area model is calibrated on: NVIDIA's and AMD's statements.</summary>
    public static IReadOnlyList<ScoredRow> Areas(FleetCatalog catalog)
    {
        return [Of("GA100", "ga100", 826), Of("MI210's die", "mi210-die", 720)];

        ScoredRow Of(string name, string design, double published) => new(name, DesignedChip.For(catalog, DesignReader.In(catalog).Get(design)).Area.Total, published);
    }

    /// <summary>Dollars of the parts of a chip: Epoch AI's B200, and the bill of an H100 derived from it (chip-models.md, 4.3); memory at the prices of their time.</summary>
    public static IReadOnlyList<ScoredRow> Bills(FleetCatalog catalog)
    {
        return [Of("H100, 2024Q1", "h100-sxm", "2024Q1", 3320), Of("B200, 2025Q1", "b200-sxm", "2025Q1", 6400)];

        ScoredRow Of(string name, string chip, string quarter, double published)
        {
            ChipDescription description = ChipDescription.Of(catalog, catalog.Chips.Get(chip));
            return new ScoredRow(name, ChipCosting.CentralDollars(catalog, description, new CostOptions { Quarter = Quarter.Parse(quarter) }), published);
        }
    }

    /// <summary>The yield table of an 814 mm² die (chip-models.md, 4.2): five rules at 0.10 defects/cm², spare cores, and a sweep of the density.</summary>
    public static IReadOnlyList<YieldFigure> Yields { get; } =
    [
        Rule("Poisson", YieldModel.Poisson, 1, 0.443),
        Rule("Murphy", YieldModel.Murphy, 1, 0.468),
        Rule("Seeds", YieldModel.Seeds, 1, 0.551),
        Rule("negative binomial, α 3", YieldModel.NegativeBinomial, 3, 0.487),
        Rule("negative binomial, α 10", YieldModel.NegativeBinomial, 10, 0.457),
        Spares(0.10, 0, 0.72),
        .. new[] { (0.05, 0.92, 0.67), (0.10, 0.85, 0.44), (0.20, 0.72, 0.20), (0.30, 0.61, 0.09), (0.50, 0.44, 0.02) }
            .SelectMany(r => new[] { Spares(r.Item1, 0.5, r.Item2), new YieldFigure("Poisson", r.Item1, r.Item3, 2, new YieldRule(YieldModel.Poisson, 1).Of(H100 * r.Item1 / 100)) }),
    ];

    private static YieldFigure Rule(string name, YieldModel model, double parameter, double published) => new(name, 0.10, published, 3, new YieldRule(model, parameter).Of(H100 * 0.10 / 100));

    private static YieldFigure Spares(double density, double repairable, double published) => new(
        FormattableString.Invariant($"Poisson, 132 of 144 cores, {repairable:0 %} of the rest repairable"), density, published, 2,
        DieYield.Of(new YieldRule(YieldModel.Poisson, 1), new DieRegions(H100, 144, 132, 0.6, repairable), density / 100));
}
