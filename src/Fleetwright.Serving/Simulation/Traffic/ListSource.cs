namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>Requests held in memory, already in the order of their arrival.</summary>
public sealed class ListSource(IReadOnlyList<Request> requests) : IRequestSource
{
    private readonly Request[] _requests = requests as Request[] ?? [.. requests];
    private int _next;

    /// <inheritdoc/>
    public long NextArrival => _next < _requests.Length ? _requests[_next].Arrival : Ticks.Never;

    /// <inheritdoc/>
    public Request Take() => _requests[_next++];
}
