using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.FrontEnds;

/// <summary>A replica behind the front end of its server. Requests that the front end has not handed on count as waiting.</summary>
/// <param name="engine">The replica.</param>
/// <param name="frontEnd">What its requests pass first.</param>
internal sealed class FrontEndReplica(IReplicaEngine engine, FrontEnd frontEnd) : IReplicaEngine, IState
{
    /// <inheritdoc/>
    public long End => Math.Min(engine.End, frontEnd.NextArrival);

    /// <inheritdoc/>
    public int Waiting => frontEnd.Count + engine.Waiting;

    /// <inheritdoc/>
    public int Running => engine.Running;

    /// <inheritdoc/>
    public double CacheTaken => engine.CacheTaken;

    /// <inheritdoc/>
    public ref readonly ReplicaWork Work => ref engine.Work;

    /// <inheritdoc/>
    public int FoundTokens(in Request request) => engine.FoundTokens(request);

    /// <inheritdoc/>
    public bool HasAdapter(in Request request) => engine.HasAdapter(request);

    /// <inheritdoc/>
    public void Offer(in Request request) => frontEnd.Add(request);

    /// <inheritdoc/>
    public void AdvanceTo(long now)
    {
        while (frontEnd.NextArrival <= now)
        {
            Request request = frontEnd.Take();
            engine.AdvanceTo(request.Arrival);
            engine.Offer(request);
        }

        engine.AdvanceTo(now);
    }

    /// <inheritdoc/>
    public bool RunUntil(IRequestSource source, long until)
    {
        frontEnd.Listen(source);
        bool done = engine.RunUntil(frontEnd, until);

        // The source may be another's from now on; what came in this window is in the queue.
        frontEnd.Drain(until);
        bool none = frontEnd.NextArrival == Ticks.Never;
        frontEnd.Listen(null);
        return done && none;
    }

    /// <inheritdoc/>
    public void Stop(long now, List<UnfinishedRequest> unfinished)
    {
        int first = unfinished.Count;
        engine.Stop(now, unfinished);
        while (frontEnd.Count > 0)
        {
            unfinished.Add(UnfinishedRequest.Unscheduled(frontEnd.Drop()));
        }

        UnfinishedRequest.Sort(unfinished, first);
    }

    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        IState.Of(engine).Transfer(state);
        frontEnd.Transfer(state);
    }
}
