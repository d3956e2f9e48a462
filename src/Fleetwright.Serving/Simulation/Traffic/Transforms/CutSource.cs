using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>A window of a source: the requests that arrive from one time (included) to another (excluded), at most so many, counted in time from the window's start.</summary>
public sealed class CutSource : IClosedLoop, IState
{
    private readonly IRequestSource _source;
    private readonly IClosedLoop? _loop;
    private readonly long _from;
    private readonly long _to;
    private long _left;

    /// <param name="source">What is cut.</param>
    /// <param name="fromSeconds">Start of the window; 0 for a closed loop, which cannot go on without answers.</param>
    /// <param name="toSeconds">End of the window.</param>
    /// <param name="count">Most requests.</param>
    /// <exception cref="InputException">The window is empty or starts after 0 in a closed loop.</exception>
    public CutSource(IRequestSource source, double fromSeconds = 0, double toSeconds = Ticks.MostSeconds, long count = long.MaxValue)
    {
        (_source, _loop, _left) = (source, source is IClosedLoop { Waits: true } loop ? loop : null, count);
        if (fromSeconds is not (>= 0 and < Ticks.MostSeconds) || !(toSeconds > fromSeconds) || toSeconds > Ticks.MostSeconds || count < 0 || (_loop is not null && fromSeconds > 0))
        {
            throw new InputException("window", FormattableString.Invariant($"found {fromSeconds} s to {toSeconds} s, {count} requests{(_loop is null ? "" : " of a closed loop")}; allowed: an end after the start, within 0 to 9,000,000 s, and a start of 0 for a closed loop"));
        }

        (_from, _to) = (Ticks.Of(fromSeconds), Ticks.Of(toSeconds));
        while (_source.NextArrival < _from)
        {
            _source.Take();
        }
    }

    /// <inheritdoc/>
    public bool Waits => _loop is not null;

    /// <inheritdoc/>
    public int HashTokens => _source.HashTokens;

    /// <inheritdoc/>
    public long NextArrival => _left > 0 && _source.NextArrival is var next && next < _to ? next - _from : Ticks.Never;

    /// <inheritdoc/>
    public Request Take()
    {
        _left--;
        Request request = _source.Take();
        return _from == 0 ? request : request with { Arrival = request.Arrival - _from };
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served) => _loop?.Ended(id, now, served);

    /// <inheritdoc/>
    void IState.Transfer(StateTransfer state)
    {
        _left = state.Of(_left);
        if (_loop is not null)
        {
            IState.Of(_loop).Transfer(state);
        }
    }
}
