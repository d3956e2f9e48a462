using Fleetwright.Catalog.Devices;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Turns;

/// <summary>
/// A distribution of seconds held as 128 values in rising order, each the mean of its cell of probability: 90 cells of 1 % up to
/// p90, 18 of 0.5 % up to p99, 20 of 0.05 % beyond, because tails decide. Sums of independent stages are formed from all 128²
/// pairs, sorted and averaged cell by cell: deterministic, exact in the mean, and within a percent or so in the quantiles up to
/// p99.5 (<c>docs/edge-turns.md</c>).
/// </summary>
public sealed class LatencyDistribution
{
    private const int Cells = 128;
    private const int PointsPerCell = 8;
    private static readonly double[] s_weights = [.. Enumerable.Repeat(0.01, 90), .. Enumerable.Repeat(0.005, 18), .. Enumerable.Repeat(0.0005, 20)];
    private static readonly double[] s_middles = Middles();

    [ThreadStatic]
    private static double[]? t_values;

    [ThreadStatic]
    private static double[]? t_shares;

    private readonly double[] _seconds;

    private LatencyDistribution(double[] seconds)
    {
        _seconds = seconds;
        for (int i = 0; i < Cells; i++)
        {
            Mean += s_weights[i] * seconds[i];
        }
    }

    /// <summary>No time at all.</summary>
    public static LatencyDistribution Zero { get; } = Constant(0);

    /// <summary>The mean in seconds.</summary>
    public double Mean { get; }

    private bool IsConstant => _seconds[0] == _seconds[^1];

    /// <summary>Always the same time.</summary>
    public static LatencyDistribution Constant(double seconds)
    {
        double[] cells = new double[Cells];
        Array.Fill(cells, seconds);
        return new LatencyDistribution(cells);
    }

    /// <summary>The distribution with the given quantile function, which must not fall.</summary>
    /// <param name="quantile">Seconds at a probability between 0 and 1.</param>
    public static LatencyDistribution FromQuantile(Func<double, double> quantile)
    {
        double[] cells = new double[Cells];
        for (int i = 0; i < Cells; i++)
        {
            double sum = 0;
            for (int j = 0; j < PointsPerCell; j++)
            {
                sum += quantile(s_middles[i] + (s_weights[i] * (((j + 0.5) / PointsPerCell) - 0.5)));
            }

            cells[i] = sum / PointsPerCell;
        }

        return new LatencyDistribution(cells);
    }

    /// <summary>The lognormal with a mean and a 99th percentile: mean = exp(μ + σ²/2) and p99 = exp(μ + 2.326·σ) give σ = z − √(z² − 2·ln(p99/mean)), where the ratio is at most exp(z²/2) = 15.</summary>
    /// <param name="mean">Mean in seconds.</param>
    /// <param name="p99">What one in a hundred is longer than, in seconds; at least the mean.</param>
    public static LatencyDistribution LogNormalThrough(double mean, double p99)
    {
        const double z = 2.3263478740408408;
        double ratio = Math.Min(Math.Log(p99 / mean), z * z / 2);
        double sigma = z - Math.Sqrt((z * z) - (2 * ratio));
        return LogNormal(mean * Math.Exp(-sigma * sigma / 2), Math.Sqrt(Math.Exp(sigma * sigma) - 1));
    }

    /// <summary>A lognormal with the given median and coefficient of variation (0 for a constant).</summary>
    public static LatencyDistribution LogNormal(double medianSeconds, double variation)
    {
        double sigma = Math.Sqrt(Math.Log(1 + (variation * variation)));
        return sigma == 0 || medianSeconds <= 0 ? Constant(medianSeconds) : FromQuantile(p => medianSeconds * Math.Exp(sigma * Normal.Quantile(p)));
    }

    /// <summary>The distribution through measured quantiles, joined as <see cref="QuantileCurve"/> does. One point gives a constant.</summary>
    /// <param name="points">(probability, seconds), rising in both.</param>
    public static LatencyDistribution FromQuantiles(params ReadOnlySpan<(double Probability, double Seconds)> points)
    {
        var curve = new QuantileCurve(points);
        return curve.IsConstant ? Constant(curve.At(0.5)) : FromQuantile(curve.At);
    }

    /// <summary>The distribution through a catalogue's quantiles.</summary>
    public static LatencyDistribution FromQuantiles(IReadOnlyList<QuantilePoint> points)
    {
        var curve = QuantileCurve.Of(points);
        return curve.IsConstant ? Constant(curve.At(0.5)) : FromQuantile(curve.At);
    }

    /// <summary>A mixture: <paramref name="share"/> of cases follow <paramref name="first"/>, the rest <paramref name="second"/>.</summary>
    public static LatencyDistribution Mix(LatencyDistribution first, double share, LatencyDistribution second)
    {
        (double[] values, double[] shares) = Scratch();
        for (int i = 0; i < Cells; i++)
        {
            (values[i], shares[i]) = (first._seconds[i], share * s_weights[i]);
            (values[Cells + i], shares[Cells + i]) = (second._seconds[i], (1 - share) * s_weights[i]);
        }

        return Collapse(values, shares, 2 * Cells);
    }

