using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Timelines;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>
/// A replica with data-parallel attention through time: ranks with a scheduler and a cache each that share a clock, because all do every forward pass
/// together. It leaps as <see cref="ReplicaSimulator{TTimes}"/> does, over as many iterations as nothing can change on any rank.
/// </summary>
/// <remarks>
/// A request that no cache could ever hold is turned away by the rank that it was sent to. A rank without work takes part in every pass.
/// </remarks>
/// <typeparam name="TTimes">How long iterations take.</typeparam>
internal sealed partial class LockstepSimulator<TTimes> : ISplitEngine
    where TTimes : struct, ILockstepTimes
{
    private readonly Scheduler[] _schedulers;
    private readonly ReplicaState[] _states;
    private readonly SequenceEnds[] _ends;
    private readonly RankBatch[] _batches;
    private readonly RankBalancer _balancer;
    private readonly int _longestRun;
    private TTimes _times;
    private ReplicaWork _work;
    private long _start;
    private int _iterations;
    // Up to when those that wait in this run are in the series.
    private long _counted;
    // Requests that no batch could take up yet, with the number of the iteration in which they arrived.
    private (Request Request, int Rank, long During)[] _ahead = new (Request, int, long)[16];
    private int _aheadCount;

    /// <param name="times">How long iterations take.</param>
    /// <param name="schedulers">How each rank forms its batches.</param>
    /// <param name="states">An empty state for each rank, with the limits of its scheduler.</param>
    /// <param name="sink">Takes the results.</param>
    /// <param name="leaps">Whether runs of iterations are taken in one step; the results are the same.</param>
    /// <param name="balancerPhase">When the front end first hears of the ranks' loads, in ticks.</param>
    /// <param name="dealing">How requests are dealt out to the ranks.</param>
    public LockstepSimulator(TTimes times, IReadOnlyList<Scheduler> schedulers, IReadOnlyList<ReplicaState> states, ICompletionSink sink, bool leaps = true, long balancerPhase = 0, RankDealing dealing = RankDealing.LeastLoaded)
    {
        _times = times;
        _schedulers = [.. schedulers];
        _states = [.. states];
        _ends = [.. states.Select(_ => new SequenceEnds(sink))];
        _batches = new RankBatch[_states.Length];
        _balancer = new RankBalancer(_states.Length, balancerPhase, dealing);
        _longestRun = leaps ? 1 << 20 : 1;
    }

    /// <summary>The ranks.</summary>
    public ReadOnlySpan<ReplicaState> Ranks => _states;

    /// <inheritdoc/>
    public long End { get; private set; } = Ticks.Never;

    /// <inheritdoc/>
    public ref readonly ReplicaWork Work => ref _work;

    /// <inheritdoc/>
    public int Waiting
    {
        get
        {
            int waiting = _aheadCount;
            foreach (ReplicaState state in _states)
            {
                waiting += state.WaitingCount + state.IncomingCount;
            }

            return waiting;
        }
    }

    /// <inheritdoc/>
    public int Running
    {
        get
        {
            int running = 0;
            foreach (ReplicaState state in _states)
            {
                running += state.RunningCount;
            }

            return running;
        }
    }

    /// <inheritdoc/>
    public double CacheTaken
    {
        get
        {
            long free = 0, blocks = 0;
            foreach (ReplicaState state in _states)
            {
                free += state.FreeBlocks;
                blocks += state.Limits.Blocks;
            }

            return 1 - ((double)free / blocks);
        }
    }

    /// <summary>
    /// Whether each batch is formed while the one before it is computed, as with vLLM's asynchronous scheduling: a request then joins the batch after the one
    /// that follows the batch that is computed when it arrives.
    /// </summary>
    public bool SchedulesAhead { get; init; }

    /// <summary>Where its occupancy is kept, if anywhere.</summary>
    public OccupancySeries? Series { get; init; }

    /// <summary>Where what it does is drawn, if anywhere.</summary>
    public ReplicaTimeline? Timeline { get; init; }

    /// <summary>Hears of every request that ends, when the source waits for answers.</summary>
    public IClosedLoop? Loop
    {
        get => _ends[0].Loop;
        init
        {
            foreach (ref SequenceEnds ends in _ends.AsSpan())
            {
                ends.Loop = value;
            }
        }
    }

    /// <summary>Ticks that a request takes beyond its iterations, before its first token.</summary>
    public long RequestOverhead
    {
        get => _ends[0].RequestOverhead;
        init
        {
            foreach (ref SequenceEnds ends in _ends.AsSpan())
            {
                ends.RequestOverhead = value;
            }
        }
    }

    /// <summary>Caches that come from other replicas, by rank; none where all prompts are computed here.</summary>
    public IReadOnlyList<KvIntake> Intakes { get; init; } = [];

    /// <summary>Takes the slots of sequences that go on elsewhere once their prompt is whole, by rank; none where all go on here.</summary>
    public IReadOnlyList<List<int>> Outboxes
    {
        get => [.. _ends.Where(e => e.Outbox is not null).Select(e => e.Outbox!)];
        init
        {
            for (int i = 0; i < value.Count; i++)
            {
                _ends[i].Outbox = value[i];
            }
        }
    }

    /// <inheritdoc/>
    int ISplitEngine.Ranks => _states.Length;

    /// <inheritdoc/>
    SplitRank ISplitEngine.Rank(int rank) => new(_states[rank], _schedulers[rank], Intakes.Count > 0 ? Intakes[rank] : null, _ends[rank].Outbox);

    /// <inheritdoc/>
    int ISplitEngine.RankFor(long now) => _balancer.Choose(now);

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
        else if (_iterations > 1 && now < End)
        {
            Cut(_times.Decode(_batches, _iterations, Ticks.Seconds(now - _start), out _), now);
        }
    }

    /// <summary>Takes all of a source's requests to their ends.</summary>
    public void Run(IRequestSource source) => RunUntil(source, Ticks.Never - 1);

    /// <inheritdoc/>
    public bool RunUntil(IRequestSource source, long until)
    {
        while (Math.Min(source.NextArrival, End) is var now && now != Ticks.Never)
        {
            if (now > until)
            {
                return false;
            }

            bool busy = End != Ticks.Never;
            if (End == now)
            {
                Finish();
            }

            while (source.NextArrival <= now)
            {
                Accept(source.Take(), now, busy);
            }

            if (End == Ticks.Never)
            {
                Plan(now, source.NextArrival);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void AdvanceTo(long now)
    {
        while (End <= now && End != Ticks.Never)
        {
            long at = End;
            Finish();
            Plan(at, Ticks.Never);
        }
    }

    /// <inheritdoc/>
    public void Offer(in Request request)
    {
        bool busy = End != Ticks.Never;
        Accept(request, request.Arrival, busy);
        if (!busy)
        {
            Plan(request.Arrival, Ticks.Never);
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
                int begun = _times.Decode(_batches, _iterations, Ticks.Seconds(now - _start), out double seconds);
                whole = _start + Ticks.Of(seconds) <= now ? begun : begun - 1;
            }

            lastToken = _start;
            if (whole > 0)
            {
                _iterations = _times.Decode(_batches, whole, double.PositiveInfinity, out double seconds);
                lastToken = End = Math.Min(now, _start + Ticks.Of(seconds));
                Finish();
            }

            _work.BusyTicks += now - lastToken;
            End = Ticks.Never;
        }

        int first = unfinished.Count;
        foreach (ReplicaState state in _states)
        {
            state.Unfinished(unfinished, lastToken, RequestOverhead);
        }

        for (int i = 0; i < _aheadCount; i++)
        {
            unfinished.Add(UnfinishedRequest.Unscheduled(_ahead[i].Request));
        }

        UnfinishedRequest.Sort(unfinished, first);
    }

    /// <inheritdoc/>
    /// <remarks>On the rank that holds most of it; the front end does not look for it there.</remarks>
    public int FoundTokens(in Request request)
    {
        int most = 0;
        foreach (ReplicaState state in _states)
        {
            most = Math.Max(most, state.FoundTokensOf(request));
        }

        return most;
    }

    private void Accept(in Request request, long now, bool busy)
    {
        CountWaiting(now);
        int rank = _balancer.Choose(now), iteration = 1;
        if (_iterations > 1 && End > now && End != Ticks.Never)
        {
            // The run ends after the iteration that is running, or the one that is formed already. Also where the request must wait: the front end hears of it then.
            iteration = _times.Decode(_batches, _iterations, Ticks.Seconds(now - _start), out _);
            Cut(SchedulesAhead ? iteration + 1 : iteration, now);
        }

        if (SchedulesAhead && busy)
        {
            Keep(request, rank, _work.Iterations + iteration - 1);
        }
        else
        {
            Admit(request, rank);
        }
    }

    private void Admit(in Request request, int rank)
    {
        int waiting = _states[rank].WaitingCount;
        _ends[rank].Accept(_schedulers[rank], _states[rank], request);
        if (Timeline is not null && _states[rank].WaitingCount > waiting)
        {
            Timeline.Arrived(request);
        }
    }

    // Who waits changes with every arrival, who runs only with a run.
    private void CountWaiting(long now)
    {
        if (Series is not null && End != Ticks.Never)
        {
            Series.AddWaiting(_counted, now, Waiting);
            _counted = now;
        }
    }

    private double MeanCacheTaken()
    {
        double free = 0, blocks = 0;
        foreach (ReplicaState state in _states)
        {
            free += state.MeanFreeBlocks(state.Decodes ? _iterations : 1);
            blocks += state.Limits.Blocks;
        }

        return 1 - (free / blocks);
    }

    private void Keep(in Request request, int rank, long during)
    {
        if (_aheadCount == _ahead.Length)
        {
            Array.Resize(ref _ahead, _aheadCount * 2);
        }

        _ahead[_aheadCount++] = (request, rank, during);
    }

    // Requests that arrived before the batch was formed that is now to be computed, or all.
    private void Release(bool all)
    {
        int released = 0;
        while (released < _aheadCount && (all || _ahead[released].During + 2 <= _work.Iterations))
        {
            (Request request, int rank, _) = _ahead[released++];
            Admit(request, rank);
        }

        _aheadCount -= released;
        Array.Copy(_ahead, released, _ahead, 0, _aheadCount);
    }

    private void Plan(long now, long nextArrival)
    {
        Release(all: false);
        if (!Form(now, out bool prompts, out long most) && _aheadCount > 0)
        {
            Release(all: true);
            _ = Form(now, out prompts, out most);
        }

        _balancer.Report(_states, now);
        Timeline?.Levels(now, Running, Waiting);
        if (prompts)
        {
            Start(now, 1, _times.Iteration(_batches));
        }
        else if (most > 0)
        {
            most = _aheadCount > 0 ? 1 : most;
            for (int i = 0; i < _states.Length && most > 1; i++)
            {
                most = _states[i].Decodes ? _states[i].SafeIterations((int)most, _schedulers[i].SpareBlocks) : most;
            }

            double until = nextArrival == Ticks.Never ? double.PositiveInfinity : Ticks.Seconds(nextArrival - now);
            int iterations = _times.Decode(_batches, (int)most, until, out double seconds);
            if (SchedulesAhead && iterations < most)
            {
                iterations = _times.Decode(_batches, iterations + 1, double.PositiveInfinity, out seconds);
            }

            Start(now, iterations, seconds);
        }
        else
        {
            End = Ticks.Never;
        }
    }

    // Forms the batches; says whether there is any work, and for how many iterations the ends of sequences allow one that only decodes to go on.
    private bool Form(long now, out bool prompts, out long most)
    {
        (prompts, most) = (false, _longestRun);
        bool decodes = false;
        for (int i = 0; i < _states.Length; i++)
        {
            ReplicaState state = _states[i];
            long preemptions = state.Preemptions;
            KvIntake? intake = Intakes.Count > 0 ? Intakes[i] : null;
            intake?.Join(state, now);
            Timeline?.Forming(now);
            _schedulers[i].Form(state, now);
            Timeline?.Formed(state, now);
            intake?.Reserve(state, _schedulers[i]);
            bool steps = state.Decodes;
            _batches[i] = RankBatch.Of(steps ? state.DecodeCount : 0, steps ? state.DecodeContext : 0, steps ? state.LongestContext : 0, state.Chunks);
            prompts |= state.ChunkCount > 0;
            decodes |= steps;

            // What was evicted may come back in the next iteration.
            most = state.Preemptions > preemptions ? 1 : steps ? Math.Min(most, state.IterationsToEnd) : most;
        }

        most = decodes ? most : 0;
        return prompts || decodes;
    }

    private void Start(long now, int iterations, double seconds)
    {
        _start = now;
        _counted = now;
        _iterations = iterations;
        End = now + Ticks.Of(seconds);
    }

    private void Cut(int iterations, long now)
    {
        if (iterations < _iterations)
        {
            _iterations = _times.Decode(_batches, iterations, double.PositiveInfinity, out double seconds);
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
        Series?.Add(_start, now, Running, 0, MeanCacheTaken());
        if (Timeline is not null)
        {
            Draw(Timeline, now);
        }

        for (int i = 0; i < _states.Length; i++)
        {
            _ends[i].Finish(_states[i], _start, now, _iterations, ref _work);
        }
    }

    // The iterations of the run that ends now, one by one.
    private void Draw(ReplicaTimeline timeline, long now)
    {
        foreach (ReplicaState state in _states)
        {
            timeline.Ending(state, now);
        }

        if (!timeline.Shows(_start, now))
        {
            return;
        }

        long from = _start, free = 0, blocks = 0;
        foreach (ReplicaState state in _states)
        {
            free += state.FreeBlocks;
            blocks += state.Limits.Blocks;
        }

        for (int i = 0; i < _iterations; i++)
        {
            long to = now;
            if (i + 1 < _iterations)
            {
                _ = _times.Decode(_batches, i + 1, double.PositiveInfinity, out double seconds);
                to = _start + Ticks.Of(seconds);
            }

            foreach (ReplicaState state in _states)
            {
                free -= state.Decodes ? state.BlocksTaken(i) : 0;
            }

            for (int rank = 0; rank < _batches.Length; rank++)
            {
                RankBatch batch = _batches[rank];
                timeline.Iteration(rank, from, to, batch with { ContextTokens = batch.ContextTokens + ((long)i * batch.Decodes) }, 1 - ((double)free / blocks));
            }

            from = to;
        }
    }
}
