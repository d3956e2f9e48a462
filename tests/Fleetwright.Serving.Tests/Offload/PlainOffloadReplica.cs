using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Offload;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests.Offload;

/// <summary>
/// A replica with a prefix cache, tiers behind it and swapping, written from docs/serving-cache.md and not from the engine: sequences and units are objects, tiers are
/// lists, every iteration is one step. What the engine must equal.
/// </summary>
internal sealed class PlainOffloadReplica
{
    private readonly string _scheduler;
    private readonly SchedulerLimits _limits;
    private readonly AffineTimes _times;
    private readonly OffloadLimits _offload;
    private readonly int _unitTokens;
    private readonly int _unitBlocks;
    private readonly List<Sequence> _running = [];
    private readonly LinkedList<Sequence> _waiting = [];
    private readonly List<Sequence> _swapped = [];
    private readonly List<(Sequence Sequence, int End, long Ready)> _loading = [];
    private readonly Dictionary<(long, int), Unit> _chip = [];
    private readonly List<(long, int)> _host = [];
    private readonly List<(long, int)> _disk = [];
    private readonly HashSet<(long, int)> _onTheWay = [];
    private readonly Stack<int> _slots = [];
    private long _unused;

    // Units that nobody holds.
    private long _idle;
    private long _swapRoom;
    private long _copied;
    private long _copyEngine;
    private long _clock;
    private long _admitted;
    private int _usedSlots;

    /// <param name="unitTokens">Tokens of a unit of the prefix cache; 0 for none.</param>
    public PlainOffloadReplica(string scheduler, SchedulerLimits limits, AffineTimes times, OffloadLimits offload, int unitTokens)
    {
        (_scheduler, _limits, _times, _offload, _unitTokens) = (scheduler, limits, times, offload, unitTokens);
        (_unitBlocks, _unused, _swapRoom) = (unitTokens / limits.BlockTokens, limits.Blocks, offload.SwapBlocks);
    }

    public List<CompletedRequest> Completed { get; } = [];

    public long Iterations { get; private set; }

    public long Preemptions { get; private set; }

    public long TokensComputed { get; private set; }

    public CacheTraffic Traffic { get; } = new();

    public (long Host, long Disk) KeptUnits => (_host.Count, _disk.Count);

    public long Free => _unused + (_idle * _unitBlocks);

    private int Places => _running.Count + _loading.Count;

    public void Run(IEnumerable<Request> requests)
    {
        var coming = new Queue<Request>(requests);
        long now = 0;
        while (coming.Count + _waiting.Count + Places + _swapped.Count > 0)
        {
            while (coming.Count > 0 && coming.Peek().Arrival <= now)
            {
                Request r = coming.Dequeue();
                _waiting.AddLast(new Sequence(r) { Prompt = r.PromptTokens, Slot = _slots.Count > 0 ? _slots.Pop() : _usedSlots++ });
            }

            _copied = 0;
            List<(Sequence Sequence, int Tokens)> batch = Form(now);
            if (batch.Count == 0)
            {
                now = Math.Min(coming.Count > 0 ? coming.Peek().Arrival : Ticks.Never, _loading.Count > 0 ? Math.Max(now, _loading[0].Ready) : Ticks.Never);
                continue;
            }

            List<Sequence> decodes = [.. batch.Where(b => b.Sequence.Decodes).Select(b => b.Sequence)];
            PromptChunk[] chunks = [.. batch.Where(b => !b.Sequence.Decodes).Select(b => new PromptChunk(b.Tokens, b.Sequence.Computed))];
            double seconds = _times.Iteration(decodes.Count, decodes.Sum(s => (long)s.Tokens), decodes.Count > 0 ? decodes.Max(s => s.Tokens) : 0, chunks);
            long end = now + Ticks.Of(seconds + (_copied * _offload.HostSeconds));
            Traffic.SwapTicks += Ticks.Of(_copied * _offload.HostSeconds);
            Finish(batch, now, end);
            now = end;
        }
    }

