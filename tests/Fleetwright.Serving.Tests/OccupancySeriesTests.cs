using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Serving.Tests;

public class OccupancySeriesTests
{
    [Fact]
    public void The_mean_of_replicas_keeps_their_sums_over_time_whatever_their_lengths()
    {
        // One that is busy for ten seconds, and one whose intervals have doubled several times.
        OccupancySeries brief = Filled(10, 4, 2, 0.5), longer = Filled(3000, 8, 0, 0.25);
        Assert.True(longer.Interval > brief.Interval);
        var mean = OccupancySeries.MeanOf([brief, longer]);
        Assert.Equal(longer.Interval, mean.Interval);
        Assert.Equal((Sum(brief, brief.Running) + Sum(longer, longer.Running)) / 2, Sum(mean, mean.Running), 1e-6);
        Assert.Equal((Sum(brief, brief.Waiting) + Sum(longer, longer.Waiting)) / 2, Sum(mean, mean.Waiting), 1e-6);
        Assert.Equal((Sum(brief, brief.Cache) + Sum(longer, longer.Cache)) / 2, Sum(mean, mean.Cache), 1e-6);
        Assert.Equal(4, mean.Running(mean.Count - 1), 1e-9);
    }

    private static OccupancySeries Filled(double seconds, int running, int waiting, double cache)
    {
        var series = new OccupancySeries();
        for (int i = 0; i < 100; i++)
        {
            series.Add(Ticks.Of(seconds * i / 100), Ticks.Of(seconds * (i + 1) / 100), running, waiting, cache);
        }

        return series;
    }

    private static double Sum(OccupancySeries series, Func<int, double> of) =>
        Enumerable.Range(0, series.Count).Sum(i => of(i) * Ticks.Seconds(Math.Min(series.Interval, series.End - (i * series.Interval))));
}
