using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Fleets;
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
internal sealed partial class ReplicaSimulator<TTimes> : ISplitEngine
    where TTimes : struct, IIterationTimes
{
    private readonly Scheduler _scheduler;
    private readonly int _longestRun;
    private readonly int _spareBlocks;
    private TTimes _times;
    private ReplicaWork _work;
    private SequenceEnds _ends;
    private long _start;
    private int _iterations;
    // Up to when those that wait in this run are in the series.
    private long _counted;

    // The arrival up to which the run was planned.
    private long _plannedTo;

    // Who was next when the run was planned, and could not be admitted.
    private int _next;

    // What of each iteration of the run passes through adapters.
    private AdapterBatch _adapted;

    /// <param name="times">How long iterations take.</param>
    /// <param name="scheduler">How batches are formed; a scheduler of its own for each replica.</param>
    /// <param name="state">An empty state with the scheduler's limits.</param>
    /// <param name="sink">Takes the results.</param>
    /// <param name="leaps">Whether runs of iterations are taken in one step; the results are the same.</param>
    public ReplicaSimulator(TTimes times, Scheduler scheduler, ReplicaState state, ICompletionSink sink, bool leaps = true)
    {
        (_times, _scheduler, State, _ends) = (times, scheduler, state, new SequenceEnds(sink));
        _longestRun = leaps ? 1 << 20 : 1;
        _spareBlocks = scheduler.SpareBlocks;
    }

    public ReplicaState State { get; }

    /// <summary>When the planned run ends; <see cref="Ticks.Never"/> when nothing runs.</summary>
    public long End { get; private set; } = Ticks.Never;

    /// <summary>What it has done.</summary>
    public ref readonly ReplicaWork Work => ref _work;

    /// <inheritdoc/>
    int IReplicaEngine.Waiting => State.QueuedCount;

    /// <inheritdoc/>
    int IReplicaEngine.Running => State.RunningCount;

    /// <inheritdoc/>
    double IReplicaEngine.CacheTaken => 1 - ((double)State.FreeBlocks / State.Limits.Blocks);

    /// <inheritdoc/>
    int IReplicaEngine.FoundTokens(in Request request) => State.FoundTokensOf(request);

    /// <inheritdoc/>
    bool IReplicaEngine.HasAdapter(in Request request) => State.HasAdapterOf(request);

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

    /// <summary>Caches that come from other replicas; null where all prompts are computed here.</summary>
    public KvIntake? Intake { get; init; }

    /// <summary>Takes the slots of sequences that go on elsewhere once their prompt is whole; null where all go on here.</summary>
    public List<int>? Outbox
    {
        get => _ends.Outbox;
        init => _ends.Outbox = value;
    }

    /// <inheritdoc/>
    int ISplitEngine.Ranks => 1;

    /// <inheritdoc/>
    SplitRank ISplitEngine.Rank(int rank) => new(State, _scheduler, Intake, Outbox);

    /// <inheritdoc/>
    int ISplitEngine.RankFor(long now) => 0;

    /// <inheritdoc/>
    void ISplitEngine.Finish(long now)
    {
        if (End == now)
        {
            Finish();
        }
    }

    /// <inheritdoc/>
    void ISplitEngine.Resume(long now)
    {
        if (End == Ticks.Never)
        {
            Plan(now, Ticks.Never);
        }
        else
        {
            CutRun(now);
        }
    }

    /// <summary>Takes all of a source's requests to their ends.</summary>
    public void Run(IRequestSource source) => RunUntil(source, Ticks.Never - 1);

    /// <summary>Takes the requests of a window of time: every arrival and every end of a run up to <paramref name="until"/>.</summary>
    /// <returns>Whether nothing is left to do.</returns>
    public bool RunUntil(IRequestSource source, long until)
    {
        long arrival = source.NextArrival;
        while (Math.Min(arrival, End) is var now && now != Ticks.Never)
        {
            if (now > until)
            {
                return false;
            }

            arrival = Step(source, arrival, now);
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
        Accept(request);
        if (End == Ticks.Never || _iterations == 0)
        {
            Plan(request.Arrival, Ticks.Never);
        }
        else
        {
            Cut(request.Arrival);
        }
    }

    /// <inheritdoc/>
    public void Stop(long now, List<UnfinishedRequest> unfinished)
    {
        long lastToken = now;
        if (End != Ticks.Never)
        {
            int whole = 0;
            if (_iterations > 1)
            {
                int begun = Decode(_iterations, Ticks.Seconds(now - _start), out double seconds);
                whole = _start + Ticks.Of(seconds) <= now ? begun : begun - 1;
            }

            lastToken = _start;
            if (whole > 0)
            {
                _iterations = Decode(whole, double.PositiveInfinity, out double seconds);
                lastToken = End = Math.Min(now, _start + Ticks.Of(seconds));
                Finish();
            }

            _work.BusyTicks += now - lastToken;
            End = Ticks.Never;
        }

        int first = unfinished.Count;
        State.Unfinished(unfinished, lastToken, _ends.RequestOverhead);
        UnfinishedRequest.Sort(unfinished, first);
    }

    // Returns the next arrival. An end may bring one forward, so the source is asked again after each.
    private long Step(IRequestSource source, long arrival, long now)
    {
        if (End == now)
        {
            Finish();
            arrival = source.NextArrival;
        }

        while (arrival <= now)
        {
            Accept(source.Take());
            arrival = source.NextArrival;
        }

        if (End == Ticks.Never || _iterations == 0)
        {
            Plan(now, arrival);
        }
        else
        {
            Cut(now);
        }

        return arrival;
    }

    private long LongestContext => TTimes.ReadsLongestContext ? State.LongestContext : 0;

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
            Series.AddWaiting(_counted, now, State.QueuedCount);
            _counted = now;
        }
    }

    // Forms a batch and says how long it runs. A run that an arrival would end anyway is planned only that far.
    private void Plan(long now, long nextArrival)
    {
        long preemptions = State.Preemptions;
        Intake?.Join(State, now);
        Timeline?.Forming(now);
        _scheduler.Form(State, now);
        Timeline?.Formed(State, now);
        Timeline?.Levels(now, State.RunningCount, State.WaitingCount);
        Intake?.Reserve(State, _scheduler);
        _next = State.HasNext ? State.WaitingHead : -1;
        _adapted = State.Lora is null ? default : State.AdapterBatch;
        double swaps = State.SwapSeconds, held = swaps + State.AdapterSeconds;
        if (swaps > 0 && (State.ChunkCount > 0 || State.Decodes))
        {
            State.Traffic?.SwapTicks += Ticks.Of(swaps);
        }

        if (State.ChunkCount > 0)
        {
            double seconds = State.Speculation is not null
                ? _times.Speculation(State.Decodes ? State.DecodeCount : 0, State.Decodes ? State.EvenContext : 0, State.Chunks)
                : _adapted.Tokens > 0 ? _times.Adapted(State.Decodes ? State.DecodeCount : 0, State.Decodes ? State.DecodeContext : 0, State.Chunks, _adapted)
                : _times.Iteration(State.Decodes ? State.DecodeCount : 0, State.Decodes ? State.DecodeContext : 0, State.Decodes ? LongestContext : 0, State.Chunks);
            Start(now, 1, seconds + held);
        }
        else if (State.Decodes)
        {
            // What was evicted may come back in the next iteration; behind what came back others may be admitted, and its copies hold up one iteration only.
            int longest = State.Preemptions > preemptions || State.Resumed ? 1 : _longestRun;
            int most = State.SafeIterations((int)Math.Min(State.IterationsToEnd, longest), _spareBlocks);
            _plannedTo = State.WaitingCount > 0 ? Ticks.Never : nextArrival;
            double until = _plannedTo == Ticks.Never ? double.PositiveInfinity : Ticks.Seconds(_plannedTo - now);
            if (State.LoadingCount > 0)
            {
                // A sequence that is loaded has its place and joins at the next iteration.
                until = Math.Min(until, Ticks.Seconds(State.NextLoad - now));
            }

            int iterations = Decode(most, until, out double seconds);
            Start(now, iterations, seconds + held);
        }
        else
        {
            // Nothing runs, and nothing can before a load is done or a request arrives.
            _iterations = 0;
            _counted = now;
            End = Math.Max(now, State.NextLoad);
        }
    }

    private void Start(long now, int iterations, double seconds)
    {
        _start = now;
        _counted = now;
        _iterations = iterations;
        End = now + Ticks.Of(seconds);
    }

    private int Decode(int most, double until, out double seconds) => State.Speculation is not null
        ? _times.Speculations(State.DecodeCount, State.EvenContext, State.ContextGrowth, most, until, out seconds)
        : _adapted.Tokens > 0 ? _times.AdaptedRun(State.DecodeCount, State.DecodeContext, _adapted, most, until, out seconds)
        : _times.Decode(State.DecodeCount, State.DecodeContext, LongestContext, most, until, out seconds);

    // An arrival that may be admitted ends a run of decodes after the iteration that is running, unless it was planned so.
    private void Cut(long now)
    {
        if (now != _plannedTo && State.HasNext && State.WaitingHead != _next)
        {
            _next = State.WaitingHead;
            CutRun(now);
        }
    }

    private void CutRun(long now)
    {
        if (_iterations > 1 && now < End)
        {
            _iterations = Decode(_iterations, Ticks.Seconds(now - _start), out double seconds);
            End = Math.Max(now, _start + Ticks.Of(seconds));
        }
    }

    private void Finish()
    {
        long now = End;
        CountWaiting(now);
        End = Ticks.Never;
        if (_iterations == 0)
        {
            return;
        }

        _work.Iterations += _iterations;
        _work.Runs++;
        _work.BusyTicks += now - _start;
        Series?.Add(_start, now, State.RunningCount, 0, 1 - (State.MeanFreeBlocks(_iterations) / State.Limits.Blocks));
        if (State.Lora is not null)
        {
            State.CountAdapters(_adapted, now - _start, State.WaitingCount > 0 && !State.HasNext);
        }

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
                _ = Decode(i + 1, double.PositiveInfinity, out double seconds);
                to = _start + Ticks.Of(seconds);
            }

            free -= State.BlocksTaken(i);
            timeline.Iteration(
                0, from, to, RankBatch.Of(decodes, decodes == 0 ? 0 : State.DecodeContext + ((long)i * decodes), 0, State.Chunks), 1 - ((double)free / State.Limits.Blocks));
            from = to;
        }
    }
}
