using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>
/// A replica without any cleverness, written from docs/serving.md and not from the engine: every sequence is an object with its own tokens and
/// blocks, every iteration is one step. What the engine must equal.
/// </summary>
internal sealed class PlainReplica(string scheduler, SchedulerLimits limits, AffineTimes times, bool keepsEvicted = false, DraftedTimes? drafted = null, int[]? priorities = null, PlainAdapters? adapters = null)
{
    // Who last wrote a free block, and which of its blocks it was, in the order in which they became free.
    private readonly List<(Sequence? Owner, int Index)> _free = [.. Enumerable.Repeat<(Sequence?, int)>((null, 0), (int)limits.Blocks)];
    private readonly List<Sequence> _running = [];
    private readonly LinkedList<Sequence> _waiting = [];
    private readonly List<CompletedRequest> _completed = [];
    private readonly Queue<Sequence> _incoming = new();
    private readonly List<Sequence> _landed = [];
    private long _admitted;
    private long _incomingNumber;
    private int _reserved;

    public long Iterations { get; private set; }

    public long Preemptions { get; private set; }

    public long TokensComputed { get; private set; }

    private long Free => _free.Count;

    private bool Reserves => LeapTests.Reserves(scheduler);

    public bool Busy => _waiting.Count > 0 || _running.Count > 0;

    public int Waiting => _waiting.Count;

    public int Running => _running.Count;

    public List<CompletedRequest> Completed => _completed;

    /// <summary>Takes sequences whose prompt is whole and whose further tokens another replica computes; null when this one does.</summary>
    public List<Sequence>? Outbox { get; init; }

    public long FreeBlocks => Free;

    /// <summary>What had not ended: tokens of the answer that were ready, and tokens in the cache.</summary>
    public Dictionary<long, (int Streamed, int Cached)> Unfinished => _running.Concat(_waiting).ToDictionary(
        s => s.Request.Id, s => ((s.Decodes ? s.Tokens : s.Prompt) - s.Request.PromptTokens, s.Decodes ? s.Tokens - 1 : _running.Contains(s) ? s.Computed : 0));

    /// <summary>Takes requests to their ends, or stops: the iteration that runs then is lost.</summary>
    public List<CompletedRequest> Run(IEnumerable<Request> requests, long until = long.MaxValue)
    {
        var coming = new Queue<Request>(requests);
        long now = 0;
        while (coming.Count > 0 || Busy)
        {
            while (coming.Count > 0 && coming.Peek().Arrival <= now)
            {
                Arrive(coming.Dequeue());
            }

            List<(Sequence Sequence, int Tokens)> batch = Form();
            if (batch.Count == 0 && (until == long.MaxValue || coming.TryPeek(out Request next) && next.Arrival <= until))
            {
                now = coming.Peek().Arrival;
                continue;
            }

            (int decodes, long context, int longest, PromptChunk[] chunks) = Shape(batch);
            double seconds = drafted is { } speculates
                ? speculates.Speculation(decodes, batch.Where(b => b.Sequence.Decodes).Sum(b => b.Sequence.First + (b.Sequence.Step * b.Sequence.Rate / (double)(1 << 20))), chunks)
                : times.Iteration(decodes, context, longest, chunks) + (adapters?.Seconds(batch) ?? 0);
            long end = now + Ticks.Of(seconds);
            if (batch.Count == 0 || end > until)
            {
                break;
            }

            Finish(batch, now, end);
            now = end;
        }

        while (coming.TryPeek(out Request late) && late.Arrival <= until)
        {
            Arrive(coming.Dequeue());
        }

        return _completed;
    }

    /// <summary>The cache of a sequence was sent.</summary>
    public void ReleaseHeld(Sequence s) => Release(s);

    /// <summary>A sequence whose prompt another replica has computed.</summary>
    public Sequence ArriveComputed(Sequence sent)
    {
        var s = new Sequence(sent.Request) { Prompt = sent.Prompt, Scheduled = sent.Scheduled, FirstToken = sent.FirstToken, Evictions = sent.Evictions, Number = _incomingNumber++ };
        _incoming.Enqueue(s);
        return s;
    }

    public void Land(Sequence s) => _landed.Add(s);

    /// <summary>What has landed decodes from the next batch on.</summary>
    public void Join()
    {
        foreach (Sequence s in _landed)
        {
            (s.Computed, s.Tokens) = (s.Prompt, s.Prompt + 1);
            _running.Add(s);
            _reserved--;
        }

        _landed.Clear();
    }

