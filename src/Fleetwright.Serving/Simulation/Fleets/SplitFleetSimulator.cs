using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// A prefill pool and a decode pool through time. A request is computed up to its first token on a prefill replica, which then holds its blocks; a decode
/// replica reserves as many, the cache is sent over the links of both, the prefill replica's blocks are free, and the decode replica goes on with the
/// second token. What waits for blocks of the decode pool holds blocks of the prefill pool: that is how a full decode pool holds the other back.
/// </summary>
/// <remarks>One instant at a time: runs end, caches leave and land, requests arrive, and then the replicas that have something new form batches.</remarks>
internal sealed class SplitFleetSimulator
{
    private const int WindowEvents = 1 << 16;
    private readonly SplitPool _prefill;
    private readonly SplitPool _decode;
    private readonly KvLinks _links;
    private readonly Func<int, double> _bytes;
    private readonly ICompletionSink _sink;
    private readonly TimeHeap _moves = new(64);
    private readonly Stack<int> _free = new();
    private Transfer[] _transfers = new Transfer[64];
    private int _used;

    /// <param name="prefill">Replicas with outboxes.</param>
    /// <param name="decode">Replicas with intakes.</param>
    /// <param name="links">Links between replicas.</param>
    /// <param name="bytes">Bytes of the cache of a prompt of so many tokens.</param>
    /// <param name="sink">Takes what is turned away.</param>
    /// <param name="transfers">Counts what is sent.</param>
    public SplitFleetSimulator(SplitPool prefill, SplitPool decode, KvLinks links, Func<int, double> bytes, ICompletionSink sink, KvTransfers transfers) =>
        (_prefill, _decode, _links, _bytes, _sink, Transfers) = (prefill, decode, links, bytes, sink, transfers);

    /// <summary>What was sent.</summary>
    public KvTransfers Transfers { get; }

    /// <summary>When clients have the first token.</summary>
    public FirstToken FirstToken { get; init; }

    /// <summary>Hears of every request that is turned away, when the source waits for answers.</summary>
    public IClosedLoop? Loop { get; init; }

    /// <summary>Engines of a replica in each pool, its pipeline stages, which share its link.</summary>
    public (int Prefill, int Decode) Stages { get; init; } = (1, 1);

    /// <summary>Takes all of a source's requests to their ends.</summary>
    /// <param name="source">The requests.</param>
    /// <param name="window">Called from time to time with the ticks reached; when it says false, the rest of the run is left out.</param>
    public void Run(IRequestSource source, Func<long, bool>? window = null)
    {
        for (long events = 1; Next(source) is var now && now != Ticks.Never; events++)
        {
            while (_decode.Finish(now) >= 0)
            {
            }

            for (int engine = _prefill.Finish(now); engine >= 0; engine = _prefill.Finish(now))
            {
                HandOver(engine, now);
            }

            while (_moves.FirstTime == now)
            {
                Move(_moves.Pop(), now);
            }

            while (source.NextArrival <= now)
            {
                Arrive(source.Take());
            }

            while (_prefill.Resume(now) >= 0)
            {
            }

            for (int engine = _decode.Resume(now); engine >= 0; engine = _decode.Resume(now))
            {
                Send(engine, now);
            }

            if (events % WindowEvents == 0 && window?.Invoke(now) == false)
            {
                return;
            }
        }
    }

    private long Next(IRequestSource source) => Math.Min(Math.Min(source.NextArrival, _moves.FirstTime), Math.Min(_prefill.NextEnd, _decode.NextEnd));

    private void Arrive(in Request request)
    {
        if (_prefill.CanEverHold(request.PromptTokens, 1) && (request.OutputTokens == 1 || _decode.CanEverHold(request.PromptTokens, request.OutputTokens)))
        {
            (int engine, int rank) = _prefill.Route(request, request.Arrival);
            _prefill[engine].Rank(rank).State.Arrive(request);
            _prefill.Touch(engine);
        }
        else
        {
            _sink.Rejected(request);
            Loop?.Ended(request.Id, request.Arrival, served: false);
        }
    }

    // Prompts that are whole: each goes to a decode replica, which is chosen now, by what it has to do now.
    private void HandOver(int engine, long now)
    {
        for (int rank = 0; rank < _prefill[engine].Ranks; rank++)
        {
            SplitRank from = _prefill[engine].Rank(rank);
            foreach (int slot in from.Outbox!)
            {
                ref Sequence s = ref from.State[slot];
                (int chosen, int at) = _decode.Route(new Request(s.Id, now, s.Prompt, s.TotalTokens - s.Prompt, s.Class), now);
                SplitRank to = _decode[chosen].Rank(at);
                int transfer = _free.Count > 0 ? _free.Pop() : NewTransfer();
                _transfers[transfer] = new Transfer(engine, rank, slot, chosen, at, to.State.ArriveComputed(s), now);
                to.Intake!.Enqueue(to.State, _transfers[transfer].ReceiverSlot, transfer);
                _decode.Touch(chosen);
            }

            from.Outbox!.Clear();
        }
    }

    // Blocks were reserved: the caches queue for their senders' links.
    private void Send(int engine, long now)
    {
        for (int rank = 0; rank < _decode[engine].Ranks; rank++)
        {
            SplitRank to = _decode[engine].Rank(rank);
            foreach (int transfer in to.Intake!.Granted)
            {
                ref Transfer t = ref _transfers[transfer];
                t.Bytes = _bytes(to.State[t.ReceiverSlot].Prompt);
                t.Granted = now;
                long leaves = _links.Leave(t.Sender / Stages.Prefill, t.Bytes, now);
                if (leaves > now)
                {
                    _moves.Set(transfer, leaves);
                }
                else
                {
                    Reach(transfer, now);
                }
            }

            to.Intake!.Granted.Clear();
        }
    }

    private void Move(int transfer, long now)
    {
        if (_transfers[transfer].IsUnderWay)
        {
            Land(transfer, now);
        }
        else
        {
            Reach(transfer, now);
        }
    }

    private void Reach(int transfer, long now)
    {
        ref Transfer t = ref _transfers[transfer];
        (long start, long landed) = _links.Reach(t.Receiver / Stages.Decode, t.Bytes, now);
        Transfers.Add(t.Bytes, t.Granted - t.Whole, start - t.Granted, landed - start);
        t.IsUnderWay = true;
        _moves.Set(transfer, landed);
    }

    private void Land(int transfer, long now)
    {
        Transfer t = _transfers[transfer];
        _free.Push(transfer);
        _prefill[t.Sender].Rank(t.SenderRank).State.ReleaseHeld(t.SenderSlot);
        _prefill.Touch(t.Sender);
        SplitRank to = _decode[t.Receiver].Rank(t.ReceiverRank);
        if (FirstToken == FirstToken.AfterTransfer)
        {
            to.State[t.ReceiverSlot].FirstToken = now;
        }

        to.Intake!.Land(t.ReceiverSlot, t.Whole);
        _decode.Touch(t.Receiver);
    }

    private int NewTransfer()
    {
        if (_used == _transfers.Length)
        {
            Array.Resize(ref _transfers, _used * 2);
        }

        return _used++;
    }

    private record struct Transfer(int Sender, int SenderRank, int SenderSlot, int Receiver, int ReceiverRank, int ReceiverSlot, long Whole)
    {
        public double Bytes { get; set; }

        public long Granted { get; set; }

        /// <summary>Whether it has left its sender, so that it lands next.</summary>
        public bool IsUnderWay { get; set; }
    }
}
