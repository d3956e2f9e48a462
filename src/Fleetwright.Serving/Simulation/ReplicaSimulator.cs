using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Timelines;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>
/// One replica through time. It plans a run of iterations, which is one iteration when prompts are computed and as many as nothing can
/// change when not, and ends it when its time has come; a request that arrives in between cuts the run at the iteration that is then
/// running. Cutting costs no more than planning, because a run is a closed form and has no state of its own.
/// </summary>
/// <typeparam name="TTimes">How long iterations take.</typeparam>
internal sealed partial class ReplicaSimulator<TTimes> : IReplicaEngine
    where TTimes : struct, IIterationTimes
{
    private readonly Scheduler _scheduler;
    private readonly int _longestRun;
    private TTimes _times;
    private ReplicaWork _work;
    private SequenceEnds _ends;
    private long _start;
    private int _iterations;
    // Up to when those that wait in this run are in the series.
    private long _counted;

    /// <param name="times">How long iterations take.</param>
    /// <param name="scheduler">How batches are formed; a scheduler of its own for each replica.</param>
    /// <param name="state">An empty state with the scheduler's limits.</param>
    /// <param name="sink">Takes the results.</param>
    /// <param name="leaps">Whether runs of iterations are taken in one step; the results are the same.</param>
    public ReplicaSimulator(TTimes times, Scheduler scheduler, ReplicaState state, ICompletionSink sink, bool leaps = true)
    {
        (_times, _scheduler, State, _ends) = (times, scheduler, state, new SequenceEnds(sink));
        _longestRun = leaps ? 1 << 20 : 1;
    }

    public ReplicaState State { get; }

    /// <summary>When the planned run ends; <see cref="Ticks.Never"/> when nothing runs.</summary>
    public long End { get; private set; } = Ticks.Never;

    /// <summary>What it has done.</summary>
    public ref readonly ReplicaWork Work => ref _work;

    /// <inheritdoc/>
    int IReplicaEngine.Waiting => State.WaitingCount;

    /// <inheritdoc/>
    int IReplicaEngine.Running => State.RunningCount;

    /// <inheritdoc/>
    double IReplicaEngine.CacheTaken => 1 - ((double)State.FreeBlocks / State.Limits.Blocks);

    /// <inheritdoc/>
    int IReplicaEngine.FoundTokens(in Request request) => State.FoundTokensOf(request);

    /// <summary>Where its occupancy is kept, if anywhere.</summary>
    public OccupancySeries? Series { get; init; }

    /// <summary>Where what it does is drawn, if anywhere.</summary>
    public ReplicaTimeline? Timeline { get; init; }

    /// <summary>Hears of every request that ends, when the source waits for answers.</summary>
    public IClosedLoop? Loop
    {
        get => _ends.Loop;
        init => _ends.Loop = value;
    }

    /// <summary>Ticks that a request takes beyond its iterations, before its first token.</summary>
    public long RequestOverhead
    {
        get => _ends.RequestOverhead;
        init => _ends.RequestOverhead = value;
    }

    /// <summary>Takes all of a source's requests to their ends.</summary>
    public void Run(IRequestSource source) => RunUntil(source, Ticks.Never - 1);

    /// <summary>Takes the requests of a window of time: every arrival and every end of a run up to <paramref name="until"/>.</summary>
    /// <returns>Whether nothing is left to do.</returns>
    public bool RunUntil(IRequestSource source, long until)
    {
        while (Math.Min(source.NextArrival, End) is var now && now != Ticks.Never)
        {
            if (now > until)
            {
                return false;
            }

            Step(source, now);
        }

        return true;
    }

    /// <summary>Ends and plans runs until none ends by <paramref name="now"/>.</summary>
    public void AdvanceTo(long now)
    {
        while (End <= now && End != Ticks.Never)
        {
            long at = End;
            Finish();
            Plan(at, Ticks.Never);
        }
    }

    /// <summary>A request arrives; the replica has been advanced to its arrival.</summary>
    public void Offer(in Request request)
    {
        int waiting = State.WaitingCount;
        Accept(request);
        if (End == Ticks.Never)
        {
            Plan(request.Arrival, Ticks.Never);
        }
        else if (waiting == 0)
        {
            Cut(request.Arrival);
        }
    }

    private void Step(IRequestSource source, long now)
    {
        if (End == now)
        {
            Finish();
        }

        int waiting = State.WaitingCount;
        while (source.NextArrival <= now)
        {
            Accept(source.Take());
        }

        if (End == Ticks.Never)
        {
            Plan(now, source.NextArrival);
        }
        else if (waiting == 0)
        {
            Cut(now);
        }
    }

    private void Accept(in Request request)
    {
        CountWaiting(request.Arrival);
        int waiting = State.WaitingCount;
        _ends.Accept(_scheduler, State, request);
        if (Timeline is not null && State.WaitingCount > waiting)
        {
            Timeline.Arrived(request);
            Timeline.Levels(request.Arrival, State.RunningCount, State.WaitingCount);
        }
    }

    // Who waits changes with every arrival, who runs only with a run.
    private void CountWaiting(long now)
    {
        if (Series is not null && End != Ticks.Never)
        {
            Series.AddWaiting(_counted, now, State.WaitingCount);
            _counted = now;
        }
    }

    // Forms a batch and says how long it runs. A run that an arrival would end anyway is planned only that far.
    private void Plan(long now, long nextArrival)
    {
        long preemptions = State.Preemptions;
        Timeline?.Forming(now);
        _scheduler.Form(State, now);
        Timeline?.Formed(State, now);
        Timeline?.Levels(now, State.RunningCount, State.WaitingCount);
        if (State.ChunkCount > 0)
        {
            double seconds = _times.Iteration(State.Decodes ? State.DecodeCount : 0, State.Decodes ? State.DecodeContext : 0, State.Decodes ? State.LongestContext : 0, State.Chunks);
            Start(now, 1, seconds);
        }
        else if (State.Decodes)
        {
            // What was evicted may come back in the next iteration.
            int longest = State.Preemptions > preemptions ? 1 : _longestRun;
            int most = State.SafeIterations((int)Math.Min(State.IterationsToEnd, longest), _scheduler.SpareBlocks);
            double until = State.WaitingCount > 0 || nextArrival == Ticks.Never ? double.PositiveInfinity : Ticks.Seconds(nextArrival - now);
            int iterations = _times.Decode(State.DecodeCount, State.DecodeContext, State.LongestContext, most, until, out double seconds);
            Start(now, iterations, seconds);
        }
        else
        {
            End = Ticks.Never;
        }
    }

    private void Start(long now, int iterations, double seconds)
    {
        _start = now;
        _counted = now;
        _iterations = iterations;
        End = now + Ticks.Of(seconds);
    }

    // The first arrivals that may be admitted end a run of decodes after the iteration that is running.
    private void Cut(long now)
    {
        if (_iterations > 1 && now < End && State.WaitingCount > 0)
        {
            _iterations = _times.Decode(State.DecodeCount, State.DecodeContext, State.LongestContext, _iterations, Ticks.Seconds(now - _start), out double seconds);
            End = Math.Max(now, _start + Ticks.Of(seconds));
        }
    }

    private void Finish()
    {
        long now = End;
        CountWaiting(now);
        End = Ticks.Never;
        _work.Iterations += _iterations;
        _work.Runs++;
        _work.BusyTicks += now - _start;
        Series?.Add(_start, now, State.RunningCount, 0, 1 - (State.MeanFreeBlocks(_iterations) / State.Limits.Blocks));
        if (Timeline is not null)
        {
            Draw(Timeline, now);
        }

        _ends.Finish(State, _start, now, _iterations, ref _work);
    }

    // The iterations of the run that ends now, one by one.
    private void Draw(ReplicaTimeline timeline, long now)
    {
        timeline.Ending(State, now);
        if (!timeline.Shows(_start, now))
        {
            return;
        }

        int decodes = State.Decodes ? State.DecodeCount : 0;
        long from = _start, free = State.FreeBlocks;
        for (int i = 0; i < _iterations; i++)
        {
            long to = now;
            if (i + 1 < _iterations)
            {
                _ = _times.Decode(decodes, State.DecodeContext, State.LongestContext, i + 1, double.PositiveInfinity, out double seconds);
                to = _start + Ticks.Of(seconds);
            }

            free -= State.BlocksTaken(i);
            timeline.Iteration(
                0, from, to, RankBatch.Of(decodes, decodes == 0 ? 0 : State.DecodeContext + ((long)i * decodes), 0, State.Chunks), 1 - ((double)free / State.Limits.Blocks));
            from = to;
        }
    }
}
