namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>
/// A source that waits for answers: fixed concurrency, or sessions whose next turn follows the answer. The engine tells it of every request
/// that ends, and asks for <see cref="IRequestSource.NextArrival"/> again after that. A source whose <see cref="IRequestSource.NextArrival"/>
/// is <see cref="Ticks.Never"/> may have more to send as long as one of its requests is on its way.
/// </summary>
public interface IClosedLoop : IRequestSource
{
    /// <summary>Whether it wants to be told: a wrapper does only when what it wraps does.</summary>
    bool Waits { get; }

    /// <summary>A request has ended.</summary>
    /// <param name="id">Its <see cref="Request.Id"/>.</param>
    /// <param name="now">When, in ticks; not before its arrival.</param>
    /// <param name="served">Whether it was answered, or turned away, which ends its session.</param>
    void Ended(long id, long now, bool served);
}
