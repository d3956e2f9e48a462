using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <content>
/// LoRA adapters: a waiting request whose adapter neither runs nor finds a free slot is passed over, and a batch waits for the adapters that it brings onto the chips, as in vLLM
/// (<c>set_active_loras</c> before the model runs).
/// </content>
internal sealed partial class ReplicaState
{
    private AdapterSlots? _slotsOfAdapters;
    private AdapterQueues? _byAdapter;

    /// <summary>Which requests use which adapter, and where adapters are; null for the base model only.</summary>
    public (AdapterDraw Draw, LoraAdapters Adapters, AdapterSizes Sizes, AdapterTraffic Traffic)? Lora
    {
        get;
        init
        {
            field = value;
            _slotsOfAdapters = value is { } given ? new AdapterSlots(given.Adapters, given.Sizes) : null;
            MakeQueues();
        }
    }

    /// <summary>Whether a waiting request may be admitted as far as adapters go.</summary>
    public bool HasNext => _byAdapter is null ? _waiting.Count > 0 : _byAdapter.Next(_slotsOfAdapters!) >= 0;

    /// <summary>Seconds for which adapters that are loaded hold up the batch that is being formed.</summary>
    public double AdapterSeconds { get; private set; }

    /// <summary>What of the batch passes through adapters.</summary>
    public AdapterBatch AdapterBatch
    {
        get
        {
            AdapterBatch batch = _slotsOfAdapters!.Batch(Decodes);
            for (int i = 0; i < ChunkCount; i++)
            {
                batch = _slotsOfAdapters.With(batch, _slots[_chunkSlots[i]].Adapter, _chunks[i].Tokens, Decodes);
            }

            return batch;
        }
    }

    /// <summary>Whether the adapter of a request is on the chips, or on its way for another that waits.</summary>
    public bool HasAdapterOf(in Request request) =>
        Lora is not { } lora || lora.Draw.Of(request) is var adapter && (_slotsOfAdapters!.IsOnChip(adapter) || _byAdapter!.WaitingFor(adapter) > 0);

    // Whichever of lines and adapters is said last.
    private void MakeQueues()
    {
        int lines = _lines is null ? 1 : _lines.Max() + 1;
        _waiting = new WaitingLines(lines);
        _byAdapter = Lora is { } lora ? new AdapterQueues(lines, lora.Adapters.Count) : null;
    }

    // The next, who has a place now.
    private int TakeNext()
    {
        if (_byAdapter is null)
        {
            return _waiting.Take();
        }

        int slot = _byAdapter.Next(_slotsOfAdapters!);
        _byAdapter.Take(slot);
        AdapterSeconds += _slotsOfAdapters!.Start(_slots[slot].Adapter, Lora!.Value.Traffic);
        return slot;
    }

    private void Enqueue(int slot)
    {
        ref Sequence s = ref _slots[slot];
        if (_byAdapter is null)
        {
            _waiting.Arrive(LineOf(s.Class), slot);
        }
        else
        {
            _byAdapter.Arrive(LineOf(s.Class), s.Adapter, slot);
        }
    }

    private void Requeue(int slot)
    {
        ref Sequence s = ref _slots[slot];
        if (_byAdapter is null)
        {
            _waiting.Return(LineOf(s.Class), slot);
        }
        else
        {
            _byAdapter.Return(LineOf(s.Class), s.Adapter, slot);
        }
    }

    // A window of time in which a batch ran, for the sums.
    internal void CountAdapters(in AdapterBatch batch, long ticks, bool blocked)
    {
        AdapterTraffic traffic = Lora!.Value.Traffic;
        traffic.BusyTicks += ticks;
        traffic.AdapterTicks += batch.Adapters * ticks;
        traffic.BlockedTicks += blocked ? ticks : 0;
    }
}
