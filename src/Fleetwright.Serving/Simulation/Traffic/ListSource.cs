namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>Requests held in memory, already in the order of their arrival.</summary>
public sealed class ListSource(IReadOnlyList<Request> requests) : IRequestSource
{
    private int _next;

    /// <inheritdoc/>
    public long NextArrival => _next < requests.Count ? requests[_next].Arrival : Ticks.Never;

    /// <inheritdoc/>
    public Request Take() => requests[_next++];
}
