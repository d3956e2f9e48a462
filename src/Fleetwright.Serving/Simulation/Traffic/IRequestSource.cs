namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>
/// Requests in the order of their arrival, read once and not held in memory. A closed loop is a source whose next arrival changes when a
/// request ends, so the engine asks for <see cref="NextArrival"/> again after every event.
/// </summary>
public interface IRequestSource
{
    /// <summary>When the next request arrives, in ticks; <see cref="Ticks.Never"/> when none is to come as things stand.</summary>
    long NextArrival { get; }

    /// <summary>Tokens that one of <see cref="Request.PrefixHashes"/> stands for.</summary>
    int HashTokens => 0;

    /// <summary>Takes the next request.</summary>
    Request Take();
}