    private void Finish(List<(Sequence Sequence, int Tokens)> batch, long start, long end)
    {
        Iterations++;
        TokensComputed += batch.Sum(b => b.Tokens);

        // Those that decode first; of several that end at once, the lowest record.
        foreach ((Sequence s, _) in batch.Where(b => b.Sequence.Decodes).OrderBy(b => b.Sequence.Slot).ToArray())
        {
            s.Tokens++;
            if (s.Tokens == s.Total)
            {
                Complete(s, end, s.Tokens - 1);
            }
        }

        foreach ((Sequence s, int tokens) in batch.Where(b => b.Sequence.Computed < b.Sequence.Prompt))
        {
            s.Scheduled = s.Scheduled < 0 ? start : s.Scheduled;
            s.Computed += tokens;
            AddUnits(s, s.Computed);
            if (s.Computed == s.Prompt)
            {
                s.FirstToken = s.FirstToken < 0 ? end : s.FirstToken;
                s.Tokens = s.Prompt + 1;
                if (s.Tokens == s.Total)
                {
                    Complete(s, end, s.Prompt);
                }
            }
        }
    }

    private void Complete(Sequence s, long end, int computed)
    {
        _running.Remove(s);
        Release(s, computed);
        _slots.Push(s.Slot);
        Completed.Add(new CompletedRequest(s.Request.Id, 0, s.Request.PromptTokens, s.Request.OutputTokens, s.Request.Arrival, s.Scheduled, s.FirstToken, end, s.Evictions));
    }

    private List<(Sequence Sequence, int Tokens)> Form(long now)
    {
        List<(Sequence Sequence, int Tokens)> batch = [];
        bool evicted = false;
        int tokens = 0, longest = 0;
        _running.Sort((a, b) => a.Order.CompareTo(b.Order));
        switch (_scheduler)
        {
            case "vllm-v1":
                Decode(batch, 0, ref evicted);
                tokens = batch.Count;
                foreach (Sequence s in _running.Where(s => !s.Decodes).ToArray())
                {
                    int chunk = Math.Min(s.Prompt - s.Computed, _limits.TokenBudget - tokens);
                    while (chunk > 0 && _running.Contains(s) && Free < Blocks(s.Computed + chunk) - Held(s))
                    {
                        Evict(_running[^1]);
                        evicted = true;
                    }

                    if (chunk > 0 && _running.Contains(s))
                    {
                        Allocate(s, Math.Max(Held(s), Blocks(s.Computed + chunk)));
                        batch.Add((s, chunk));
                        tokens += chunk;
                    }
                }

                if (!evicted)
                {
                    Resume(batch, _limits.TokenBudget - tokens, ref tokens);
                    Loaded(batch, now, ref tokens);
                    Admit(batch, now, whole: false, ref tokens);
                }

                break;
            case "sarathi":
                Decode(batch, 1, ref evicted);
                tokens = batch.Count;
                if (!evicted)
                {
                    Resume(batch, _limits.TokenBudget - tokens, ref tokens);
                }

                foreach (Sequence s in _running.Where(s => !s.Decodes).OrderBy(s => s.Order))
                {
                    Chunk(batch, s, ref tokens);
                }

                Loaded(batch, now, ref tokens);
                Admit(batch, now, whole: true, ref tokens);
                break;
            case "prefill-first":
                foreach (Sequence s in _running.Where(s => !s.Decodes))
                {
                    Chunk(batch, s, ref tokens);
                }

                Loaded(batch, now, ref tokens);
                Admit(batch, now, whole: true, ref tokens);
                DecodesAlone(batch, 0);
                break;
            default:
                while (_swapped.Count == 0 && _waiting.First is { } head && _running.Count < _limits.MaximumSequences && Free - Blocks(head.Value.Prompt) >= _limits.WatermarkBlocks
                    && Math.Max(longest, head.Value.Prompt) * (batch.Count + 1) <= _limits.TokenBudget)
                {
                    Sequence s = head.Value;
                    longest = Math.Max(longest, s.Prompt);
                    _waiting.RemoveFirst();
                    Allocate(s, Blocks(s.Prompt));
                    Join(s);
                    batch.Add((s, s.Prompt));
                }

                DecodesAlone(batch, 1);
                break;
        }

        return batch;
    }

