using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Timelines;

/// <summary>
/// One engine's part of a <see cref="Timeline"/>: follows the phases of its requests from the start of the run, and writes what falls into the window. What is on its
/// way when the window opens begins there, and what is when it closes ends there.
/// </summary>
internal sealed class ReplicaTimeline : ICompletionSink
{
    private const string Category = "request";
    private readonly Dictionary<long, Live> _live = [];
    private readonly Timeline _timeline;
    private readonly TraceEventWriter _events;
    private readonly ICompletionSink _sink;
    private readonly long _overhead;
    private (int Running, int Waiting) _levels;
    private long _now;
    private bool _opened;
    private bool _closed;

    public ReplicaTimeline(Timeline timeline, TraceEventWriter events, string name, int ranks, long overhead, ICompletionSink sink)
    {
        (_timeline, _events, _overhead, _sink) = (timeline, events, overhead, sink);
        events.Name(0, name);
        for (int i = 0; i < ranks; i++)
        {
            events.Name(TraceEventWriter.Iterations + i, ranks == 1 ? "iterations" : FormattableString.Invariant($"iterations of rank {i}"));
        }
    }

    /// <summary>Whether anything of a stretch of time is drawn.</summary>
    public bool Shows(long from, long to) => to > _timeline.From && from < _timeline.To;

    /// <summary>A request joins the queue.</summary>
    public void Arrived(in Request request)
    {
        bool shows = At(request.Arrival);
        if (_closed)
        {
            return;
        }

        var live = new Live(request.PromptTokens, request.OutputTokens, request.Class, "queue");
        _live.Add(request.Id, live);
        if (shows)
        {
            Begin(request.Id, live, request.Arrival);
        }
    }

    /// <summary>A batch is about to be formed: what is evicted meanwhile is evicted now.</summary>
    public void Forming(long now) => _now = now;

    /// <summary>A running request has lost its place.</summary>
    public void Evicted(long id)
    {
        if (At(_now))
        {
            _events.Instant(TraceEventWriter.Iterations, Category, "preemption", _now, FormattableString.Invariant($"\"request\":{id}"));
        }

        Go(id, "queue", _now);
    }

    /// <summary>A batch has been formed: the prompts in it that waited do so no more.</summary>
    public void Formed(ReplicaState state, long now)
    {
        foreach (int slot in state.ChunkSlots)
        {
            Go(state[slot].Id, "prefill", now);
        }
    }

    /// <summary>How many run and wait from now on.</summary>
    public void Levels(long now, int running, int waiting)
    {
        bool shows = At(now);
        _levels = (running, waiting);
        if (shows)
        {
            WriteLevels(now);
        }
    }

    /// <summary>An iteration of a rank, and how full the cache is in it.</summary>
    public void Iteration(int rank, long from, long to, in RankBatch batch, double cacheTaken)
    {
        if (!Shows(from, to))
        {
            return;
        }

        string name = (batch.Decodes, batch.ChunkTokens) switch
        {
            (0, 0) => "empty",
            (_, 0) => FormattableString.Invariant($"decode n={batch.Decodes}"),
            (0, _) => FormattableString.Invariant($"prefill tokens={batch.ChunkTokens}"),
            _ => FormattableString.Invariant($"decode n={batch.Decodes}, prefill tokens={batch.ChunkTokens}"),
        };
        _events.Slice(
            TraceEventWriter.Iterations + rank, "iteration", name, from, to,
            FormattableString.Invariant($"\"decodes\":{batch.Decodes},\"context_tokens\":{batch.ContextTokens},\"prompts\":{batch.Chunks},\"prompt_tokens\":{batch.ChunkTokens}"));
        if (rank == 0 && from >= _timeline.From)
        {
            _events.Counter("cache", from, FormattableString.Invariant($"\"percent\":{100 * cacheTaken:0.####}"));
        }
    }

    /// <summary>An iteration ends: prompts that are whole with it decode from now on.</summary>
    public void Ending(ReplicaState state, long now)
    {
        for (int i = 0; i < state.ChunkCount; i++)
        {
            ref Sequence s = ref state[state.ChunkSlots[i]];
            if (s.Computed + state.Chunks[i].Tokens == s.Prompt && s.TotalTokens > s.Prompt + 1)
            {
                Go(s.Id, "decode", now);
            }
        }
    }

    /// <inheritdoc/>
    public void Completed(in CompletedRequest request)
    {
        long now = request.Completed - _overhead;
        bool shows = At(now);
        if (_live.Remove(request.Id, out Live live) && shows)
        {
            _events.End(Category, request.Id, live.Phase, now);
            _events.End(Category, request.Id, Name(request.Id), now, FormattableString.Invariant(
                $"\"queue_s\":{request.QueueSeconds:0.#########},\"ttft_s\":{request.Ttft:0.#########},\"e2e_s\":{request.EndToEnd:0.#########},\"preemptions\":{request.Preemptions}"));
        }

        _sink.Completed(request);
    }

    /// <inheritdoc/>
    public void Rejected(in Request request) => _sink.Rejected(request);

    /// <inheritdoc/>
    public void TokensFollowed(long ticks, long count) => _sink.TokensFollowed(ticks, count);

    /// <summary>Ends what is still open, where the run was or where the window ends.</summary>
    public void Finish()
    {
        if (!_closed && _opened)
        {
            Close(Math.Clamp(_now, _timeline.From, _timeline.To));
        }
    }

    private static string Name(long id) => FormattableString.Invariant($"request {id}");

    private void Go(long id, string phase, long now)
    {
        bool shows = At(now);
        if (_live.TryGetValue(id, out Live live) && live.Phase != phase)
        {
            _live[id] = live with { Phase = phase };
            if (shows)
            {
                _events.End(Category, id, live.Phase, now);
                _events.Begin(Category, id, phase, now);
            }
        }
    }

    private void Begin(long id, in Live live, long at)
    {
        _events.Begin(Category, id, Name(id), at, FormattableString.Invariant($"\"prompt_tokens\":{live.Prompt},\"output_tokens\":{live.Output},\"class\":{live.Class}"));
        _events.Begin(Category, id, live.Phase, at);
    }

    private void WriteLevels(long at) => _events.Counter("sequences", at, FormattableString.Invariant($"\"running\":{_levels.Running},\"waiting\":{_levels.Waiting}"));

    // Opens and closes the window as time passes; says whether it is open.
    private bool At(long now)
    {
        _now = Math.Max(_now, now);
        if (!_opened && now >= _timeline.From)
        {
            _opened = true;
            WriteLevels(_timeline.From);
            foreach ((long id, Live live) in _live.OrderBy(l => l.Key))
            {
                Begin(id, live, _timeline.From);
            }
        }

        if (!_closed && now > _timeline.To)
        {
            Close(_timeline.To);
        }

        return _opened && !_closed;
    }

    private void Close(long at)
    {
        foreach ((long id, Live live) in _live.OrderBy(l => l.Key))
        {
            _events.End(Category, id, live.Phase, at);
            _events.End(Category, id, Name(id), at);
        }

        _closed = true;
        _live.Clear();
    }

    private readonly record struct Live(int Prompt, int Output, int Class, string Phase);
}
