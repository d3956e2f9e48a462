using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation;

internal sealed partial class ReplicaSimulator<TTimes> : IState
{
    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        End = state.Of(End);
        (_work, _start, _iterations, _counted) = (state.Of(_work), state.Of(_start), state.Of(_iterations), state.Of(_counted));
        (_plannedTo, _next) = (state.Of(_plannedTo), state.Of(_next));
        _ends.Transfer(state);
        _scheduler.Transfer(state);
        State.Transfer(state);
    }
}
