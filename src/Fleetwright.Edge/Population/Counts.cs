using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Population;

/// <summary>Counts of one thread; whole numbers, so that adding them up in any order gives the same.</summary>
internal sealed class Counts
{
    private const int Bins = 4096;
    private const double Least = 1e-3;
    private const double Most = 1e5;
    private static readonly double s_perLog = Bins / Math.Log(Most / Least);
    private readonly long[] _seconds = new long[Bins];

    /// <summary>Requests to servers by hour.</summary>
    public long[] Requests { get; } = new long[24];

    public void AddTime(double seconds)
    {
        int bin = seconds <= Least ? 0 : seconds >= Most ? Bins - 1 : (int)(Math.Log(seconds / Least) * s_perLog);
        _seconds[Math.Min(bin, Bins - 1)]++;
    }

    public void Add(Counts other)
    {
        for (int b = 0; b < Bins; b++)
        {
            _seconds[b] += other._seconds[b];
        }

        for (int h = 0; h < 24; h++)
        {
            Requests[h] += other.Requests[h];
        }
    }

    /// <summary>The times as a distribution: the middle of the bin that holds each quantile. Null without any.</summary>
    public LatencyDistribution? Times()
    {
        long all = _seconds.Sum();
        return all == 0 ? null : LatencyDistribution.FromQuantile(Quantile);

        double Quantile(double probability)
        {
            long rank = (long)(probability * all);
            int bin = 0;
            for (long seen = _seconds[0]; seen <= rank && bin < Bins - 1; seen += _seconds[bin])
            {
                bin++;
            }

            return Least * Math.Exp((bin + 0.5) / s_perLog);
        }
    }
}
