using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>What the engines say of how many ran and waited, and how full the cache was, against closed forms and against engines that step.</summary>
public sealed class OccupancyTests
{
    private static readonly AffineTimes Times = new() { Fixed = 4e-3, PerToken = 2e-5, PerDecode = 3e-5, PerContextToken = 1e-7, PerPair = 1e-9 };

    public static TheoryData<string, int, bool> Engines => new() { { "vllm-v1", 0, false }, { "sarathi", 0, false }, { "prefill-first", 0, false }, { "vllm-v1", 3, false }, { "vllm-v1", 3, true } };

    [Theory]
    [MemberData(nameof(Engines))]
    public void Waiting_over_time_is_arrivals_times_their_mean_wait(string scheduler, int ranks, bool ahead)
    {
        // Little's law: ∫ waiting dt = Σ queue times, whatever the load; the cache is large, so that nobody waits twice.
        double waited = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            Run run = Ran(scheduler, ranks, ahead, seed, blocks: 100_000, leaps: true);
            double queues = run.Sink.Of.Values.Sum(r => r.QueueSeconds);
            Assert.Equal(queues, Area(run.Series, run.Series.Waiting), 1e-9 * Math.Max(1, queues));
            waited += queues;
        }

        Assert.True(waited > 10);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Leaping_fills_every_interval_as_stepping_does(string scheduler, int ranks, bool ahead)
    {
        // Also where sequences lose their places. The cache inside a run is counted as if its iterations were equally long.
        for (int seed = 0; seed < 40; seed++)
        {
            Run leap = Ran(scheduler, ranks, ahead, seed, blocks: 60, leaps: true), step = Ran(scheduler, ranks, ahead, seed, blocks: 60, leaps: false);
            Assert.Equal(step.Series.Count, leap.Series.Count);
            for (int i = 0; i < step.Series.Count; i++)
            {
                Assert.Equal(step.Series.Running(i), leap.Series.Running(i), 1e-8);
                Assert.Equal(step.Series.Waiting(i), leap.Series.Waiting(i), 1e-8);
            }

            double cache = Area(step.Series, step.Series.Cache);
            Assert.Equal(cache, Area(leap.Series, leap.Series.Cache), 2e-3 * cache);
        }
    }

    private static Run Ran(string scheduler, int ranks, bool ahead, int seed, long blocks, bool leaps)
    {
        var random = new Random(seed);
        var limits = new SchedulerLimits { TokenBudget = 256, MaximumSequences = random.Next(2, 12), Blocks = blocks, MaximumContext = 600 };
        List<Request> requests = LeapTests.Workload(random, 600, 0.02 + (0.4 * random.NextDouble()));
        var run = new Run(new OccupancySeries(), new LeapTests.Sink());
        if (ranks == 0)
        {
            new ReplicaSimulator<AffineTimes>(Times, LeapTests.Create(scheduler, limits), new ReplicaState(limits), run.Sink, leaps) { Series = run.Series }.Run(new ListSource(requests));
        }
        else
        {
            new LockstepSimulator<LockstepAffineTimes>(
                new LockstepAffineTimes(Times, 2e-5), [.. Enumerable.Range(0, ranks).Select(_ => LeapTests.Create(scheduler, limits))], [.. Enumerable.Range(0, ranks).Select(_ => new ReplicaState(limits))], run.Sink, leaps)
            { Series = run.Series, SchedulesAhead = ahead }.Run(new ListSource(requests));
        }

        return run;
    }

    private static double Area(OccupancySeries series, Func<int, double> of) =>
        Enumerable.Range(0, series.Count).Sum(i => of(i) * Ticks.Seconds(Math.Min(series.Interval, series.End - (i * series.Interval))));

    private sealed record Run(OccupancySeries Series, LeapTests.Sink Sink);
}
