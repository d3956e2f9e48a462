using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Timelines;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>
/// The sequences and the cache of one replica, and the batch that its scheduler forms. Decoding sequences advance together, so they are
/// kept as sums: their contexts as one number and an offset each to a common count of decode iterations, their next blocks as a
/// histogram over that count modulo the block size, their ends as a heap. An iteration then costs the same for one sequence or a thousand.
/// </summary>
/// <remarks>Grows while warming up; allocates nothing afterwards.</remarks>
internal sealed partial class ReplicaState
{
    // Not known since the sequence that had it left; found when asked for, which is once in about as many ends as sequences.
    private const long Unknown = long.MinValue;
    private readonly int _blockTokens;
    private readonly BlockSize _block;
    private readonly int[] _nextBlock;
    private readonly FreeBlockQueue? _queue;
    private readonly PrefixCache? _prefixes;
    private readonly int _unitTokens;
    private long _unusedBlocks;
    private PrefixKeys[] _prefixKeys = [];
    private Sequence[] _slots = new Sequence[64];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _used;
    private readonly int[]? _lines;
    private WaitingLines _waiting = new(1);
    private bool _reserved;
    private ulong[] _heap = new ulong[64];
    private int[] _prefilling = new int[16];
    private int[] _chunkSlots = new int[16];
    private PromptChunk[] _chunks = new PromptChunk[16];
    private int[] _order = new int[64];
    private long[] _orderKeys = new long[64];
    private long _offsets;
    private long _longestOffset = Unknown;
    private long _arrivals;
    private int _phase;

    /// <param name="limits">What may be filled.</param>
    /// <param name="reservesWhole">Whether a sequence holds the blocks of the longest context from the start, so that decoding takes none.</param>
    /// <param name="reuse">What is found again of what was computed before.</param>
    /// <param name="unitTokens">Tokens that a key of a prefix stands for; those of a block where requests have sessions only.</param>
    public ReplicaState(SchedulerLimits limits, bool reservesWhole = false, CacheReuse reuse = CacheReuse.None, int unitTokens = 0)
    {
        _unitTokens = unitTokens > 0 ? unitTokens / limits.BlockTokens * limits.BlockTokens : limits.BlockTokens;
        _queue = reuse == CacheReuse.Evicted ? new FreeBlockQueue(limits.Blocks) : null;
        _prefixes = reuse == CacheReuse.Prefixes ? new PrefixCache(limits.Blocks, Math.Max(1, _unitTokens / limits.BlockTokens)) : null;
        _unusedBlocks = limits.Blocks;
        Limits = limits;
        ReservesWhole = reservesWhole;
        _blockTokens = limits.BlockTokens;
        _block = new BlockSize(limits.BlockTokens);
        _nextBlock = new int[_blockTokens];
        FreeBlocks = limits.Blocks;
    }

    public SchedulerLimits Limits { get; }

    /// <summary>The line in which the requests of each class wait, the most urgent 0; null when all wait in one. Of running sequences the last line's newest is evicted first.</summary>
    public IReadOnlyList<int>? Lines
    {
        get => _lines;
        init
        {
            _lines = value is null ? null : [.. value];
            MakeQueues();
        }
    }

    public bool ReservesWhole { get; }

    /// <summary>Whether an evicted prompt forgets what was not computed of it, as in Vidur: those tokens are counted as its answer.</summary>
    public bool ForgetsUncomputed { get; init; }

    /// <summary>Where evictions are drawn, if anywhere.</summary>
    public ReplicaTimeline? Timeline { get; init; }

    public long FreeBlocks { get; private set; }

    /// <summary>Decode iterations so far.</summary>
    public long DecodeIterations { get; private set; }

    public int DecodeCount { get; private set; }

    /// <summary>Sum of the contexts of the decoding sequences in the next decode iteration.</summary>
    public long DecodeContext => _offsets + (DecodeCount * DecodeIterations);

    /// <summary>The longest context of a decoding sequence in the next decode iteration.</summary>
    public long LongestContext
    {
        get
        {
            if (_longestOffset == Unknown)
            {
                for (int i = 0; i < DecodeCount; i++)
                {
                    _longestOffset = Math.Max(_longestOffset, _slots[(int)(_heap[i] & 0xFFFFFF)].Offset);
                }
            }

            return _longestOffset + DecodeIterations;
        }
    }

    public int PrefillCount { get; private set; }

    public int WaitingCount => _byAdapter?.Count ?? _waiting.Count;

