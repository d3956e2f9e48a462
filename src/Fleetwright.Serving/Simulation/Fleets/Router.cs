using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>What a router sees of the replicas behind it, as of the arrival that it routes.</summary>
internal interface IReplicaLoads
{
    /// <summary>Replicas that take requests.</summary>
    int Count { get; }

    /// <summary>Requests that wait on a replica.</summary>
    int Waiting(int replica);

    /// <summary>Requests on a replica, waiting or running.</summary>
    int Outstanding(int replica);

    /// <summary>Share of a replica's cache that is taken.</summary>
    double CacheTaken(int replica);

    /// <summary>Prompt tokens of a request that a replica's prefix cache has.</summary>
    int FoundTokens(int replica, in Request request);
}

/// <summary>Sends each request to a replica.</summary>
internal abstract class Router
{
    /// <summary>Whether the choice depends on nothing but the requests, so that replicas can be simulated apart.</summary>
    public virtual bool IsBlind => false;

    /// <summary>Writes or reads what it keeps from one choice to the next.</summary>
    public virtual void Transfer(StateTransfer state)
    {
    }

    /// <summary>Chooses a replica.</summary>
    public abstract int Choose(in Request request, IReplicaLoads loads);
}
