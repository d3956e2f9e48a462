using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Cli.Commands;

/// <summary>The requests of one of several closed loops, numbered so that no number occurs twice among them.</summary>
internal sealed class NumberedSource(IRequestSource source, int part, int parts) : IClosedLoop, IState
{
    private readonly IClosedLoop? _loop = source as IClosedLoop;

    /// <inheritdoc/>
    public bool Waits => _loop is { Waits: true };

    /// <inheritdoc/>
    public long NextArrival => source.NextArrival;

    /// <inheritdoc/>
    public int HashTokens => source.HashTokens;

    /// <inheritdoc/>
    public Request Take() => source.Take() is var request && parts == 1 ? request : request with { Id = (request.Id * parts) + part };

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served) => _loop?.Ended((id - part) / parts, now, served);

    /// <inheritdoc/>
    public void Transfer(StateTransfer state) => IState.Of(source).Transfer(state);
}
