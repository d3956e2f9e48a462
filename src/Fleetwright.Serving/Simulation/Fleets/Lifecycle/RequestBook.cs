using System.Runtime.InteropServices;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>
/// What a fleet knows of requests that no single replica does: how many have not ended, and of those that came to a replica later than to the fleet, or a second time, what they
/// were at first. Results are told as the client sees them.
/// </summary>
internal sealed class RequestBook
{
    private readonly Dictionary<long, Entry> _entries = [];

    /// <summary>Requests that have not ended.</summary>
    public long Open { get; private set; }

    /// <summary>What failures did.</summary>
    public FailureOutcome Failures { get; } = new();

    /// <summary>The sink of replicas whose requests are counted in <paramref name="statistics"/>.</summary>
    public ICompletionSink Sink(RunStatistics statistics) => new ReplicaSink(this, statistics);

    /// <summary>A request came to the fleet.</summary>
    public void Arrive() => Open++;

    /// <summary>Remembers a request as it came.</summary>
    public void Keep(in Request request) => _entries.TryAdd(request.Id, new Entry { Original = request, Scheduled = -1, FirstToken = -1, FailedAt = -1 });

    /// <summary>A request that was kept as it is to be routed now: what the client has of its answer is part of the prompt.</summary>
    public Request Resume(long id, long now)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, id);
        return entry.Original with { Arrival = now, PromptTokens = entry.Original.PromptTokens + entry.Streamed, OutputTokens = entry.Original.OutputTokens - entry.Streamed };
    }

    /// <summary>The replica of a request that was kept has failed.</summary>
    public void Lose(in UnfinishedRequest lost, long now, ICompletionSink sink)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, lost.Id);
        Failures.LostTokens += lost.Cached;
        entry.Preemptions += lost.Preemptions;
        entry.Scheduled = entry.Scheduled >= 0 ? entry.Scheduled : lost.Scheduled;
        if (lost.FirstToken >= 0)
        {
            GoOn(ref entry, lost.FirstToken, sink);
            Failures.LostAnswers++;
            entry.FirstToken = entry.FirstToken >= 0 ? entry.FirstToken : lost.FirstToken;
            entry.LastToken = lost.LastToken;
            entry.Streamed += lost.Streamed;
        }

        entry.FailedAt = entry.FailedAt >= 0 ? entry.FailedAt : now;
    }

    /// <summary>A request that was kept was sent to a replica that had failed.</summary>
    public void Misdirected(long id, long now)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, id);
        entry.FailedAt = entry.FailedAt >= 0 ? entry.FailedAt : now;
    }

    /// <summary>Gives a request up.</summary>
    public void Drop(long id, RunStatistics statistics)
    {
        _entries.Remove(id, out Entry entry);
        Failures.Drops++;
        Failures.DroppedTokens += entry.Streamed;
        Open--;
        ((ICompletionSink)statistics).Rejected(entry.Original);
    }

    // The first token after an interruption.
    private void GoOn(ref Entry entry, long token, ICompletionSink sink)
    {
        if (entry.FailedAt < 0)
        {
            return;
        }

        Failures.Interruption.Add(Math.Max(0, token - entry.FailedAt));
        entry.FailedAt = -1;
        if (entry.Streamed > 0)
        {
            sink.TokensFollowed(token - entry.LastToken, 1);
        }
    }

    private struct Entry
    {
        public Request Original;
        public long Scheduled;
        public long FirstToken;
        public long LastToken;

        /// <summary>When its replica failed, as long as no token has followed; −1 when none has.</summary>
        public long FailedAt;
        public int Streamed;
        public int Preemptions;
    }

    private sealed class ReplicaSink(RequestBook book, ICompletionSink statistics) : ICompletionSink
    {
        public void Completed(in CompletedRequest request)
        {
            book.Open--;
            if (book._entries.Count == 0 || !book._entries.Remove(request.Id, out Entry entry))
            {
                statistics.Completed(request);
                return;
            }

            book.GoOn(ref entry, request.FirstToken, statistics);
            statistics.Completed(request with
            {
                PromptTokens = entry.Original.PromptTokens,
                OutputTokens = entry.Original.OutputTokens,
                Arrival = entry.Original.Arrival,
                Scheduled = entry.Scheduled >= 0 ? entry.Scheduled : request.Scheduled,
                FirstToken = entry.FirstToken >= 0 ? entry.FirstToken : request.FirstToken,
                Preemptions = request.Preemptions + entry.Preemptions,
            });
        }

        public void Rejected(in Request request)
        {
            book.Open--;
            statistics.Rejected(book._entries.Remove(request.Id, out Entry entry) ? entry.Original : request);
        }

        public void TokensFollowed(long ticks, long count) => statistics.TokensFollowed(ticks, count);
    }
}
