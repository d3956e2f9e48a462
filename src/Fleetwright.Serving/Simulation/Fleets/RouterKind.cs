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
        _ => new PowerOfTwoRouter(seed),
    };
}