    /// <summary>Blocks for those that wait for them, after a batch was formed.</summary>
    public List<Sequence> Reserve()
    {
        List<Sequence> granted = [];
        while (_waiting.Count == 0 && _running.All(r => r.Decodes) && _incoming.TryPeek(out Sequence? s) && _running.Count + _reserved < limits.MaximumSequences && Free - Blocks(s.Prompt) >= limits.WatermarkBlocks)
        {
            Allocate(s, Blocks(s.Prompt));
            s.Order = ++_admitted;
            _reserved++;
            granted.Add(_incoming.Dequeue());
        }

        return granted;
    }

    private int Each => 1 + (drafted?.Draw.Speculation.DraftTokens ?? 0);

    private int Ahead => drafted is null || Reserves ? 0 : drafted.Value.Draw.Speculation.LookaheadTokens;

    public void Arrive(Request request) => Wait(new Sequence(request) { Prompt = request.PromptTokens }, goesBack: false);

    // Lower priorities first, then who arrived first.
    private (int, long) Urgency(Sequence s) => (priorities?[s.Request.Class] ?? 0, s.Number);

    // Behind the more urgent and, unless it goes back, behind its like.
    private void Wait(Sequence s, bool goesBack)
    {
        int own = priorities?[s.Request.Class] ?? 0;
        LinkedListNode<Sequence>? next = _waiting.First;
        while (next is not null && (priorities?[next.Value.Request.Class] ?? 0) is var other && (other < own || (other == own && !goesBack)))
        {
            next = next.Next;
        }

        _ = next is null ? _waiting.AddLast(s) : _waiting.AddBefore(next, s);
    }

    /// <summary>Sequences that decode, the sum and the longest of their contexts, and the parts of prompts of a batch.</summary>
    public static (int Decodes, long Context, int Longest, PromptChunk[] Chunks) Shape(List<(Sequence Sequence, int Tokens)> batch)
    {
        List<Sequence> decodes = [.. batch.Where(b => b.Sequence.Decodes).Select(b => b.Sequence)];
        return (decodes.Count, decodes.Sum(s => (long)s.Tokens), decodes.Count > 0 ? decodes.Max(s => s.Tokens) : 0, [.. batch.Where(b => !b.Sequence.Decodes).Select(b => new PromptChunk(b.Tokens, b.Sequence.Computed))]);
    }

    public void Finish(List<(Sequence Sequence, int Tokens)> batch, long start, long end)
    {
        Iterations++;
        TokensComputed += batch.Sum(b => b.Tokens);
        foreach ((Sequence s, int tokens) in batch)
        {
            s.Scheduled = s.Scheduled < 0 ? start : s.Scheduled;
            s.Computed += tokens;
            if (s.Computed < s.Prompt)
            {
                continue;
            }

            // The last token of the prompt, and each one after it, gives one more.
            int left = s.Request.PromptTokens + s.Request.OutputTokens - s.Prompt - 1;
            if (drafted is { } speculates && s.Decodes)
            {
                s.Step++;
                s.Tokens = s.Step == s.Steps ? s.First + left : s.First + (int)(s.Step * s.Rate >> 20);
                s.Computed = s.Tokens - 1;
            }
            else
            {
                s.Tokens = s.First = s.Computed + 1;
                if (drafted is { } starts && !s.Starts && left > 0)
                {
                    (s.Starts, s.Step, s.Steps) = (true, 0, starts.Draw.Steps(s.Request.Id, s.Evictions, left));
                    s.Rate = ((long)left << 20) / s.Steps;
                }
            }

            s.FirstToken = s.FirstToken < 0 ? end : s.FirstToken;
            if (Outbox is not null && s.Request.OutputTokens > 1)
            {
                _running.Remove(s);
                Outbox.Add(s);
                continue;
            }

            if (s.Tokens == s.Request.PromptTokens + s.Request.OutputTokens)
            {
                _running.Remove(s);
                adapters?.Stop(s.Request, Iterations);
                Release(s);
                _completed.Add(new CompletedRequest(s.Request.Id, s.Request.Class, s.Request.PromptTokens, s.Request.OutputTokens, s.Request.Arrival, s.Scheduled, s.FirstToken, end, s.Evictions));
            }
        }
    }

