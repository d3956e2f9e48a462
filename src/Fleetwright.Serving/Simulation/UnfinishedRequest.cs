using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation;

/// <summary>A request as it stood when its replica stopped; times in ticks.</summary>
/// <param name="Id">Its number in the stream.</param>
/// <param name="Arrival">When it came to the replica.</param>
/// <param name="Streamed">Tokens of its answer that were ready.</param>
/// <param name="Cached">Tokens of it, prompt and answer, that the cache held.</param>
/// <param name="Scheduled">When its first iteration started; −1 when none had.</param>
/// <param name="FirstToken">When its first token was ready; −1 when none was.</param>
/// <param name="LastToken">When its last token was ready; −1 when none was.</param>
/// <param name="Preemptions">How often its cache had been taken from it.</param>
internal readonly record struct UnfinishedRequest(long Id, long Arrival, int Streamed, int Cached, long Scheduled, long FirstToken, long LastToken, int Preemptions)
{
    /// <summary>From a sequence with so many tokens, prompt and answer, and so many of them in the cache.</summary>
    public static UnfinishedRequest Of(in Sequence s, int tokens, int cached, long lastToken, long overhead)
    {
        bool began = s.FirstToken >= 0;
        return new UnfinishedRequest(s.Id, s.Arrival, Math.Max(0, tokens - s.OriginalPrompt), cached, s.Scheduled, began ? s.FirstToken + overhead : -1, began ? Math.Max(s.FirstToken, lastToken) + overhead : -1, s.Preemptions);
    }

    /// <summary>A request that nothing was done for.</summary>
    public static UnfinishedRequest Unscheduled(in Request request) => new(request.Id, request.Arrival, 0, 0, -1, -1, -1, 0);

    /// <summary>Orders those from a place on by arrival, so that what follows does not depend on how a replica keeps them.</summary>
    public static void Sort(List<UnfinishedRequest> requests, int first) => requests.Sort(first, requests.Count - first, Order.Instance);

    private sealed class Order : IComparer<UnfinishedRequest>
    {
        public static Order Instance { get; } = new();

        public int Compare(UnfinishedRequest x, UnfinishedRequest y) => x.Arrival != y.Arrival ? x.Arrival.CompareTo(y.Arrival) : x.Id.CompareTo(y.Id);
    }
}
