using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>Each replica in its turn.</summary>
internal sealed class RoundRobinRouter : Router
{
    private long _next;

    public override bool IsBlind => true;

    public override int Choose(in Request request, IReplicaLoads loads) => (int)(_next++ % loads.Count);

    public override void Transfer(StateTransfer state) => _next = state.Of(_next);
}

/// <summary>A replica by lot.</summary>
internal sealed class RandomRouter(ulong seed) : Router
{
    private RandomStream _random = new(seed, "router");

    public override bool IsBlind => true;

    public override int Choose(in Request request, IReplicaLoads loads) => _random.Below(loads.Count);

    public override void Transfer(StateTransfer state) => _random = state.Of(_random);
}

/// <summary>The replica with the fewest requests; of equals the first.</summary>
internal sealed class LeastOutstandingRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads) => loads.Least(ReplicaLoad.Outstanding);
}

/// <summary>The replica with the fewest waiting requests, those that run not counted, as Vidur's router of that name; of equals the first.</summary>
internal sealed class LeastWaitingRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads) => loads.Least(ReplicaLoad.Waiting);
}

/// <summary>The replica with the most of its cache free; of equals the first.</summary>
internal sealed class LeastCacheRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads) => loads.Least(ReplicaLoad.CacheTaken);
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

    public override void Transfer(StateTransfer state) => _random = state.Of(_random);
}

/// <summary>
/// Where most of the prompt is cached, unless that replica has much more to do than the least loaded one: tokens found, less the prompt tokens' worth of each
/// request more than there. Of equals the first. As the routers of SGLang and of llm-d weigh a match against load.
/// </summary>
internal sealed class PrefixRouter : Router
{
    // A request more on a replica is worth as much as this share of a prompt: with more than four above the least loaded, a whole match does not draw.
    internal const double RequestShare = 0.25;

    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int best = 0;
        double most = double.NegativeInfinity;
        for (int i = 0; i < loads.Count; i++)
        {
            double worth = loads.FoundTokens(i, request) - (RequestShare * request.PromptTokens * loads.Outstanding(i));
            if (worth > most)
            {
                (best, most) = (i, worth);
            }
        }

        return best;
    }
}

/// <summary>
/// A replica that has the request's adapter on its chips, or has others waiting for it, unless it has more than four requests more than the least loaded: the adapter is worth as much load as a whole
/// prompt is to <see cref="PrefixRouter"/>. Load is in proportion to weights. Of equals the first. As the LoRA affinity of llm-d's endpoint picker is weighed against queues.
/// </summary>
internal sealed class AdapterRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int best = 0;
        double most = double.NegativeInfinity;
        for (int i = 0; i < loads.Count; i++)
        {
            double worth = (loads.HasAdapter(i, request) ? 1 : 0) - (PrefixRouter.RequestShare * loads.Outstanding(i) / loads.Weight(i));
            if (worth > most)
            {
                (best, most) = (i, worth);
            }
        }

        return best;
    }
}

/// <summary>All turns of a conversation to one replica, by lot; requests that stand alone too.</summary>
internal sealed class SessionRouter(ulong seed) : Router
{
    public override bool IsBlind => true;

    public override int Choose(in Request request, IReplicaLoads loads) => (int)(((UInt128)Hash(request, seed) * (ulong)loads.Count) >> 64);

    /// <summary>64 bits that are the same for all turns of a conversation.</summary>
    internal static ulong Hash(in Request request, ulong seed)
    {
        ulong z = (ulong)(request.Session != 0 ? request.Session : -1 - request.Id) + (seed * 0x9E3779B97F4A7C15UL) + 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