    public List<(Sequence Sequence, int Tokens)> Form()
    {
        List<(Sequence Sequence, int Tokens)> batch = [];
        bool evicted = false;
        int tokens = 0;
        switch (scheduler)
        {
            case "sarathi":
                _running.Sort((a, b) => Urgency(a).CompareTo(Urgency(b)));
                Decode(batch, 1, ref evicted);
                tokens = batch.Count * Each;
                foreach (Sequence s in _running.Where(s => !s.Decodes))
                {
                    Chunk(batch, s, ref tokens);
                }

                while (Next() is { } head && _running.Count < limits.MaximumSequences && tokens < limits.TokenBudget && Free - Blocks(head.Value.Prompt) >= limits.WatermarkBlocks)
                {
                    Sequence s = Admit(Blocks(head.Value.Prompt));
                    Chunk(batch, s, ref tokens);
                }

                break;
            case "vllm-v0":
                int longest = 0;
                while (Next() is { } head && _running.Count < limits.MaximumSequences && Free - Blocks(head.Value.Prompt) >= limits.WatermarkBlocks
                    && Math.Max(longest, head.Value.Prompt) * (batch.Count + 1) <= limits.TokenBudget)
                {
                    longest = Math.Max(longest, head.Value.Prompt);
                    Sequence s = Admit(Blocks(head.Value.Prompt));
                    batch.Add((s, s.Prompt));
                }

                if (batch.Count == 0)
                {
                    _running.Sort((a, b) => Urgency(a).CompareTo(Urgency(b)));
                    Decode(batch, 1, ref evicted);
                }

                break;
            case "vllm-v1":
                _running.Sort((a, b) => priorities is null ? a.Order.CompareTo(b.Order) : Urgency(a).CompareTo(Urgency(b)));
                Decode(batch, 0, ref evicted);
                tokens = batch.Count * Each;
                for (int i = 0; i < _running.Count; i++)
                {
                    Sequence s = _running[i];
                    if (s.Decodes)
                    {
                        continue;
                    }

                    int chunk = Math.Min(s.Prompt - s.Computed, limits.TokenBudget - tokens);
                    while (chunk > 0 && _running.Contains(s) && Free < Blocks(s.Computed + chunk) - s.Blocks)
                    {
                        tokens -= batch.RemoveAll(b => b.Sequence == _running[^1]) * Each;
                        Evict(_running[^1]);
                        evicted = true;
                    }

                    if (chunk > 0 && _running.Contains(s))
                    {
                        Allocate(s, Blocks(s.Computed + chunk));
                        batch.Add((s, chunk));
                        tokens += chunk;
                    }
                }

                while (!evicted && Next() is { } head && _running.Count < limits.MaximumSequences && tokens < limits.TokenBudget
                    && Free - Blocks(head.Value.Prompt) >= limits.WatermarkBlocks)
                {
                    Sequence s = head.Value;
                    if (keepsEvicted)
                    {
                        // Its own blocks from the first on, as long as they hold what it wrote.
                        while (s.Blocks < Math.Min(s.Whole, (s.Prompt - 1) / limits.BlockTokens) && _free.Remove((s, s.Blocks)))
                        {
                            s.Blocks++;
                        }

                        s.Computed = s.Blocks * limits.BlockTokens;
                        _ = _free.RemoveAll(f => f.Owner == s) is var rest && rest > 0 ? AddBack(rest) : 0;
                    }

                    Admit(Blocks(s.Computed + Math.Min(s.Prompt - s.Computed, limits.TokenBudget - tokens)));
                    Chunk(batch, s, ref tokens);
                }

                break;
            case "prefill-first":
                _running.Sort((a, b) => priorities is null ? a.Order.CompareTo(b.Order) : Urgency(a).CompareTo(Urgency(b)));
                foreach (Sequence s in _running.Where(s => !s.Decodes))
                {
                    Chunk(batch, s, ref tokens);
                }

                while (Next() is { } head && _running.Count < limits.MaximumSequences && tokens < limits.TokenBudget && Free - Blocks(head.Value.Prompt) >= limits.WatermarkBlocks)
                {
                    Sequence s = Admit(Blocks(head.Value.Prompt));
                    Chunk(batch, s, ref tokens);
                }

                if (batch.Count == 0)
                {
                    Decode(batch, 0, ref evicted);
                }

                break;
            case "no-eviction":
                _running.Sort((a, b) => a.Order.CompareTo(b.Order));
                Decode(batch, 0, ref evicted);
                tokens = batch.Count * Each;
                foreach (Sequence s in _running.Where(s => !s.Decodes))
                {
                    Chunk(batch, s, ref tokens);
                }

                while (Next() is { } head && _running.Count < limits.MaximumSequences && tokens < limits.TokenBudget && Free >= Whole(head.Value.Request))
                {
                    Sequence s = Admit(Whole(head.Value.Request));
                    Chunk(batch, s, ref tokens);
                }

                break;
            default:
                bool idle = _running.Count == 0;
                Decode(batch, 0, ref evicted);
                while ((scheduler == "orca" || idle) && Next() is not null && _running.Count < limits.MaximumSequences && Free >= Blocks(limits.MaximumContext))
                {
                    Sequence s = Admit(Blocks(limits.MaximumContext));
                    batch.Add((s, s.Prompt));
                }

                break;
        }

        return batch;
    }