    private void DecodesAlone(List<(Sequence Sequence, int Tokens)> batch, int spare)
    {
        if (batch.Count > 0)
        {
            return;
        }

        bool evicted = false;
        int tokens = 0;
        Decode(batch, spare, ref evicted);
        if (!evicted)
        {
            Resume(batch, int.MaxValue, ref tokens);
        }
    }

    private void Decode(List<(Sequence Sequence, int Tokens)> batch, int spare, ref bool evicted)
    {
        foreach (Sequence s in _running.Where(s => s.Decodes).ToArray())
        {
            int need = Blocks(s.Tokens) - Held(s);
            while (_running.Contains(s) && Free < Math.Max(need, spare))
            {
                Evict(_running[^1]);
                evicted = true;
            }

            if (_running.Contains(s))
            {
                Allocate(s, Blocks(s.Tokens));
                batch.Add((s, 1));
            }
        }
    }

    private void Resume(List<(Sequence Sequence, int Tokens)> batch, int most, ref int tokens)
    {
        for (int count = 0; count < most && _swapped.Count > 0 && Places < _limits.MaximumSequences; count++)
        {
            Sequence s = _swapped[0];
            int units = _unitTokens == 0 ? 0 : OnChip(s, (s.Tokens - 1) / _unitTokens), held = HeldByOthers(s, units);
            long needed = Places == 0 ? Blocks(s.Tokens) : s.SwappedBlocks + 1 + _limits.WatermarkBlocks;
            if (Free - needed + (held * _unitBlocks) < 0)
            {
                return;
            }

            _swapped.RemoveAt(0);
            Hold(s, units);
            Allocate(s, Blocks(s.Tokens));
            _running.Add(s);
            _copied += s.SwappedBlocks - (units * _unitBlocks);
            _swapRoom += s.SwappedBlocks;
            Traffic.SwapsIn++;
            Traffic.SwapBlocksIn += s.SwappedBlocks - (units * _unitBlocks);
            batch.Add((s, 1));
            tokens++;
        }
    }

    private void Loaded(List<(Sequence Sequence, int Tokens)> batch, long now, ref int tokens)
    {
        while (_loading.Count > 0 && _loading[0].Ready <= now && tokens < _limits.TokenBudget)
        {
            (Sequence s, int end, _) = _loading[0];
            _loading.RemoveAt(0);
            while (s.Units < end)
            {
                (long, int) key = s.Key(s.Units);
                Forget(key);
                if (_chip.TryGetValue(key, out Unit? there))
                {
                    // Somebody else brought it: the own copy is superfluous.
                    Hold(there);
                    _unused += _unitBlocks;
                }
                else
                {
                    _chip[key] = new Unit { Holders = 1 };
                }

                s.Own -= _unitBlocks;
                s.Units++;
            }

            s.Computed = end * _unitTokens;
            Join(s);
            Chunk(batch, s, ref tokens);
        }
    }

    private void Admit(List<(Sequence Sequence, int Tokens)> batch, long now, bool whole, ref int tokens)
    {
        while (_swapped.Count == 0 && _waiting.First is { } head && Places < _limits.MaximumSequences && tokens < _limits.TokenBudget)
        {
            Sequence s = head.Value;
            int units = _unitTokens == 0 ? 0 : OnChip(s, (s.Prompt - 1) / _unitTokens), held = HeldByOthers(s, units);
            if (Free - Blocks(s.Prompt) + (held * _unitBlocks) < _limits.WatermarkBlocks)
            {
                return;
            }

            _waiting.RemoveFirst();
            Traffic.PromptTokens += s.Prompt;
            Traffic.ChipTokens += units * _unitTokens;
            if (_unitTokens > 0 && Elsewhere(s, units, now) is { Count: > 0 } far)
            {
                Load(s, units, far, now);
                continue;
            }

            Hold(s, units);
            s.Computed = units * _unitTokens;
            Allocate(s, Blocks(whole ? s.Prompt : s.Computed + Math.Min(s.Prompt - s.Computed, _limits.TokenBudget - tokens)));
            Join(s);
            Chunk(batch, s, ref tokens);
        }
    }

