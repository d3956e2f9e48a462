namespace Fleetwright.Serving.Simulation.Results;

/// <summary>
/// How many replicas had each status over time, as means over equal intervals. The intervals double when a run outlasts them, so the memory is bounded.
/// </summary>
public sealed class FleetSeries
{
    private const int Statuses = 5;
    private readonly double[] _sums = new double[OccupancySeries.Intervals * Statuses];

    /// <summary>Ticks of an interval.</summary>
    public long Interval { get; private set; } = Ticks.Of(0.25);

    /// <summary>When the last part that was added ends.</summary>
    public long End { get; private set; }

    /// <summary>Intervals that hold anything.</summary>
    public int Count => (int)((End + Interval - 1) / Interval);

    /// <summary>Mean replicas of a status in an interval.</summary>
    public double Mean(ReplicaStatus status, int interval) =>
        _sums[(interval * Statuses) + (int)status] / Math.Max(1, Math.Min(Interval, End - (interval * Interval)));

    /// <summary>Adds a stretch of time in which nothing changed.</summary>
    /// <param name="to">Its end in ticks; it starts at <see cref="End"/>.</param>
    /// <param name="counts">Replicas of each status.</param>
    internal void Add(long to, ReadOnlySpan<int> counts)
    {
        while (to > Interval * OccupancySeries.Intervals)
        {
            Halve();
        }

        while (End < to)
        {
            long interval = End / Interval, stop = Math.Min(to, (interval + 1) * Interval);
            for (int i = 0; i < Statuses; i++)
            {
                _sums[(interval * Statuses) + i] += (double)(stop - End) * counts[i];
            }

            End = stop;
        }
    }

    private void Halve()
    {
        for (int i = 0; i < OccupancySeries.Intervals; i++)
        {
            for (int s = 0; s < Statuses; s++)
            {
                _sums[(i * Statuses) + s] = 2 * i < OccupancySeries.Intervals ? _sums[(2 * i * Statuses) + s] + _sums[(((2 * i) + 1) * Statuses) + s] : 0;
            }
        }

        Interval *= 2;
    }
}
