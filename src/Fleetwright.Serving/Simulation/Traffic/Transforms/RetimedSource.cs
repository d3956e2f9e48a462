using Fleetwright.Serving.Simulation.Traffic.Arrivals;

namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>The requests of a source in their order, at the times of a process: the lengths of a trace under another load.</summary>
public sealed class RetimedSource : IRequestSource
{
    private readonly IRequestSource _source;
    private readonly ArrivalProcess _arrivals;
    private long _next;

    /// <param name="source">Whose requests they are; an open loop.</param>
    /// <param name="arrivals">When they come.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="name">Names the stream of random numbers.</param>
    /// <exception cref="Catalog.Reading.InputException">A rate or gap is out of range.</exception>
    public RetimedSource(IRequestSource source, ArrivalModel arrivals, ulong seed, string name)
    {
        (_source, _arrivals) = (source, new ArrivalProcess(arrivals, seed, name));
        _next = _arrivals.Next();
    }

    /// <inheritdoc/>
    public long NextArrival => _source.NextArrival == Ticks.Never ? Ticks.Never : _next;

    /// <inheritdoc/>
    public int HashTokens => _source.HashTokens;

    /// <inheritdoc/>
    public Request Take()
    {
        Request request = _source.Take() with { Arrival = _next };
        _next = _arrivals.Next();
        return request;
    }
}
