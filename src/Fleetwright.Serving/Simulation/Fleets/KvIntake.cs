using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Sequences that a rank decodes whose prompt was computed elsewhere, in the order in which they came: they wait for blocks, then for their cache, then for the
/// next batch. Blocks are given when a batch is formed, after the running sequences have theirs, as vLLM V1 does (<c>WAITING_FOR_REMOTE_KVS</c>), and only while
/// no sequence that was evicted waits or is computed again: what decodes then comes before what is computed in every order of eviction, as schedulers take for
/// granted. What was found to have no room has none until a sequence ends, so the engine may leap.
/// </summary>
internal sealed class KvIntake(LatencySketch? handOver = null)
{
    private readonly Queue<(int Slot, int Transfer)> _waiting = new();
    private readonly List<(int Slot, long Whole)> _landed = [];

    /// <summary>Transfers whose blocks were reserved since the fleet last looked.</summary>
    public List<int> Granted { get; } = [];

    /// <summary>A sequence has come that waits for blocks.</summary>
    public void Enqueue(ReplicaState state, int slot, int transfer)
    {
        _waiting.Enqueue((slot, transfer));
        state.IncomingCount++;
    }

    /// <summary>The cache of a sequence is here.</summary>
    /// <param name="slot">The sequence.</param>
    /// <param name="whole">When its prompt was whole, in ticks.</param>
    public void Land(int slot, long whole) => _landed.Add((slot, whole));

    /// <summary>Before a batch is formed: what has landed decodes from now on.</summary>
    public void Join(ReplicaState state, long now)
    {
        foreach ((int slot, long whole) in _landed)
        {
            state.JoinDecodes(slot);
            handOver?.Add(now - whole);
        }

        _landed.Clear();
    }

    /// <summary>After a batch was formed: blocks for those that wait, first come first served.</summary>
    public void Reserve(ReplicaState state, Scheduler scheduler)
    {
        while (state.WaitingCount + state.PrefillCount == 0 && _waiting.TryPeek(out (int Slot, int Transfer) next) && state.HasRoom(next.Slot))
        {
            _ = _waiting.Dequeue();
            state.IncomingCount--;
            state.Reserve(next.Slot, scheduler.OrderOf(state[next.Slot]));
            Granted.Add(next.Transfer);
        }
    }
}
