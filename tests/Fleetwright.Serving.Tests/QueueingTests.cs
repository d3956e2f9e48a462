using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Closed forms that the engine must agree with.</summary>
public sealed class QueueingTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void One_at_a_time_with_constant_service_waits_as_M_D_1(double utilisation)
    {
        // Every request is one iteration of a second: E[W] = ρ / 2(1 − ρ).
        Sink sink = Run(new AffineTimes { Fixed = 1 }, 1, utilisation, _ => (1, 1), 400_000);
        double expected = utilisation / (2 * (1 - utilisation));
        Assert.Equal(expected, sink.Queue / sink.Count, expected * 0.03);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void One_at_a_time_with_exponential_service_waits_as_M_M_1(double utilisation)
    {
        // Prompts of exponential length at a constant time a token, 1 s in the mean: E[W] = ρ / (1 − ρ).
        Sink sink = Run(new AffineTimes { PerToken = 1e-5 }, 1, utilisation, random => (1 + (int)(-1e5 * Math.Log(1 - random.NextUnit())), 1), 400_000);
        double expected = utilisation / (1 - utilisation);
        Assert.Equal(expected, sink.Queue / sink.Count, expected * 0.05);
    }

    [Fact]
    public void Sequences_in_the_cache_are_arrivals_times_their_stay()
    {
        // Little's law, on the engine's own count: ∫ running dt = Σ (end − start).
        var series = new OccupancySeries();
        Sink sink = Run(new AffineTimes { Fixed = 5e-3, PerToken = 2e-5, PerContextToken = 1e-8 }, 64, 10, random => (1 + (int)(random.NextUnit() * 900), 1 + (int)(random.NextUnit() * 300)), 20_000, series);
        double area = 0;
        for (int i = 0; i < series.Count; i++)
        {
            area += series.Running(i) * (Math.Min(series.End, (i + 1) * series.Interval) - (i * series.Interval)) / Ticks.PerSecond;
        }

        Assert.Equal(sink.Stay, area, sink.Stay * 1e-9);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var times = new AffineTimes { Fixed = 5e-3, PerToken = 2e-5, PerContextToken = 1e-8 };
        var sink = new RunStatistics([new ServiceTarget(1, 0.05)]);
        ReplicaSimulator<AffineTimes> simulator = Simulator(times, 64, sink, new OccupancySeries());
        var source = new Poisson(10, random => (1 + (int)(random.NextUnit() * 900), 1 + (int)(random.NextUnit() * 300)), 40_000);
        simulator.RunUntil(source, Ticks.Of(1000));
        long completed = sink.Completed, before = GC.GetAllocatedBytesForCurrentThread();
        simulator.RunUntil(source, Ticks.Of(3000));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sink.Completed > completed + 10_000);
    }

    private static Sink Run(AffineTimes times, int sequences, double rate, Func<RandomStream, (int, int)> lengths, int count, OccupancySeries? series = null)
    {
        var sink = new Sink();
        Simulator(times, sequences, sink, series).Run(new Poisson(rate, lengths, count));
        Assert.Equal(count, sink.Count);
        return sink;
    }

    private static ReplicaSimulator<AffineTimes> Simulator(AffineTimes times, int sequences, ICompletionSink sink, OccupancySeries? series) =>
        new(times, new VllmV1Scheduler(), new ReplicaState(new SchedulerLimits { TokenBudget = 100_000_000, MaximumSequences = sequences, Blocks = 100_000_000 }), sink) { Series = series };

    private sealed class Sink : ICompletionSink
    {
        public long Count { get; private set; }

        public double Queue { get; private set; }

        public double Stay { get; private set; }

        public void Completed(in CompletedRequest request)
        {
            Count++;
            Queue += request.QueueSeconds;
            Stay += request.EndToEnd - request.QueueSeconds;
        }

        public void Rejected(in Request request) => throw new InvalidOperationException();
    }

    private sealed class Poisson(double rate, Func<RandomStream, (int, int)> lengths, int count) : IRequestSource
    {
        private RandomStream _random = new(7, "arrivals");
        private RandomStream _lengths = new(7, "lengths");
        private double _now;
        private int _taken;

        public long NextArrival { get; private set; } = 0;

        public Request Take()
        {
            // Two numbers are drawn from a copy, so that the stream itself moves on by as many.
            (int prompt, int output) = lengths(_lengths);
            _ = _lengths.Next();
            _ = _lengths.Next();
            var request = new Request(_taken++, NextArrival, prompt, output);
            _now -= Math.Log(1 - _random.NextUnit()) / rate;
            NextArrival = _taken < count ? Ticks.Of(_now) : Ticks.Never;
            return request;
        }
    }
}
