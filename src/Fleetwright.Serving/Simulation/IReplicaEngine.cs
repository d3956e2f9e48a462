using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>One replica as a fleet sees it: requests go in, time goes on.</summary>
internal interface IReplicaEngine
{
    /// <summary>When the planned run ends; <see cref="Ticks.Never"/> when nothing runs.</summary>
    long End { get; }

    /// <summary>Requests that wait.</summary>
    int Waiting { get; }

    /// <summary>Requests with a place in the cache.</summary>
    int Running { get; }

    /// <summary>Share of the cache that is taken.</summary>
    double CacheTaken { get; }

    /// <summary>What it has done.</summary>
    ref readonly ReplicaWork Work { get; }

    /// <summary>Tokens of a request's prompt that the cache holds.</summary>
    int FoundTokens(in Request request);

    /// <summary>Whether the adapter of a request is on the chips, or will be for another that waits.</summary>
    bool HasAdapter(in Request request) => true;

    /// <summary>A request arrives; the replica has been advanced to its arrival.</summary>
    void Offer(in Request request);

    /// <summary>Ends and plans runs until none ends by <paramref name="now"/>.</summary>
    void AdvanceTo(long now);

    /// <summary>Takes the requests of a window of time: every arrival and every end of a run up to <paramref name="until"/>.</summary>
    /// <returns>Whether nothing is left to do.</returns>
    bool RunUntil(IRequestSource source, long until);

    /// <summary>
    /// Stops at once, as by a failure: the iteration that runs is lost, those before it are kept. What had not ended is handed over, in the order of arrival; the replica is of no use
    /// afterwards.
    /// </summary>
    /// <param name="now">When; the replica has been advanced to it.</param>
    /// <param name="unfinished">Takes the requests.</param>
    void Stop(long now, List<UnfinishedRequest> unfinished);
}