    public int RunningCount => DecodeCount + PrefillCount;

    public long Preemptions { get; private set; }

    // The batch being formed.
    public int ChunkCount { get; private set; }

    public bool Decodes { get; set; }

    public ReadOnlySpan<PromptChunk> Chunks => _chunks.AsSpan(0, ChunkCount);

    /// <summary>Whose they are.</summary>
    public ReadOnlySpan<int> ChunkSlots => _chunkSlots.AsSpan(0, ChunkCount);

    public ReadOnlySpan<int> Prefilling => _prefilling.AsSpan(0, PrefillCount);

    public ref Sequence this[int slot] => ref _slots[slot];

    public int BlocksFor(long tokens) => (int)_block.For(tokens);

    // Waiting.

    public int WaitingHead => _byAdapter?.Next(_slotsOfAdapters!) ?? _waiting.Head;

    public void Arrive(in Request request)
    {
        int slot = Take();
        _slots[slot] = new Sequence
        {
            Id = request.Id,
            Number = _arrivals++,
            Arrival = request.Arrival,
            FrontEnd = request.FrontEnd,
            Scheduled = -1,
            FirstToken = -1,
            Prompt = request.PromptTokens,
            OriginalPrompt = request.PromptTokens,
            TotalTokens = request.PromptTokens + request.OutputTokens,
            Class = request.Class,
            Adapter = Lora?.Draw.Of(request) ?? AdapterDraw.Base,
        };
        if (_prefixes is not null)
        {
            if (slot >= _prefixKeys.Length)
            {
                Array.Resize(ref _prefixKeys, _slots.Length);
            }

            _prefixKeys[slot] = KeysOf(request);
        }

        Enqueue(slot);
    }

    /// <summary>Moves the head of the queue to the prefilling sequences with what was found of it and <paramref name="blocks"/> more of the cache.</summary>
    public int Admit(int blocks, long order, in FoundPrefix found = default)
    {
        int slot = TakeNext();
        ref Sequence s = ref _slots[slot];
        order = _lines is null ? order : ((long)_lines[s.Class] << 48) + s.Number;
        s.Blocks = blocks + found.Blocks;
        s.Computed = found.Tokens;
        FreeBlocks -= found.Blocks - found.HeldBlocks;
        FoundTokens += found.Tokens;
        if (Traffic is not null)
        {
            Traffic.PromptTokens += s.Prompt;
            Traffic.ChipTokens += found.Tokens;
        }

        if (_queue is not null && s.Preemptions > 0)
        {
            _queue.Add(_queue.Reclaim(slot) - found.Blocks);
        }

        if (_prefixes is not null)
        {
            s.Units = found.Tokens / _unitTokens;
            _prefixes.Hold(_prefixKeys[slot], s.Units);
        }

        Take(blocks);
        s.Order = order;
        AddPrefilling(slot);
        return slot;
    }

    private void AddPrefilling(int slot)
    {
        long order = _slots[slot].Order;
        if (PrefillCount == _prefilling.Length)
        {
            Array.Resize(ref _prefilling, PrefillCount * 2);
        }

        // Kept in order; new ones nearly always belong at the end.
        int at = PrefillCount++;
        while (at > 0 && _slots[_prefilling[at - 1]].Order > order)
        {
            _prefilling[at] = _prefilling[at - 1];
            at--;
        }

        _prefilling[at] = slot;
    }

    // The batch.

    public void BeginBatch()
    {
        ChunkCount = 0;
        Decodes = _reserved = false;
        CopiedBlocks = 0;
        AdapterSeconds = 0;
        Resumed = false;
    }

    public void AddChunk(int slot, int tokens, long now)
    {
        if (ChunkCount == _chunks.Length)
        {
            Array.Resize(ref _chunks, ChunkCount * 2);
            Array.Resize(ref _chunkSlots, ChunkCount * 2);
        }

        ref Sequence s = ref _slots[slot];
        if (s.Scheduled < 0)
        {
            s.Scheduled = now;
        }

        _chunkSlots[ChunkCount] = slot;
        _chunks[ChunkCount++] = new PromptChunk(tokens, s.Computed);
    }

    public void TakeBlocks(int slot, int blocks)
    {
        _slots[slot].Blocks += blocks;
        Take(blocks);
    }

