using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Each replica in its turn, as often as its weight: nginx's smooth weighted round robin (message of phusion/nginx commit 27e9498). Before each choice every replica gains its weight, the one that has most is chosen
/// and pays the weights of all; of equals the first. 5, 1, 1 gives a a b a c a a.
/// </summary>
internal sealed class WeightedRoundRobinRouter : Router
{
    // By the number of the replica, so that those that are away keep their place.
    private double[] _gained = [];

    public override bool IsBlind => true;

    public override void Transfer(StateTransfer state) => state.Growing(ref _gained, int.MaxValue);

    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int count = loads.Count, best = 0;
        if (_gained.Length <= loads.Number(count - 1))
        {
            Array.Resize(ref _gained, loads.Number(count - 1) + 1);
        }

        double total = 0, most = double.NegativeInfinity;
        for (int i = 0; i < count; i++)
        {
            ref double gained = ref _gained[loads.Number(i)];
            double weight = loads.Weight(i);
            gained += weight;
            total += weight;
            if (gained > most)
            {
                (best, most) = (i, gained);
            }
        }

        _gained[loads.Number(best)] -= total;
        return best;
    }
}

/// <summary>A replica by lot, in proportion to its weight.</summary>
internal sealed class WeightedRandomRouter(ulong seed) : Router
{
    private RandomStream _random = new(seed, "router");

    public override bool IsBlind => true;

    public override void Transfer(StateTransfer state) => _random = state.Of(_random);

    public override int Choose(in Request request, IReplicaLoads loads) => Draw(loads, _random.NextUnit());

    /// <summary>The replica at a share of the sum of weights.</summary>
    internal static int Draw(IReplicaLoads loads, double share)
    {
        double total = 0;
        for (int i = 0; i < loads.Count; i++)
        {
            total += loads.Weight(i);
        }

        double left = share * total;
        for (int i = 0; i < loads.Count - 1; i++)
        {
            left -= loads.Weight(i);
            if (left < 0)
            {
                return i;
            }
        }

        return loads.Count - 1;
    }
}

/// <summary>The replica with the fewest requests for its weight, this one included: least (outstanding + 1) ÷ weight, as Envoy's least request; of equals the first.</summary>
internal sealed class WeightedLeastRouter(bool waitingOnly) : Router
{
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int best = 0;
        double least = double.PositiveInfinity;
        for (int i = 0; i < loads.Count; i++)
        {
            double load = ((waitingOnly ? loads.Waiting(i) : loads.Outstanding(i)) + 1) / loads.Weight(i);
            if (load < least)
            {
                (best, least) = (i, load);
            }
        }

        return best;
    }
}

/// <summary>Of two replicas by lot in proportion to their weights, the one with fewer requests for its weight.</summary>
internal sealed class WeightedPowerOfTwoRouter(ulong seed) : Router
{
    private RandomStream _random = new(seed, "router");

    public override void Transfer(StateTransfer state) => _random = state.Of(_random);

    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int first = WeightedRandomRouter.Draw(loads, _random.NextUnit()), second = WeightedRandomRouter.Draw(loads, _random.NextUnit());
        return (loads.Outstanding(second) + 1) / loads.Weight(second) < (loads.Outstanding(first) + 1) / loads.Weight(first) ? second : first;
    }
}

/// <summary>As <see cref="PrefixRouter"/>, with the requests of a replica counted for its weight.</summary>
internal sealed class WeightedPrefixRouter : Router
{
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        double mean = 0;
        for (int i = 0; i < loads.Count; i++)
        {
            mean += loads.Weight(i) / loads.Count;
        }

        int best = 0;
        double most = double.NegativeInfinity;
        for (int i = 0; i < loads.Count; i++)
        {
            double worth = loads.FoundTokens(i, request) - (PrefixRouter.RequestShare * request.PromptTokens * loads.Outstanding(i) * mean / loads.Weight(i));
            if (worth > most)
            {
                (best, most) = (i, worth);
            }
        }

        return best;
    }
}

/// <summary>All turns of a conversation to one replica, by lot in proportion to the weights.</summary>
internal sealed class WeightedSessionRouter(ulong seed) : Router
{
    public override bool IsBlind => true;

    public override int Choose(in Request request, IReplicaLoads loads) => WeightedRandomRouter.Draw(loads, SessionRouter.Hash(request, seed) * (1.0 / (1UL << 32) / (1UL << 32)));
}
