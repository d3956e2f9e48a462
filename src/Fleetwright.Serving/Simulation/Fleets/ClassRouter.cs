using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>Sends each class of requests to replicas of its own, and among them by a router of their own.</summary>
internal sealed class ClassRouter : Router
{
    private readonly ClassGroup[] _groups;
    private readonly Router[] _routers;
    private readonly int[] _ends;
    private readonly Slice _slice = new();

    /// <param name="groups">The groups, in the order of replicas; one that names class −1 takes all classes that no other names.</param>
    /// <param name="engines">Engines of the replicas of each group.</param>
    /// <param name="router">Makes the router of a group.</param>
    public ClassRouter(IReadOnlyList<ClassGroup> groups, IReadOnlyList<int> engines, Func<int, Router> router)
    {
        _groups = [.. groups];
        _routers = [.. groups.Select((_, i) => router(i))];
        _ends = [.. groups.Select((_, i) => engines.Take(i + 1).Sum())];
        IsBlind = _routers.All(r => r.IsBlind);
    }

    public override bool IsBlind { get; }

    /// <inheritdoc/>
    /// <returns>−1 when no replica of the class takes requests.</returns>
    public override int Choose(in Request request, IReplicaLoads loads)
    {
        int group = GroupOf(request.Class);
        int from = FirstFrom(loads, group == 0 ? 0 : _ends[group - 1]), to = FirstFrom(loads, _ends[group]);
        if (from == to)
        {
            return -1;
        }

        _slice.Set(loads, from, to - from);
        return from + _routers[group].Choose(request, _slice);
    }

    /// <inheritdoc/>
    public override void Transfer(StateTransfer state)
    {
        foreach (Router router in _routers)
        {
            router.Transfer(state);
        }
    }

    private int GroupOf(int @class)
    {
        int all = -1;
        for (int i = 0; i < _groups.Length; i++)
        {
            if (_groups[i].Class == @class)
            {
                return i;
            }

            all = _groups[i].Class < 0 ? i : all;
        }

        return all;
    }

    // Where replicas from a number on begin among those that take requests, which are in the order of their numbers.
    private static int FirstFrom(IReplicaLoads loads, int number)
    {
        int low = 0, high = loads.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = loads.Number(middle) < number ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private sealed class Slice : IReplicaLoads
    {
        private IReplicaLoads _all = null!;
        private int _from;

        public int Count { get; private set; }

        public void Set(IReplicaLoads all, int from, int count) => (_all, _from, Count) = (all, from, count);

        public int Waiting(int replica) => _all.Waiting(_from + replica);

        public int Outstanding(int replica) => _all.Outstanding(_from + replica);

        public double CacheTaken(int replica) => _all.CacheTaken(_from + replica);

        public int FoundTokens(int replica, in Request request) => _all.FoundTokens(_from + replica, request);

        public bool HasAdapter(int replica, in Request request) => _all.HasAdapter(_from + replica, request);

        public double Weight(int replica) => _all.Weight(_from + replica);

        public int Number(int replica) => _all.Number(_from + replica);
    }
}