    /// <summary>
    /// Gives every decoding sequence the block that its next token may need, evicting the last in order where none is left.
    /// </summary>
    /// <param name="spare">Blocks that must be free when a sequence has its turn, though it may need none (Vidur asks for one).</param>
    /// <returns>Whether any was evicted.</returns>
    public bool ReserveDecodes(int spare)
    {
        Decodes = DecodeCount > 0;
        if (ReservesWhole || !Decodes)
        {
            return false;
        }

        if (Speculation is not null)
        {
            return ReserveSteps(spare);
        }

        int taken = _nextBlock[_phase];
        if (FreeBlocks - taken >= spare)
        {
            Take(taken);
            _reserved = true;
            return false;
        }

        return ReserveInTurn(spare);
    }

    /// <summary>How many iterations, the one that was just reserved included, no decoding sequence lacks a block.</summary>
    public int SafeIterations(int most, int spare)
    {
        if (ReservesWhole)
        {
            return most;
        }

        if (Speculation is not null)
        {
            return SafeSteps(most, spare);
        }

        long room = FreeBlocks - spare;
        if (room >= (long)DecodeCount * (_block.Whole(most) + 1))
        {
            return most;
        }

        // Whole rounds of the block size take one block of every sequence.
        int iterations = 1;
        long rounds = Math.Min(room / DecodeCount, (most - 1) / _blockTokens);
        if (rounds > 0)
        {
            room -= rounds * DecodeCount;
            iterations += (int)rounds * _blockTokens;
        }

        int phase = _phase;
        while (iterations < most)
        {
            phase = phase + 1 == _blockTokens ? 0 : phase + 1;
            room -= _nextBlock[phase];
            if (room < 0)
            {
                break;
            }

            iterations++;
        }

        return iterations;
    }

    /// <summary>Blocks that the decoding sequences take in the iteration so many after the one that was reserved.</summary>
    public int BlocksTaken(int later) => ReservesWhole || later == 0 || Speculation is not null ? 0 : _nextBlock[(_phase + later) % _blockTokens];

    /// <summary>
    /// Free blocks on average over a run that has been reserved and not yet advanced, its iterations taken to be equally long: a block that is taken
    /// in the iteration so many after the first is missing in that one and in those that follow it.
    /// </summary>
    public double MeanFreeBlocks(int iterations)
    {
        long missing = 0;
        for (int later = 1; later <= _blockTokens && later < iterations; later++)
        {
            // The same phase comes again every block.
            long times = ((iterations - 1 - later) / _blockTokens) + 1;
            missing += BlocksTaken(later) * ((times * (iterations - later)) - (_blockTokens * (times * (times - 1) / 2)));
        }

        return FreeBlocks - ((double)missing / iterations);
    }

    /// <summary>Iterations until the first decoding sequence ends.</summary>
    public long IterationsToEnd => (long)(_heap[0] >> 24) - DecodeIterations;

    /// <summary>Ends a run of decode iterations; the blocks of the first are taken already.</summary>
    public void AdvanceDecodes(int iterations)
    {
        if (Speculation is not null)
        {
            if (!ReservesWhole && iterations > 1)
            {
                TakeLacked(DecodeIterations + iterations - 1);
            }
        }
        else if (!ReservesWhole && iterations > 1)
        {
            int more = iterations - 1;
            long taken = _block.Whole(more) * DecodeCount;
            int phase = _phase;
            for (int i = _block.Rest(more); i > 0; i--)
            {
                phase = phase + 1 == _blockTokens ? 0 : phase + 1;
                taken += _nextBlock[phase];
            }

            Take(taken);
        }

        DecodeIterations += iterations;
        _phase = _block.Rest(_phase + iterations);
    }

    /// <summary>Takes a sequence that has all its tokens from the decoding ones; false when there is none.</summary>
    public bool TryEnd(out int slot)
    {
        if (DecodeCount == 0 || (long)(_heap[0] >> 24) != DecodeIterations)
        {
            slot = -1;
            return false;
        }

        slot = (int)(_heap[0] & 0xFFFFFF);
        RemoveDecode(0);
        _slotsOfAdapters?.End(_slots[slot].Adapter);
        int computed = _slots[slot].TotalTokens - 1;
        Give(slot, ReservesWhole || Speculation is not null ? _slots[slot].Blocks : BlocksFor(computed), computed);
        return true;
    }