    // What is loaded, of what follows without a gap: all, or up to the first on disk, whichever saves more time; nothing where computing is quicker.
    private List<(long, int)> Elsewhere(Sequence s, int from, long now)
    {
        List<(long, int)> all = [], near;
        for (int i = from; i < (s.Prompt - 1) / _unitTokens && (_host.Contains(s.Key(i)) || _disk.Contains(s.Key(i)) || _onTheWay.Contains(s.Key(i))); i++)
        {
            all.Add(s.Key(i));
        }

        near = [.. all.TakeWhile(k => !_disk.Contains(k))];
        List<(long, int)> best = Saved(near, now) > Saved(all, now) ? near : all;
        if (all.Count > 0 && !(Saved(best, now) > 0))
        {
            Traffic.LoadsDeclined++;
            return [];
        }

        return best;
    }

    private double Saved(List<(long, int)> units, long now) =>
        (units.Count * _unitTokens * _offload.TokenSeconds) - Ticks.Seconds(Math.Max(0, _copyEngine - now)) - CopySeconds(units);

    private double CopySeconds(List<(long, int)> units) =>
        _unitBlocks * (Times(units.Count(_host.Contains), _offload.HostSeconds) + Times(units.Count(_disk.Contains), _offload.DiskSeconds));

    private static double Times(int count, double seconds) => count == 0 ? 0 : count * seconds;

    private void Load(Sequence s, int units, List<(long, int)> far, long now)
    {
        int host = far.Count(_host.Contains), disk = far.Count(_disk.Contains);
        long ticks = Ticks.Of(CopySeconds(far));
        _copyEngine = Math.Max(now, _copyEngine) + ticks;
        Hold(s, units);
        foreach ((long, int) key in far)
        {
            _ = _host.Remove(key) || _disk.Remove(key);
            _onTheWay.Add(key);
        }

        Allocate(s, Blocks(s.Prompt));
        _loading.Add((s, units + far.Count, _copyEngine));
        Traffic.Loads++;
        Traffic.LoadTicks += ticks;
        Traffic.LoadWaitTicks += _copyEngine - now;
        Traffic.ChipTokens += (far.Count - host - disk) * _unitTokens;
        Traffic.HostTokens += host * _unitTokens;
        Traffic.DiskTokens += disk * _unitTokens;
        Traffic.HostBlocksRead += host * _unitBlocks;
        Traffic.DiskBlocksRead += disk * _unitBlocks;
    }

    private void Join(Sequence s)
    {
        s.Order = _scheduler is "sarathi" or "vllm-v0" ? s.Request.Id : ++_admitted;
        _running.Add(s);
    }

    private void Chunk(List<(Sequence Sequence, int Tokens)> batch, Sequence s, ref int tokens)
    {
        int chunk = Math.Min(s.Prompt - s.Computed, _limits.TokenBudget - tokens);
        if (chunk > 0)
        {
            batch.Add((s, chunk));
            tokens += chunk;
        }
    }

    private void Evict(Sequence s)
    {
        _running.Remove(s);
        s.Evictions++;
        Preemptions++;
        int blocks = s.Decodes ? Blocks(s.Tokens - 1) : 0;
        if (s.Decodes && blocks <= _swapRoom)
        {
            _swapRoom -= blocks;
            _copied += blocks;
            s.SwappedBlocks = blocks;
            Traffic.SwapsOut++;
            Traffic.SwapBlocksOut += blocks;
            Release(s, s.Tokens - 1);
            _swapped.Add(s);
            _swapped.Sort((a, b) => a.Order.CompareTo(b.Order));
            return;
        }

        Traffic.SwapsDenied += s.Decodes && _offload.SwapBlocks > 0 ? 1 : 0;
        Release(s, s.Decodes ? s.Tokens - 1 : s.Computed);
        s.Prompt = s.Decodes ? s.Tokens : s.Prompt;
        s.Computed = s.Tokens = 0;
        _waiting.AddFirst(s);
    }

