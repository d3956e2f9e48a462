using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation;

internal sealed partial class LockstepSimulator<TTimes> : IState
{
    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        End = state.Of(End);
        (_work, _start, _iterations, _counted) = (state.Of(_work), state.Of(_start), state.Of(_iterations), state.Of(_counted));
        for (int i = 0; i < _states.Length; i++)
        {
            _ends[i].Transfer(state);
            _schedulers[i].Transfer(state);
            _states[i].Transfer(state);
        }

        state.All(_batches.AsSpan());
        _balancer.Transfer(state);
        _aheadCount = state.Length(_aheadCount);
        if (_ahead.Length < _aheadCount)
        {
            _ahead = new (Traffic.Request, int, long)[_aheadCount];
        }

        foreach (ref (Traffic.Request Request, int Rank, long During) ahead in _ahead.AsSpan(0, _aheadCount))
        {
            ahead = (state.Of(ahead.Request), state.Of(ahead.Rank), state.Of(ahead.During));
        }
    }
}