    /// <summary>Adds what the iteration computed to chunk <paramref name="index"/>; true when its prompt is whole.</summary>
    public bool AdvanceChunk(int index, out int slot)
    {
        slot = _chunkSlots[index];
        ref Sequence s = ref _slots[slot];
        s.Computed += _chunks[index].Tokens;
        if (_prefixes is not null)
        {
            AddUnits(slot, ref s, s.Computed);
        }

        return s.Computed == s.Prompt;
    }

    /// <summary>Moves a sequence whose prompt is whole to the decoding ones, or out of the replica when its only token is done.</summary>
    /// <returns>Whether it goes on.</returns>
    public bool FinishPrefill(int slot)
    {
        RemovePrefill(slot);
        ref Sequence s = ref _slots[slot];
        int left = s.TotalTokens - s.Prompt - 1;
        if (left == 0)
        {
            _slotsOfAdapters?.End(s.Adapter);
            Give(slot, s.Blocks, s.Computed);
            return false;
        }

        BeginDecode(slot);
        return true;
    }

    /// <summary>Gives the record of a sequence back.</summary>
    public void Release(int slot)
    {
        if (_freeCount == _free.Length)
        {
            Array.Resize(ref _free, _freeCount * 2);
        }

        _free[_freeCount++] = slot;
    }

    /// <summary>Takes the cache of a running sequence and puts it at the head of the queue, to compute its tokens again, or copies it to the host.</summary>
    public void Evict(int slot, bool decoding)
    {
        if (decoding && SwapOut(slot))
        {
            return;
        }

        ref Sequence s = ref _slots[slot];
        if (decoding)
        {
            int context = ContextAt(s, DecodeIterations);
            Leave(slot, ReservesWhole || Speculation is not null ? s.Blocks : BlocksFor(_reserved ? context : context - 1), context - 1);
            RemoveDecode(IndexOfDecode(slot));
            s.Prompt = context;
            s.Whole = (context - 1) / _blockTokens;
        }
        else
        {
            Leave(slot, s.Blocks, s.Computed);
            RemovePrefill(slot);
            s.Whole = s.Computed / _blockTokens;
            s.Prompt = ForgetsUncomputed ? s.Computed : s.Prompt;
        }

        s.Computed = 0;
        s.Blocks = 0;
        s.Preemptions++;
        Preemptions++;
        Timeline?.Evicted(s.Id);
        Decodes &= DecodeCount > 0;
        _slotsOfAdapters?.End(s.Adapter);
        Requeue(slot);
    }

    /// <summary>The running sequence that is last in order.</summary>
    public int LastRunning(out bool decoding)
    {
        int last = -1;
        long order = long.MinValue;
        decoding = false;
        for (int i = 0; i < DecodeCount; i++)
        {
            int slot = (int)(_heap[i] & 0xFFFFFF);
            if (_slots[slot].Order > order)
            {
                (last, order, decoding) = (slot, _slots[slot].Order, true);
            }
        }

        for (int i = 0; i < PrefillCount; i++)
        {
            if (_slots[_prefilling[i]].Order > order)
            {
                (last, order, decoding) = (_prefilling[i], _slots[_prefilling[i]].Order, false);
            }
        }

        return last;
    }

    /// <summary>Hands over every request that has not ended, as it stands between two iterations.</summary>
    /// <param name="into">Takes them.</param>
    /// <param name="lastToken">When decoding sequences got their last token, in ticks.</param>
    /// <param name="overhead">Ticks that tokens take beyond the iterations.</param>
    public void Unfinished(List<UnfinishedRequest> into, long lastToken, long overhead)
    {
        for (int i = 0; i < DecodeCount; i++)
        {
            int slot = (int)(_heap[i] & 0xFFFFFF), tokens = ContextAt(_slots[slot], DecodeIterations);
            into.Add(UnfinishedRequest.Of(_slots[slot], tokens, tokens - 1, lastToken, overhead));
        }

        for (int i = 0; i < PrefillCount; i++)
        {
            ref Sequence s = ref _slots[_prefilling[i]];
            into.Add(UnfinishedRequest.Of(s, s.Prompt, s.Computed, lastToken, overhead));
        }

        foreach (int slot in _byAdapter?.All() ?? Enumerable.Range(0, WaitingCount).Select(i => _waiting[i]))
        {
            ref Sequence s = ref _slots[slot];
            into.Add(UnfinishedRequest.Of(s, s.Prompt, 0, lastToken, overhead));
        }
    }

    /// <summary>Prompt tokens that did not have to be computed because the cache had them.</summary>
    public long FoundTokens { get; private set; }