    private int Blocks(int tokens) => (tokens + _limits.BlockTokens - 1) / _limits.BlockTokens;

    private int Held(Sequence s) => s.Own + (s.Units * _unitBlocks);

    private int OnChip(Sequence s, int most) => Enumerable.Range(0, most).TakeWhile(i => _chip.ContainsKey(s.Key(i))).Count();

    private int HeldByOthers(Sequence s, int units) => Enumerable.Range(0, units).Count(i => _chip[s.Key(i)].Holders > 0);

    private void Hold(Sequence s, int units)
    {
        for (; s.Units < units; s.Units++)
        {
            Hold(_chip[s.Key(s.Units)]);
        }
    }

    private void Hold(Unit unit) => _idle -= unit.Holders++ == 0 ? 1 : 0;

    private void Allocate(Sequence s, int blocks)
    {
        int more = blocks - Held(s);
        s.Own += more;
        _unused -= more;
        while (_unused < 0)
        {
            (long, int) oldest = _chip.Where(u => u.Value.Holders == 0).MinBy(u => u.Value.LetGo).Key;
            _chip.Remove(oldest);
            _idle--;
            _unused += _unitBlocks;
            Keep(oldest);
        }
    }

    private void Keep((long, int) key)
    {
        int host = _unitBlocks == 0 ? 0 : (int)(_offload.HostBlocks / _unitBlocks), disk = _unitBlocks == 0 ? 0 : (int)(_offload.DiskBlocks / _unitBlocks);
        Traffic.BlocksKept += host + disk > 0 ? _unitBlocks : 0;
        _host.Add(key);
        if (_host.Count > host)
        {
            _disk.Add(_host[0]);
            _host.RemoveAt(0);
            Traffic.DiskBlocksWritten += disk > 0 ? _unitBlocks : 0;
        }

        if (_disk.Count > disk)
        {
            _disk.RemoveAt(0);
        }
    }

    private void Forget((long, int) key) => _ = _host.Remove(key) || _disk.Remove(key) || _onTheWay.Remove(key);

    private void AddUnits(Sequence s, int computed)
    {
        while (_unitTokens > 0 && s.Units < computed / _unitTokens && _chip.TryAdd(s.Key(s.Units), new Unit { Holders = 1 }))
        {
            Forget(s.Key(s.Units));
            s.Own -= _unitBlocks;
            s.Units++;
        }
    }

    private void Release(Sequence s, int computed)
    {
        AddUnits(s, computed);
        _unused += s.Own;
        s.Own = 0;
        for (; s.Units > 0; s.Units--)
        {
            Unit unit = _chip[s.Key(s.Units - 1)];
            if (--unit.Holders == 0)
            {
                unit.LetGo = ++_clock;
                _idle++;
            }
        }
    }

    private sealed class Unit
    {
        public int Holders { get; set; }

        public long LetGo { get; set; }
    }

    private sealed class Sequence(Request request)
    {
        public Request Request => request;

        public int Total => request.PromptTokens + request.OutputTokens;

        public int Prompt { get; set; }

        public int Computed { get; set; }

        /// <summary>Context with the token that is computed next; 0 while its prompt is not whole.</summary>
        public int Tokens { get; set; }

        /// <summary>Blocks of its own, and units that it holds in the prefix cache.</summary>
        public int Own { get; set; }

        public int Units { get; set; }

        public int SwappedBlocks { get; set; }

        public int Slot { get; init; }

        public long Order { get; set; }

        public int Evictions { get; set; }

        public long Scheduled { get; set; } = -1;

        public long FirstToken { get; set; } = -1;

        public bool Decodes => Tokens > 0;

        public (long, int) Key(int unit) => (request.Session != 0 ? request.Session : -1 - request.Id, unit);
    }
}
