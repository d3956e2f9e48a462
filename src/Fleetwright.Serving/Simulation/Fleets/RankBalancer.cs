using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Deals the requests of a lockstep group out to its ranks as vLLM's front end does: to the least 4·waiting + running, of equals the first. It sees the
/// counts that the ranks had when they last formed a batch, as of some instant in the last 100 ms, and adds the requests that it has sent since then itself.
/// Source: vLLM, <c>v1/engine/core_client.py</c> (<c>DPLBAsyncMPClient</c>) and <c>coordinator.py</c>. Or in turn, as SGLang does by default
/// (<c>server_args.py</c>, <c>--load-balance-method round_robin</c>).
/// </summary>
/// <param name="ranks">Ranks.</param>
/// <param name="phase">When the counts are first seen, in ticks.</param>
/// <param name="dealing">How.</param>
internal sealed class RankBalancer(int ranks, long phase = 0, RankDealing dealing = RankDealing.LeastLoaded)
{
    private const int WaitingWeight = 4;
    private static readonly long Interval = Ticks.Of(0.1);
    private readonly (int Waiting, int Running)[] _reported = new (int, int)[ranks];
    private readonly (int Waiting, int Running)[] _seen = new (int, int)[ranks];
    private long _next = phase;
    private int _turn = -1;

    /// <summary>The rank for a request that arrives now.</summary>
    public int Choose(long now)
    {
        if (dealing == RankDealing.RoundRobin)
        {
            _turn = (_turn + 1) % ranks;
            return _turn;
        }

        Publish(now);
        int best = 0, least = int.MaxValue;
        for (int i = 0; i < _seen.Length; i++)
        {
            int score = (WaitingWeight * _seen[i].Waiting) + _seen[i].Running;
            if (score < least)
            {
                (best, least) = (i, score);
            }
        }

        _seen[best].Waiting++;
        return best;
    }

    /// <summary>The ranks have formed their batches.</summary>
    public void Report(ReadOnlySpan<ReplicaState> states, long now)
    {
        Publish(now);
        for (int i = 0; i < states.Length; i++)
        {
            _reported[i] = (states[i].WaitingCount + states[i].IncomingCount, states[i].RunningCount + states[i].ReservedCount);
        }
    }

    // Between two reports nothing changes, so what was published in between is what was reported last.
    private void Publish(long now)
    {
        if (now >= _next)
        {
            _reported.AsSpan().CopyTo(_seen);
            _next += (((now - _next) / Interval) + 1) * Interval;
        }
    }

    /// <summary>Writes or reads what it has seen.</summary>
    public void Transfer(StateTransfer state)
    {
        (_next, _turn) = (state.Of(_next), state.Of(_turn));
        state.All(_reported.AsSpan());
        state.All(_seen.AsSpan());
    }
}
