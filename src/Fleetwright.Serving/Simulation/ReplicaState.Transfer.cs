using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation;

internal sealed partial class ReplicaState : IState
{
    /// <inheritdoc/>
    /// <remarks>Between events; what is only used while a batch is formed (<c>_order</c>) is left out.</remarks>
    public void Transfer(StateTransfer state)
    {
        FreeBlocks = state.Of(FreeBlocks);
        DecodeIterations = state.Of(DecodeIterations);
        DecodeCount = state.Of(DecodeCount);
        PrefillCount = state.Of(PrefillCount);
        Preemptions = state.Of(Preemptions);
        ChunkCount = state.Of(ChunkCount);
        Decodes = state.Of(Decodes);
        FoundTokens = state.Of(FoundTokens);
        (_unusedBlocks, _offsets, _longestOffset) = (state.Of(_unusedBlocks), state.Of(_offsets), state.Of(_longestOffset));
        (_arrivals, _phase) = (state.Of(_arrivals), state.Of(_phase));
        (_freeCount, _used) = (state.Of(_freeCount), state.Of(_used));
        _reserved = state.Of(_reserved);
        state.All(_nextBlock.AsSpan());
        state.Growing(ref _slots, _used);
        state.Growing(ref _free, _freeCount);
        _waiting.Transfer(state);
        state.Growing(ref _heap, DecodeCount);
        state.Growing(ref _prefilling, PrefillCount);
        state.Growing(ref _chunkSlots, ChunkCount);
        state.Growing(ref _chunks, ChunkCount);
        _queue?.Transfer(state);
        if (_prefixes is not null)
        {
            _prefixes.Transfer(state);
            TransferKeys(state);
        }
    }

    private void TransferKeys(StateTransfer state)
    {
        int length = state.Length(_prefixKeys.Length);
        if (state.Loads)
        {
            _prefixKeys = new PrefixKeys[length];
        }

        for (int i = 0; i < Math.Min(length, _used); i++)
        {
            _prefixKeys[i] = new PrefixKeys(state.Of(_prefixKeys[i].Session), state.Optional(_prefixKeys[i].Hashes));
        }
    }
}