    /// <summary>
    /// What the cache has of the sequence at the head of the queue: whole blocks from its first token on, and never all of its tokens, as the last must be
    /// computed for the next.
    /// </summary>
    public FoundPrefix FindPrefix()
    {
        ref Sequence s = ref _slots[WaitingHead];
        if (_prefixes is not null)
        {
            int units = _prefixes.Match(_prefixKeys[WaitingHead], (s.Prompt - 1) / _unitTokens, out int held);
            return new FoundPrefix(units * _unitTokens, units * _prefixes.UnitBlocks, held * _prefixes.UnitBlocks);
        }

        if (_queue is null || s.Preemptions == 0)
        {
            return default;
        }

        int most = (s.Prompt - 1) / _blockTokens;
        int blocks = Math.Min((int)_queue.Left(WaitingHead), Math.Min(s.Whole, most));
        return new FoundPrefix(blocks * _blockTokens, blocks, 0);
    }

    /// <summary>Tokens of a request's prompt that the prefix cache has, or would load from the tiers behind it.</summary>
    public int FoundTokensOf(in Request request)
    {
        if (_prefixes is null)
        {
            return 0;
        }

        PrefixKeys keys = KeysOf(request);
        int most = (request.PromptTokens - 1) / _unitTokens, found = _prefixes.Match(keys, most, out _);
        return (found + TierUnits(keys, found, most)) * _unitTokens;
    }

    // What stands alone has a beginning of its own, which it finds again after an eviction. Sessions are positive. What an adapter computed is of no use to another.
    private PrefixKeys KeysOf(in Request request) => new(request.Session != 0 ? request.Session : -1 - request.Id, request.PrefixHashes, Lora?.Draw.Of(request) ?? AdapterDraw.Base);

    private void Take(long blocks)
    {
        FreeBlocks -= blocks;
        _queue?.Take(blocks);
        if (_prefixes is not null)
        {
            _unusedBlocks -= blocks;
            while (_unusedBlocks < 0)
            {
                Offloaded(_prefixes.ForgetOldest());
                _unusedBlocks += _prefixes.UnitBlocks;
            }
        }
    }

    // Blocks of a sequence that has ended, with so many tokens computed.
    private void Give(int slot, long blocks, int computed)
    {
        _queue?.Add(blocks);
        FreeBlocks += _prefixes is null ? blocks : Keep(slot, blocks, computed);
    }

    // Blocks of a sequence that will come back.
    private void Leave(int slot, long blocks, int computed)
    {
        _queue?.Add(blocks, slot);
        FreeBlocks += _prefixes is null ? blocks : Keep(slot, blocks, computed);
    }

    // Whole units stay until their blocks are needed; the rest is free at once.
    private long Keep(int slot, long blocks, int computed)
    {
        ref Sequence s = ref _slots[slot];
        AddUnits(slot, ref s, computed);
        long rest = blocks - ((long)s.Units * _prefixes!.UnitBlocks);
        long idle = (long)_prefixes.Drop(_prefixKeys[slot], s.Units) * _prefixes.UnitBlocks;
        _unusedBlocks += rest;
        s.Units = 0;
        return rest + idle;
    }

    // Units that are whole now, until one that another sequence has computed meanwhile: from there on this one's blocks are its own.
    private void AddUnits(int slot, ref Sequence s, int computed)
    {
        ref readonly PrefixKeys keys = ref _prefixKeys[slot];
        int whole = Math.Min(computed / _unitTokens, keys.Count);
        while (s.Units < whole && keys[s.Units] is var key && _prefixes!.Add(key))
        {
            _tiers?.Forget(key);
            s.Units++;
        }
    }

    // The rare case: blocks run out in this iteration, and who comes first matters.
    private bool ReserveInTurn(int spare)
    {
        int count = SortRunning();
        bool evicted = false;
        int last = count - 1;
        for (int i = 0; i <= last; i++)
        {
            int slot = _order[i] >> 1;
            if ((_order[i] & 1) == 0)
            {
                continue;
            }

            int need = Speculation is not null ? LackedBlocks(_slots[slot], DecodeIterations)
                : (_slots[slot].Offset + DecodeIterations) % _blockTokens == 1 % _blockTokens ? 1 : 0;
            while (FreeBlocks < Math.Max(need, spare))
            {
                int victim = _order[last];
                Evict(victim >> 1, (victim & 1) == 1);
                evicted = true;
                if (last-- == i)
                {
                    need = 0;
                    break;
                }
            }

            TakeBlocks(slot, need);
        }

        Decodes = DecodeCount > 0;
        _reserved = true;
        return evicted;
    }

