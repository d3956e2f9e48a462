using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Resuming;

/// <summary>
/// A source that can be brought back to where it was: an open loop by drawing or reading again what was taken from it, which needs nothing but its number,
/// a closed one by the state that it keeps itself.
/// </summary>
internal sealed class ResumableSource : IClosedLoop, IState
{
    private readonly IRequestSource _source;
    private readonly IClosedLoop? _loop;
    private long _taken;

    /// <exception cref="InputException">It waits for answers and keeps no state.</exception>
    public ResumableSource(IRequestSource source)
    {
        (_source, _loop) = (source, source is IClosedLoop { Waits: true } loop ? loop : null);
        try
        {
            // Told before the run begins and not when its state is to be written.
            Transfer(StateTransfer.To(Stream.Null));
        }
        catch (NotSupportedException e)
        {
            throw new InputException("--checkpoint", e.Message);
        }
    }

    /// <inheritdoc/>
    public bool Waits => _loop is not null;

    /// <inheritdoc/>
    public long NextArrival => _source.NextArrival;

    /// <inheritdoc/>
    public int HashTokens => _source.HashTokens;

    /// <summary>Takes requests from a source until so many were taken.</summary>
    public static void Skip(IRequestSource source, long count)
    {
        for (long i = 0; i < count && source.NextArrival != Ticks.Never; i++)
        {
            _ = source.Take();
        }
    }

    /// <inheritdoc/>
    public Request Take()
    {
        _taken++;
        return _source.Take();
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served) => _loop?.Ended(id, now, served);

    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        _taken = state.Of(_taken);
        if (_loop is not null)
        {
            IState.Of(_loop).Transfer(state);
        }
        else if (state.Loads)
        {
            Skip(_source, _taken);
        }
    }
}
