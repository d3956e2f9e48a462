using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>
/// How full a replica was over time, as means over equal intervals. The intervals double when a run outlasts them, so the memory is bounded.
/// </summary>
public sealed class OccupancySeries : IState
{
    /// <summary>Intervals at most.</summary>
    public const int Intervals = 512;

    private readonly double[] _running = new double[Intervals];
    private readonly double[] _waiting = new double[Intervals];
    private readonly double[] _cache = new double[Intervals];

    /// <summary>Ticks of an interval.</summary>
    public long Interval { get; private set; } = Ticks.Of(0.25);

    /// <summary>When the last part that was added ends.</summary>
    public long End { get; private set; }

    /// <summary>Intervals that hold anything.</summary>
    public int Count => (int)((End + Interval - 1) / Interval);

    /// <summary>Mean sequences in the cache in an interval.</summary>
    public double Running(int interval) => _running[interval] / Width(interval);

    /// <summary>Mean requests waiting in an interval.</summary>
    public double Waiting(int interval) => _waiting[interval] / Width(interval);

    /// <summary>Mean share of the cache's blocks taken in an interval.</summary>
    public double Cache(int interval) => _cache[interval] / Width(interval);

    /// <summary>The mean of several replicas over the same time: of each, what it held on average; the time is that of the longest.</summary>
    public static OccupancySeries MeanOf(IReadOnlyList<OccupancySeries> replicas)
    {
        var mean = new OccupancySeries { Interval = replicas.Max(r => r.Interval), End = replicas.Max(r => r.End) };
        foreach (OccupancySeries replica in replicas)
        {
            // Intervals only ever double, so one of the mean's holds a whole number of the replica's.
            int intervals = (int)(mean.Interval / replica.Interval);
            for (int i = 0; i < Intervals; i++)
            {
                mean._running[i / intervals] += replica._running[i] / replicas.Count;
                mean._waiting[i / intervals] += replica._waiting[i] / replicas.Count;
                mean._cache[i / intervals] += replica._cache[i] / replicas.Count;
            }
        }

        return mean;
    }

    /// <summary>The mean of those replicas that serve at a time, of a fleet in which they come and go.</summary>
    /// <param name="engines">Of the first engines; those that are never used hold nothing.</param>
    /// <param name="fleet">How many replicas serve.</param>
    /// <param name="enginesEach">Engines of a replica.</param>
    internal static OccupancySeries MeanOfServing(IReadOnlyList<OccupancySeries> engines, FleetSeries fleet, double enginesEach)
    {
        OccupancySeries mean = MeanOf(engines);
        for (int i = 0; i < mean.Count; i++)
        {
            // Both double their intervals by one rule, and the fleet's lasts at least as long. Engines are used from the first on, so that the first are those that serve.
            int at = (int)Math.Min(fleet.Count - 1, i * mean.Interval / fleet.Interval);
            double serving = enginesEach * (fleet.Mean(ReplicaStatus.Up, at) + fleet.Mean(ReplicaStatus.Draining, at)), times = engines.Count / Math.Clamp(serving, 1, engines.Count);
            (mean._running[i], mean._waiting[i], mean._cache[i]) = (mean._running[i] * times, mean._waiting[i] * times, mean._cache[i] * times);
        }

        return mean;
    }

    /// <summary>Adds a stretch of time in which nothing changed much.</summary>
    /// <param name="from">Its start in ticks.</param>
    /// <param name="to">Its end in ticks.</param>
    /// <param name="running">Sequences in the cache.</param>
    /// <param name="waiting">Requests waiting.</param>
    /// <param name="cache">Share of blocks taken.</param>
    public void Add(long from, long to, int running, int waiting, double cache)
    {
        while (to > Interval * Intervals)
        {
            Halve();
        }

        End = Math.Max(End, to);
        for (long at = from; at < to;)
        {
            long interval = at / Interval;
            long stop = Math.Min(to, (interval + 1) * Interval);
            double ticks = stop - at;
            _running[interval] += ticks * running;
            _waiting[interval] += ticks * waiting;
            _cache[interval] += ticks * cache;
            at = stop;
        }
    }

    /// <summary>Adds requests that wait during a part of a stretch that <see cref="Add"/> is told of without them.</summary>
    /// <param name="from">Its start in ticks.</param>
    /// <param name="to">Its end in ticks.</param>
    /// <param name="waiting">Requests waiting.</param>
    public void AddWaiting(long from, long to, int waiting)
    {
        if (waiting == 0)
        {
            return;
        }

        while (to > Interval * Intervals)
        {
            Halve();
        }

        for (long at = from; at < to;)
        {
            long interval = at / Interval;
            long stop = Math.Min(to, (interval + 1) * Interval);
            _waiting[interval] += (double)(stop - at) * waiting;
            at = stop;
        }
    }

    private double Width(int interval) => Math.Max(1, Math.Min(Interval, End - (interval * Interval)));

    private void Halve()
    {
        foreach (double[] values in (ReadOnlySpan<double[]>)[_running, _waiting, _cache])
        {
            for (int i = 0; i < Intervals; i++)
            {
                values[i] = 2 * i < Intervals ? values[2 * i] + values[(2 * i) + 1] : 0;
            }
        }

        Interval *= 2;
    }

    /// <inheritdoc/>
    void IState.Transfer(StateTransfer state)
    {
        Interval = state.Of(Interval);
        End = state.Of(End);
        state.All(_running.AsSpan());
        state.All(_waiting.AsSpan());
        state.All(_cache.AsSpan());
    }
}
