using Fleetwright.Catalog.Devices;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Turns;

/// <summary>
/// A distribution of seconds held as 128 equally likely values in rising order, each the mean of its 1/128 of probability.
/// Sums of independent stages are formed from all 128² pairs, sorted and averaged in groups of 128: deterministic, exact in
/// the mean, and within a percent or so in the quantiles up to p99 (<c>docs/edge.md</c>).
/// </summary>
public sealed class LatencyDistribution
{
    private const int Atoms = 128;
    private const int PointsPerAtom = 8;
    private readonly double[] _seconds;

    private LatencyDistribution(double[] seconds) => _seconds = seconds;

    /// <summary>No time at all.</summary>
    public static LatencyDistribution Zero { get; } = Constant(0);

    /// <summary>The mean in seconds.</summary>
    public double Mean => _seconds.Average();

    /// <summary>Always the same time.</summary>
    public static LatencyDistribution Constant(double seconds)
    {
        double[] atoms = new double[Atoms];
        Array.Fill(atoms, seconds);
        return new LatencyDistribution(atoms);
    }

    /// <summary>The distribution with the given quantile function, which must not fall.</summary>
    /// <param name="quantile">Seconds at a probability between 0 and 1.</param>
    public static LatencyDistribution FromQuantile(Func<double, double> quantile)
    {
        double[] atoms = new double[Atoms];
        for (int i = 0; i < Atoms; i++)
        {
            double sum = 0;
            for (int j = 0; j < PointsPerAtom; j++)
            {
                sum += quantile((i + ((j + 0.5) / PointsPerAtom)) / Atoms);
            }

            atoms[i] = sum / PointsPerAtom;
        }

        return new LatencyDistribution(atoms);
    }

    /// <summary>A lognormal with the given median and coefficient of variation (0 for a constant).</summary>
    public static LatencyDistribution LogNormal(double medianSeconds, double variation)
    {
        double sigma = Math.Sqrt(Math.Log(1 + (variation * variation)));
        return sigma == 0 || medianSeconds <= 0 ? Constant(medianSeconds) : FromQuantile(p => medianSeconds * Math.Exp(sigma * Normal.Quantile(p)));
    }

    /// <summary>
    /// The distribution through measured quantiles: the logarithm of the value is linear in the normal score between points and,
    /// with the slope of the nearest pair, beyond them (a lognormal in pieces). One point gives a constant.
    /// </summary>
    /// <param name="points">(probability, seconds), rising in both.</param>
    public static LatencyDistribution FromQuantiles(params ReadOnlySpan<(double Probability, double Seconds)> points)
    {
        (double Score, double Log)[] scores = new (double, double)[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            scores[i] = (Normal.Quantile(points[i].Probability), Math.Log(Math.Max(1e-9, points[i].Seconds)));
        }

        return scores.Length == 1 ? Constant(points[0].Seconds) : FromQuantile(p => Interpolate(scores, Normal.Quantile(p)));
    }

    /// <summary>The distribution through a catalogue's quantiles.</summary>
    public static LatencyDistribution FromQuantiles(IReadOnlyList<QuantilePoint> points)
    {
        (double, double)[] plain = new (double, double)[points.Count];
        for (int i = 0; i < plain.Length; i++)
        {
            plain[i] = (points[i].Probability, points[i].Value.Value);
        }

        return FromQuantiles(plain);
    }

    /// <summary>A mixture: <paramref name="share"/> of cases follow <paramref name="first"/>, the rest <paramref name="second"/>.</summary>
    public static LatencyDistribution Mix(LatencyDistribution first, double share, LatencyDistribution second)
    {
        var weighted = new (double Seconds, double Weight)[2 * Atoms];
        for (int i = 0; i < Atoms; i++)
        {
            weighted[i] = (first._seconds[i], share);
            weighted[Atoms + i] = (second._seconds[i], 1 - share);
        }

        Array.Sort(weighted, static (a, b) => a.Seconds.CompareTo(b.Seconds));
        double[] atoms = new double[Atoms];
        int source = 0;
        double left = weighted[0].Weight;
        for (int i = 0; i < Atoms; i++)
        {
            double need = 1;
            double sum = 0;
            while (need > 1e-12 && source < weighted.Length)
            {
                double take = Math.Min(need, left);
                sum += take * weighted[source].Seconds;
                need -= take;
                left -= take;
                if (left <= 1e-12)
                {
                    source++;
                    left = source < weighted.Length ? weighted[source].Weight : 0;
                }
            }

            atoms[i] = sum / (1 - Math.Max(0, need));
        }

        return new LatencyDistribution(atoms);
    }

    /// <summary>The sum with an independent time.</summary>
    public LatencyDistribution Plus(LatencyDistribution other)
    {
        if (other._seconds[0] == other._seconds[^1])
        {
            return Plus(other._seconds[0]);
        }

        if (_seconds[0] == _seconds[^1])
        {
            return other.Plus(_seconds[0]);
        }

        double[] sums = new double[Atoms * Atoms];
        for (int i = 0; i < Atoms; i++)
        {
            for (int j = 0; j < Atoms; j++)
            {
                sums[(i * Atoms) + j] = _seconds[i] + other._seconds[j];
            }
        }

        Array.Sort(sums);
        double[] atoms = new double[Atoms];
        for (int i = 0; i < Atoms; i++)
        {
            double sum = 0;
            for (int j = 0; j < Atoms; j++)
            {
                sum += sums[(i * Atoms) + j];
            }

            atoms[i] = sum / Atoms;
        }

        return new LatencyDistribution(atoms);
    }

    /// <summary>The sum with a constant.</summary>
    public LatencyDistribution Plus(double seconds) => new(Array.ConvertAll(_seconds, s => s + seconds));

    /// <summary>Every time multiplied by <paramref name="factor"/> (at least 0).</summary>
    public LatencyDistribution Times(double factor) => new(Array.ConvertAll(_seconds, s => s * factor));

    /// <summary>The seconds that a share <paramref name="probability"/> of cases stay under, linear between the values held.</summary>
    public double Quantile(double probability)
    {
        double place = Math.Clamp((probability * Atoms) - 0.5, 0, Atoms - 1);
        int below = Math.Min((int)place, Atoms - 2);
        return _seconds[below] + ((place - below) * (_seconds[below + 1] - _seconds[below]));
    }

    /// <summary>The share of cases that end within <paramref name="seconds"/>.</summary>
    public double ShareWithin(double seconds)
    {
        int count = 0;
        while (count < Atoms && _seconds[count] <= seconds)
        {
            count++;
        }

        return (double)count / Atoms;
    }

    private static double Interpolate((double Score, double Log)[] points, double score)
    {
        int i = 1;
        while (i < points.Length - 1 && score > points[i].Score)
        {
            i++;
        }

        (double s0, double l0) = points[i - 1];
        (double s1, double l1) = points[i];
        return Math.Exp(l0 + ((l1 - l0) * (score - s0) / (s1 - s0)));
    }
}