    /// <summary>The sum with an independent time.</summary>
    public LatencyDistribution Plus(LatencyDistribution other)
    {
        if (other.IsConstant)
        {
            return Plus(other._seconds[0]);
        }

        if (IsConstant)
        {
            return other.Plus(_seconds[0]);
        }

        (double[] values, double[] shares) = Scratch();
        for (int i = 0, pair = 0; i < Cells; i++)
        {
            for (int j = 0; j < Cells; j++, pair++)
            {
                values[pair] = _seconds[i] + other._seconds[j];
                shares[pair] = s_weights[i] * s_weights[j];
            }
        }

        return Collapse(values, shares, Cells * Cells);
    }

    /// <summary>The sum with a constant.</summary>
    public LatencyDistribution Plus(double seconds) => new(Array.ConvertAll(_seconds, s => s + seconds));

    /// <summary>The sum with a time that is long exactly when this one is (both are rising functions of one hidden cause): every quantile is the sum of the two.</summary>
    public LatencyDistribution PlusComonotone(LatencyDistribution other)
    {
        double[] cells = new double[Cells];
        for (int i = 0; i < Cells; i++)
        {
            cells[i] = _seconds[i] + other._seconds[i];
        }

        return new LatencyDistribution(cells);
    }

    /// <summary>Every time multiplied by <paramref name="factor"/> (at least 0).</summary>
    public LatencyDistribution Times(double factor) => new(Array.ConvertAll(_seconds, s => s * factor));

    /// <summary>
    /// What is seen when cases that are not done by <paramref name="timeout"/> are given up then, for a way that takes
    /// <paramref name="fallback"/> from there on, independently: its mean is E[X; X ≤ t] + P(X > t)·(t + E[fallback]).
    /// </summary>
    /// <param name="timeout">Seconds; infinite for never.</param>
    /// <param name="fallback">Seconds of the other way.</param>
    public LatencyDistribution WithFallback(double timeout, LatencyDistribution fallback)
    {
        double within = ShareWithin(timeout);
        if (within >= 1)
        {
            return this;
        }

        if (within <= 0)
        {
            return fallback.Plus(timeout);
        }

        // Whole cells before the share that is done, then the part of one that ends at the timeout.
        (double[] values, double[] shares) = Scratch();
        double left = within;
        int count = 0;
        for (; count < Cells && left > 0; count++)
        {
            (values[count], shares[count]) = (Math.Min(timeout, _seconds[count]), Math.Min(left, s_weights[count]));
            left -= s_weights[count];
        }

        for (int i = 0; i < Cells; i++, count++)
        {
            (values[count], shares[count]) = (timeout + fallback._seconds[i], (1 - within) * s_weights[i]);
        }

        return Collapse(values, shares, count);
    }

    /// <summary>The seconds that a share <paramref name="probability"/> of cases stay under, linear between the values held.</summary>
    public double Quantile(double probability)
    {
        int cell = CellOf(probability);
        int below = probability < s_middles[cell] ? cell - 1 : cell;
        if (below < 0 || below == Cells - 1)
        {
            return _seconds[Math.Clamp(below, 0, Cells - 1)];
        }

        double place = (probability - s_middles[below]) / (s_middles[below + 1] - s_middles[below]);
        return _seconds[below] + (place * (_seconds[below + 1] - _seconds[below]));
    }

    /// <summary>The value held for <paramref name="probability"/>, the mean of its cell: drawn with an even probability, it has this distribution's mean exactly.</summary>
    public double At(double probability) => _seconds[CellOf(probability)];

    /// <summary>The share of cases that end within <paramref name="seconds"/>: the inverse of <see cref="Quantile"/>.</summary>
    public double ShareWithin(double seconds)
    {
        if (seconds < _seconds[0] || seconds >= _seconds[^1])
        {
            return seconds < _seconds[0] ? 0 : 1;
        }

        int low = 0, high = Cells - 1;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = _seconds[middle] <= seconds ? (middle, high) : (low, middle);
        }

        return s_middles[low] + ((seconds - _seconds[low]) / (_seconds[high] - _seconds[low]) * (s_middles[high] - s_middles[low]));
    }

    private static int CellOf(double probability) => Math.Clamp(
        (int)(probability < 0.9 ? probability * 100 : probability < 0.99 ? 90 + ((probability - 0.9) * 200) : 108 + ((probability - 0.99) * 2000)), 0, Cells - 1);

    private static (double[] Values, double[] Shares) Scratch() => (t_values ??= new double[Cells * Cells], t_shares ??= new double[Cells * Cells]);

    // Sorts and averages cell by cell; shares add up to 1.
    private static LatencyDistribution Collapse(double[] values, double[] shares, int count)
    {
        Array.Sort(values, shares, 0, count);
        double[] cells = new double[Cells];
        int source = 0;
        double left = shares[0];
        for (int i = 0; i < Cells; i++)
        {
            double need = s_weights[i];
            double sum = 0;
            while (need > left && source < count - 1)
            {
                sum += left * values[source];
                need -= left;
                left = shares[++source];
            }

            // At the very end rounding may leave a little need; the last value fills it.
            cells[i] = (sum + (need * values[source])) / s_weights[i];
            left -= need;
        }

        return new LatencyDistribution(cells);
    }

    private static double[] Middles()
    {
        double[] middles = new double[Cells];
        double edge = 0;
        for (int i = 0; i < Cells; i++)
        {
            middles[i] = edge + (s_weights[i] / 2);
            edge += s_weights[i];
        }

        return middles;
    }
}
