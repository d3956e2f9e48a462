using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Calibration;

/// <summary>Fits t = (c·w + x/η) × chip × format × architecture: a line by least absolute log error, deviations as shrunk medians of what it leaves.</summary>
internal static class LineFit
{
    // A deviation seen n times counts n/(n + 1); of 0.5, 1 and 2 it had the least errors on rows left out.
    private const double Shrink = 1;
    private const int Rounds = 3;
    private const int MostLines = 1500;

    /// <summary>The fit of some points; at least one.</summary>
    /// <param name="points">The points.</param>
    /// <param name="mostEfficient">The largest η; 1 for bandwidth.</param>
    public static SpeedFit Of(IReadOnlyList<SpeedPoint> points, double mostEfficient)
    {
        var state = new State(points);
        (double Overhead, double Slope) line = default;
        for (int round = 0; round < Rounds; round++)
        {
            line = Line(points, state.Deviation, 1 / mostEfficient);
            state.Update(line);
        }

        return new SpeedFit
        {
            Efficiency = 1 / line.Slope,
            OverheadSeconds = line.Overhead,
            Rows = points.Count,
            Chips = state.Chips,
            Formats = state.Formats,
            Models = state.Models,
        };
    }

    /// <summary>Seconds that a fit predicts; a chip, format or model that it has not seen does not deviate.</summary>
    public static double Seconds(SpeedFit fit, SpeedPoint of) =>
        ((fit.OverheadSeconds * of.Weight) + (of.IdealSeconds / fit.Efficiency)) * Deviation(fit, of);

    /// <summary>The product of a point's deviations.</summary>
    public static double Deviation(SpeedFit fit, SpeedPoint of) =>
        fit.Chips.GetValueOrDefault(of.Chip, 1) * fit.Formats.GetValueOrDefault(of.Format, 1) * fit.Models.GetValueOrDefault(of.Architecture, 1);

    /// <summary>Each point's predicted over measured speed, predicted by the fit of the points of other groups; empty with one group.</summary>
    public static IReadOnlyList<(SpeedPoint Point, double Ratio)> LeaveOut(IReadOnlyList<SpeedPoint> points, Func<SpeedPoint, string> group, double mostEfficient)
    {
        var ratios = new List<(SpeedPoint, double)>(points.Count);
        foreach (IGrouping<string, SpeedPoint> left in points.GroupBy(group))
        {
            SpeedPoint[] others = [.. points.Where(p => group(p) != left.Key)];
            if (others.Length == 0)
            {
                return [];
            }

            SpeedFit fit = Of(others, mostEfficient);
            ratios.AddRange(left.Select(p => (p, p.Seconds / Seconds(fit, p))));
        }

        return ratios;
    }

    // Least absolute deviations have their optimum on a line through two points, or through one and a bound; of many points a regular sample of the pairs is tried.
    private static (double Overhead, double Slope) Line(IReadOnlyList<SpeedPoint> points, double[] deviation, double leastSlope)
    {
        int n = points.Count;
        double[] x = new double[n], w = new double[n], t = new double[n];
        for (int i = 0; i < n; i++)
        {
            (x[i], w[i], t[i]) = (points[i].IdealSeconds, points[i].Weight, points[i].Seconds / Math.Exp(deviation[i]));
        }

        (double Overhead, double Slope) best = (0, leastSlope);
        double least = double.PositiveInfinity;
        int stride = Math.Max(1, n * (n - 1) / 2 / MostLines), pair = 0;
        for (int i = 0; i < n; i++)
        {
            Try(0, t[i] / x[i]);
            Try((t[i] - (leastSlope * x[i])) / w[i], leastSlope);
            for (int j = 0; j < i; j++)
            {
                if (pair++ % stride == 0)
                {
                    double determinant = (x[i] * w[j]) - (x[j] * w[i]);
                    double slope = ((t[i] * w[j]) - (t[j] * w[i])) / determinant;
                    Try((t[i] - (slope * x[i])) / w[i], slope);
                }
            }
        }

        return best;

        void Try(double overhead, double slope)
        {
            if (!(overhead >= 0 && slope >= leastSlope && double.IsFinite(slope)))
            {
                return;
            }

            double error = 0;
            for (int i = 0; i < n && error < least; i++)
            {
                error += Math.Abs(Math.Log(((overhead * w[i]) + (slope * x[i])) / t[i]));
            }

            if (error < least - 1e-12)
            {
                (best, least) = ((overhead, slope), error);
            }
        }
    }

    // Logarithms of the deviations, each level fitted to what the levels before leave.
    private sealed class State(IReadOnlyList<SpeedPoint> points)
    {
        public Dictionary<string, double> Chips { get; private set; } = [];

        public Dictionary<string, double> Formats { get; private set; } = [];

        public Dictionary<string, double> Models { get; private set; } = [];

        public double[] Deviation { get; } = new double[points.Count];

        public void Update((double Overhead, double Slope) line)
        {
            double[] left = [.. points.Select(p => Math.Log(p.Seconds / ((line.Overhead * p.Weight) + (line.Slope * p.IdealSeconds))))];
            Array.Clear(Deviation);
            Chips = Level(left, p => p.Chip);
            Formats = Level(left, p => p.Format);
            Models = Level(left, p => p.Architecture);
        }

        private Dictionary<string, double> Level(double[] left, Func<SpeedPoint, string> key)
        {
            var factors = new Dictionary<string, double>(StringComparer.Ordinal);
            IGrouping<string, int>[] groups = [.. Enumerable.Range(0, points.Count).GroupBy(i => key(points[i])).OrderBy(g => g.Key, StringComparer.Ordinal)];
            if (groups.Length < 2)
            {
                // The line itself holds what all points share.
                return groups.ToDictionary(g => g.Key, _ => 1.0, StringComparer.Ordinal);
            }

            foreach (IGrouping<string, int> group in groups)
            {
                double[] sorted = [.. group.Select(i => left[i]).Order()];
                int count = sorted.Length;
                double log = (sorted[count / 2] + sorted[(count - 1) / 2]) / 2 * count / (count + Shrink);
                factors[group.Key] = Math.Exp(log);
                foreach (int i in group)
                {
                    left[i] -= log;
                    Deviation[i] += log;
                }
            }

            return factors;
        }
    }
}
