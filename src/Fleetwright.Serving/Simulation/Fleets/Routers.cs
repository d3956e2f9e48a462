using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>Each replica in its turn.</summary>
internal sealed class RoundRobinRouter : Router
{
    private long _next;

    public override bool IsBlind => true;

    public override int Choose(in Request request, IReplicaLoads loads) => (int)(_next++ % loads.Count);
}

/// <summary>A replica by lot.</summary>
internal sealed class RandomRouter(ulong seed) : Router
{
    private RandomStream _random = new(seed, "router");

    public override bool IsBlind => true;

    public override int Choose(in Request request, IReplicaLoads loads) => _random.Below(loads.Count);
}

/// <summary>The replica with the fewest requests; of equals the first.</summary>
internal sealed class LeastOutstandingRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int best = 0;
        for (int i = 1, least = loads.Outstanding(0); i < loads.Count && least > 0; i++)
        {
            if (loads.Outstanding(i) is var own && own < least)
            {
                (best, least) = (i, own);
            }
        }

        return best;
    }
}

/// <summary>The replica with the fewest waiting requests, those that run not counted, as Vidur's router of that name; of equals the first.</summary>
internal sealed class LeastWaitingRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int best = 0;
        for (int i = 1, least = loads.Waiting(0); i < loads.Count && least > 0; i++)
        {
            if (loads.Waiting(i) is var own && own < least)
            {
                (best, least) = (i, own);
            }
        }

        return best;
    }
}

/// <summary>The replica with the most of its cache free; of equals the first.</summary>
internal sealed class LeastCacheRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int best = 0;
        double least = loads.CacheTaken(0);
        for (int i = 1; i < loads.Count; i++)
        {
            if (loads.CacheTaken(i) is var own && own < least)
            {
                (best, least) = (i, own);
            }
        }

        return best;
    }
}

/// <summary>Of two replicas by lot, the one with fewer requests (Mitzenmacher 2001).</summary>
internal sealed class PowerOfTwoRouter(ulong seed) : Router
{
    private RandomStream _random = new(seed, "router");

    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int first = _random.Below(loads.Count), second = _random.Below(loads.Count);
        return loads.Outstanding(second) < loads.Outstanding(first) ? second : first;
    }
}
