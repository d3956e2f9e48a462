using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Calibration;

/// <summary>Sums up how far priced times are from measured ones, over all rows and by priced time.</summary>
internal static class Quality
{
    // Launch-bound, short, middling and long operators err differently; a regime of fewer rows than this says nothing of its own.
    private const int LeastRows = 20;
    private static readonly double[] Ends = [1e-5, 1e-4, 1e-3, double.PositiveInfinity];

    /// <summary>The quality of priced times.</summary>
    /// <param name="pairs">Priced and measured seconds of rows that were not fitted.</param>
    /// <param name="sizes">Sizes of the rows, in the order of <see cref="FitQuality.Range"/>; null to record no range.</param>
    public static FitQuality Of(IReadOnlyList<(double Priced, double Measured)> pairs, IEnumerable<double[]>? sizes = null)
    {
        if (pairs.Count == 0)
        {
            return default;
        }

        return OfRatios(pairs.Select(Ratio)) with { Regimes = [.. Regimes(pairs)], Range = Range(sizes) };
    }

    /// <summary>The quality of predicted ÷ measured, without regimes.</summary>
    public static FitQuality OfRatios(IEnumerable<double> ratios)
    {
        ErrorScore score = ErrorScore.Of(ratios);
        return score.Rows == 0 ? default : new FitQuality(score.Mape, score.Median, score.Rows) { P90 = score.P90 };
    }

    private static IEnumerable<RegimeQuality> Regimes(IReadOnlyList<(double Priced, double Measured)> pairs)
    {
        var open = new List<(double Priced, double Measured)>();
        for (int i = 0; i < Ends.Length; i++)
        {
            double from = i == 0 ? 0 : Ends[i - 1], to = Ends[i];
            open.AddRange(pairs.Where(p => p.Priced > from && p.Priced <= to));
            int left = pairs.Count(p => p.Priced > to);
            if (open.Count >= LeastRows && (left >= LeastRows || left == 0))
            {
                yield return Regime(left == 0 ? double.PositiveInfinity : to, open);
                open.Clear();
                if (left == 0)
                {
                    yield break;
                }
            }
        }
    }

    private static RegimeQuality Regime(double upTo, List<(double Priced, double Measured)> pairs)
    {
        ErrorScore score = ErrorScore.Of(pairs.Select(Ratio));
        double[] ratios = [.. pairs.Select(p => p.Measured / p.Priced).Order()];
        return new RegimeQuality(upTo, score.Mape, score.Median, score.P90, ratios[ratios.Length / 10], ratios[ratios.Length * 9 / 10], score.Rows);
    }

    /// <summary>Least and greatest sizes of rows.</summary>
    public static List<(double Least, double Most)> Range(IEnumerable<double[]>? sizes)
    {
        var range = new List<(double Least, double Most)>();
        foreach (double[] row in sizes ?? [])
        {
            for (int i = 0; i < row.Length; i++)
            {
                if (i == range.Count)
                {
                    range.Add((row[i], row[i]));
                }

                range[i] = (Math.Min(range[i].Least, row[i]), Math.Max(range[i].Most, row[i]));
            }
        }

        return range;
    }

    private static double Ratio((double Priced, double Measured) pair) => pair.Priced / pair.Measured;
}