    private int AddBack(int blocks)
    {
        _free.AddRange(Enumerable.Repeat<(Sequence?, int)>((null, 0), blocks));
        return blocks;
    }

    // Prompt and answer.
    private int Whole(Request request) => Blocks(request.PromptTokens + request.OutputTokens);

    private int Blocks(int tokens) => (tokens + limits.BlockTokens - 1) / limits.BlockTokens;

    private void Chunk(List<(Sequence Sequence, int Tokens)> batch, Sequence s, ref int tokens)
    {
        int chunk = Math.Min(s.Prompt - s.Computed, limits.TokenBudget - tokens);
        if (chunk > 0)
        {
            batch.Add((s, chunk));
            tokens += chunk;
        }
    }

    private void Decode(List<(Sequence Sequence, int Tokens)> batch, int spare, ref bool evicted)
    {
        foreach (Sequence s in _running.Where(s => s.Decodes).ToArray())
        {
            int need = Reserves ? 0 : Math.Max(0, Blocks(s.Tokens + Ahead) - s.Blocks);
            while (_running.Contains(s) && !Reserves && Free < Math.Max(need, spare))
            {
                Evict(_running[^1]);
                evicted = true;
            }

            if (_running.Contains(s))
            {
                Allocate(s, s.Blocks + need);
                batch.Add((s, 1));
            }
        }
    }

    // The first whose adapter runs or finds a place.
    private LinkedListNode<Sequence>? Next()
    {
        LinkedListNode<Sequence>? next = _waiting.First;
        while (next is not null && adapters?.MayStart(next.Value.Request, _running) == false)
        {
            next = next.Next;
        }

        return next;
    }

    private Sequence Admit(int blocks)
    {
        LinkedListNode<Sequence> next = Next()!;
        Sequence s = next.Value;
        _waiting.Remove(next);
        adapters?.Start(s.Request, _running);
        Allocate(s, blocks);
        s.Order = ++_admitted;
        _running.Add(s);
        return s;
    }

    private void Allocate(Sequence s, int blocks)
    {
        _free.RemoveRange(0, blocks - s.Blocks);
        s.Blocks = blocks;
    }

    private void Release(Sequence s)
    {
        for (; s.Blocks > 0; s.Blocks--)
        {
            _free.Add((s, s.Blocks - 1));
        }
    }

    private void Evict(Sequence s)
    {
        _running.Remove(s);
        adapters?.Stop(s.Request, Iterations);
        int whole = (s.Decodes ? s.Tokens - 1 : s.Computed) / limits.BlockTokens;
        Release(s);
        s.Whole = whole;
        s.Prompt = s.Decodes ? s.Tokens : s.Prompt;
        s.Computed = s.Tokens = 0;
        s.Starts = false;
        s.Evictions++;
        Preemptions++;
        Wait(s, goesBack: true);
    }

    internal sealed class Sequence(Request request)
    {
        public Request Request => request;

        public int Prompt { get; set; }

        public int Computed { get; set; }

        public int Tokens { get; set; }

        public int Blocks { get; set; }

        public long Order { get; set; }

        public int Whole { get; set; }

        public int Evictions { get; set; }

        // With drafts: tokens when it began to decode, steps that it takes from there and has taken, tokens of each in 2^-20.
        public int First { get; set; }

        public int Steps { get; set; }

        public int Step { get; set; }

        public long Rate { get; set; }

        public bool Starts { get; set; }

        public long Scheduled { get; set; } = -1;

        public long FirstToken { get; set; } = -1;

        /// <summary>Its place in the order of arrival.</summary>
        public long Number { get; init; } = request.Id;

        public bool Decodes => Tokens > 0;
    }
}
