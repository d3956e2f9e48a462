using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>What a replica has to do, as a number.</summary>
internal enum ReplicaLoad
{
    /// <summary>Requests that wait.</summary>
    Waiting,

    /// <summary>Requests that wait or run.</summary>
    Outstanding,

    /// <summary>Share of the cache that is taken.</summary>
    CacheTaken,
}

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

    /// <summary>Whether a replica has the adapter of a request on its chips, or soon will.</summary>
    bool HasAdapter(int replica, in Request request) => true;

    /// <summary>Share of requests that a replica should get, against the weights of the others.</summary>
    double Weight(int replica) => 1;

    /// <summary>The number of a replica in the whole fleet, of which some may be away; they are in the order of their numbers.</summary>
    int Number(int replica) => replica;

    /// <summary>The replica with the least load; of equals the first.</summary>
    int Least(ReplicaLoad load) => First(this, load);

    /// <summary>The replica with the least load, by a look at each.</summary>
    static int First(IReplicaLoads loads, ReplicaLoad load)
    {
        int best = 0;
        double least = Of(0);
        for (int i = 1; i < loads.Count && least > 0; i++)
        {
            if (Of(i) is var own && own < least)
            {
                (best, least) = (i, own);
            }
        }

        return best;

        double Of(int replica) => load switch
        {
            ReplicaLoad.Waiting => loads.Waiting(replica),
            ReplicaLoad.Outstanding => loads.Outstanding(replica),
            _ => loads.CacheTaken(replica),
        };
    }
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
