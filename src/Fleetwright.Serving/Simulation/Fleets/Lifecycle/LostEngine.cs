using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>A replica that has failed and that the router still believes in: it answers nothing, and what is sent to it is lost with the rest.</summary>
/// <param name="waiting">Requests that waited when it failed.</param>
/// <param name="running">Requests that ran.</param>
/// <param name="cacheTaken">Share of its cache that was taken, as far as the router knows.</param>
internal sealed class LostEngine(int waiting, int running, double cacheTaken) : IReplicaEngine
{
    private readonly ReplicaWork _work;

    /// <summary>Numbers of the requests that it held or was sent, in the order in which they are routed again.</summary>
    public List<long> Requests { get; } = [];

    /// <inheritdoc/>
    public long End => Ticks.Never;

    /// <inheritdoc/>
    public int Waiting => waiting + Math.Max(0, Requests.Count - waiting - running);

    /// <inheritdoc/>
    public int Running => running;

    /// <inheritdoc/>
    public double CacheTaken => cacheTaken;

    /// <inheritdoc/>
    public ref readonly ReplicaWork Work => ref _work;

    /// <inheritdoc/>
    public int FoundTokens(in Request request) => 0;

    /// <inheritdoc/>
    public void Offer(in Request request) => Requests.Add(request.Id);

    /// <inheritdoc/>
    public void AdvanceTo(long now)
    {
    }

    /// <inheritdoc/>
    public bool RunUntil(IRequestSource source, long until) => true;

    /// <inheritdoc/>
    public void Stop(long now, List<UnfinishedRequest> unfinished)
    {
    }
}
