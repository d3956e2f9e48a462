using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>
/// A latency distribution laid out for sampling and for its inverse: times at the probabilities (k + ½)/128, straight lines between, the ends held.
/// Sampling and shares use the same lines, so that a simulation meets the analytic share exactly in expectation.
/// </summary>
internal sealed class TimeTable
{
    public const int Points = 128;
    private readonly double[] _seconds = new double[Points];

    public TimeTable(LatencyDistribution distribution)
    {
        for (int k = 0; k < Points; k++)
        {
            _seconds[k] = distribution.Quantile((k + 0.5) / Points);
        }
    }

    public ReadOnlySpan<double> Seconds => _seconds;

    /// <summary>The time at a probability from 0 to 1.</summary>
    public double At(double probability)
    {
        double place = Math.Clamp((probability * Points) - 0.5, 0, Points - 1);
        int below = Math.Min((int)place, Points - 2);
        return _seconds[below] + ((place - below) * (_seconds[below + 1] - _seconds[below]));
    }

    /// <summary>The share of cases within <paramref name="seconds"/>.</summary>
    public double Share(double seconds)
    {
        if (seconds >= _seconds[Points - 1])
        {
            return 1;
        }

        if (!(seconds >= _seconds[0]))
        {
            return 0;
        }

        // The last point that is not later.
        int low = 0;
        int high = Points - 1;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = _seconds[middle] <= seconds ? (middle, high) : (low, middle);
        }

        double step = _seconds[high] - _seconds[low];
        return (low + 0.5 + (step > 0 ? (seconds - _seconds[low]) / step : 0)) / Points;
    }
}
