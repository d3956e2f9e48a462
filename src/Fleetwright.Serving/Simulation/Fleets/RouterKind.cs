using Fleetwright.Serving.Simulation.Fleets.Lifecycle;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>How requests are dealt out to replicas.</summary>
public enum RouterKind
{
    /// <summary>Each replica in its turn.</summary>
    RoundRobin,

    /// <summary>By lot.</summary>
    Random,

    /// <summary>To the fewest requests, waiting or running.</summary>
    LeastOutstanding,

    /// <summary>To the fewest waiting requests.</summary>
    LeastWaiting,

    /// <summary>To the most free cache.</summary>
    LeastCache,

    /// <summary>Of two by lot, to the one with fewer requests.</summary>
    PowerOfTwo,

    /// <summary>To where most of the prompt is cached, weighed against load.</summary>
    Prefix,

    /// <summary>All turns of a conversation to one replica.</summary>
    Session,

    /// <summary>To where the request's adapter is, weighed against load.</summary>
    Adapter,

    /// <summary>Each class of requests to replicas of its own.</summary>
    ByClass,
}

/// <summary>Makes routers.</summary>
internal static class RouterKinds
{
    /// <summary>A new router.</summary>
    public static Router Create(this RouterKind kind, ulong seed) => kind switch
    {
        RouterKind.RoundRobin => new RoundRobinRouter(),
        RouterKind.Random => new RandomRouter(seed),
        RouterKind.LeastOutstanding => new LeastOutstandingRouter(),
        RouterKind.LeastWaiting => new LeastWaitingRouter(),
        RouterKind.LeastCache => new LeastCacheRouter(),
        RouterKind.Prefix => new PrefixRouter(),
        RouterKind.Session => new SessionRouter(seed),
        RouterKind.Adapter => new AdapterRouter(),
        _ => new PowerOfTwoRouter(seed),
    };

    /// <summary>A new router for replicas of unequal weights.</summary>
    public static Router CreateWeighted(this RouterKind kind, ulong seed) => kind switch
    {
        RouterKind.RoundRobin => new WeightedRoundRobinRouter(),
        RouterKind.Random => new WeightedRandomRouter(seed),
        RouterKind.LeastOutstanding => new WeightedLeastRouter(waitingOnly: false),
        RouterKind.LeastWaiting => new WeightedLeastRouter(waitingOnly: true),
        RouterKind.LeastCache => new LeastCacheRouter(),
        RouterKind.Prefix => new WeightedPrefixRouter(),
        RouterKind.Session => new WeightedSessionRouter(seed),
        RouterKind.Adapter => new AdapterRouter(),
        _ => new WeightedPowerOfTwoRouter(seed),
    };

    /// <summary>The router of a run.</summary>
    /// <param name="request">The run.</param>
    /// <param name="engines">Engines of each replica, which are its pipeline stages.</param>
    public static Router Create(SimulationRequest request, IReadOnlyList<int> engines)
    {
        bool weighted = request.Also.Any(k => k.Weight != request.Weight);
        Router Of(RouterKind kind, ulong seed) => weighted ? kind.CreateWeighted(seed) : kind.Create(seed);
        if (request.Router != RouterKind.ByClass)
        {
            return Of(request.Router, request.Seed);
        }

        // Without groups every class goes to all.
        IReadOnlyList<ClassGroup> groups = request.Groups.Count > 0 ? request.Groups : [new ClassGroup(-1, engines.Count)];
        int first = 0;
        int[] sizes = [.. groups.Select(g => engines.Skip((first += g.Replicas) - g.Replicas).Take(g.Replicas).Sum())];
        return new ClassRouter(groups, sizes, i => Of(request.GroupRouter, RandomStream.SeedOf(request.Seed, "group", i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }
}