    // Running sequences by order, twice the slot plus one for those that decode.
    private int SortRunning()
    {
        int count = RunningCount;
        if (_order.Length < count)
        {
            Array.Resize(ref _order, count * 2);
            Array.Resize(ref _orderKeys, count * 2);
        }

        for (int i = 0; i < DecodeCount; i++)
        {
            int slot = (int)(_heap[i] & 0xFFFFFF);
            (_order[i], _orderKeys[i]) = ((slot << 1) + 1, _slots[slot].Order);
        }

        for (int i = 0; i < PrefillCount; i++)
        {
            (_order[DecodeCount + i], _orderKeys[DecodeCount + i]) = (_prefilling[i] << 1, _slots[_prefilling[i]].Order);
        }

        Array.Sort(_orderKeys, _order, 0, count);
        return count;
    }

    private int Take()
    {
        if (_freeCount > 0)
        {
            return _free[--_freeCount];
        }

        if (_used == 1 << 24)
        {
            throw new InvalidOperationException("more than 16,777,216 requests wait on one replica");
        }

        if (_used == _slots.Length)
        {
            Array.Resize(ref _slots, _used * 2);
        }

        return _used++;
    }

    private int LineOf(int @class) => _lines is null ? 0 : _lines[@class];

    private void RemovePrefill(int slot)
    {
        // Mostly the only one, or the first of a few: not worth a call.
        int[] prefilling = _prefilling;
        int at = 0;
        while (prefilling[at] != slot)
        {
            at++;
        }

        for (PrefillCount--; at < PrefillCount; at++)
        {
            prefilling[at] = prefilling[at + 1];
        }
    }

    // The histogram's place of a sequence: the phase in which its context is one past a whole number of blocks.
    private int Phase(in Sequence s) => _block.Rest(1 - s.Offset);

    // A binary heap by the decode iteration after which a sequence ends; a key holds that count above the 24 bits of the slot.
    private void AddDecode(int slot, long end)
    {
        ref Sequence s = ref _slots[slot];
        _offsets += s.Offset;
        _rates += s.Rate;
        _slotsOfAdapters?.AddDecode(s.Adapter);
        _longestOffset = DecodeCount == 0 || (_longestOffset != Unknown && s.Offset > _longestOffset) ? s.Offset : _longestOffset;
        _nextBlock[Phase(s)]++;
        if (DecodeCount == _heap.Length)
        {
            Array.Resize(ref _heap, DecodeCount * 2);
        }

        ulong key = ((ulong)end << 24) | (uint)slot;
        SiftUp(DecodeCount++, key);
    }

    private void RemoveDecode(int index)
    {
        ref Sequence s = ref _slots[(int)(_heap[index] & 0xFFFFFF)];
        _offsets -= s.Offset;
        _rates -= s.Rate;
        _slotsOfAdapters?.RemoveDecode(s.Adapter);
        _longestOffset = s.Offset == _longestOffset ? Unknown : _longestOffset;
        _nextBlock[Phase(s)]--;
        ulong moved = _heap[--DecodeCount];
        if (index == DecodeCount)
        {
            return;
        }

        if (index > 0 && _heap[(index - 1) >> 1] > moved)
        {
            SiftUp(index, moved);
        }
        else
        {
            SiftDown(index, moved);
        }
    }

    private int IndexOfDecode(int slot)
    {
        for (int i = 0; i < DecodeCount; i++)
        {
            if ((int)(_heap[i] & 0xFFFFFF) == slot)
            {
                return i;
            }
        }

        throw new InvalidOperationException("the sequence does not decode");
    }

    private void SiftUp(int at, ulong key)
    {
        ulong[] heap = _heap;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (heap[parent] <= key)
            {
                break;
            }

            heap[at] = heap[parent];
            at = parent;
        }

        heap[at] = key;
    }

    private void SiftDown(int at, ulong key)
    {
        ulong[] heap = _heap;
        int count = DecodeCount;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= count)
            {
                break;
            }

            // Which child is smaller cannot be guessed: no branch.
            child += heap[Math.Min(child + 1, count - 1)] < heap[child] ? 1 : 0;
            if (heap[child] >= key)
            {
                break;
            }

            heap[at] = heap[child];
            at = child;
        }

        heap[at] = key;
    }
}
