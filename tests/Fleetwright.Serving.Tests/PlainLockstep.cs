using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Ranks in lockstep without any cleverness, written from docs/serving.md and not from the engine: one pass of all ranks is one step.</summary>
internal sealed class PlainLockstep(string scheduler, SchedulerLimits limits, LockstepAffineTimes times, int ranks, bool ahead, bool keepsEvicted)
{
    private const long Published = 100_000_000_000;
    private readonly PlainReplica[] _ranks = [.. Enumerable.Range(0, ranks).Select(_ => new PlainReplica(scheduler, limits, times.Rank, keepsEvicted))];
    private readonly List<(long Time, int[] Scores)> _reports = [(-1, new int[ranks])];
    private readonly List<(long Time, int Rank)> _sent = [];

    public long Iterations { get; private set; }

    public long Preemptions => _ranks.Sum(r => r.Preemptions);

    public long TokensComputed => _ranks.Sum(r => r.TokensComputed);

    public int RanksUsed => _ranks.Count(r => r.Completed.Count > 0);

    public List<CompletedRequest> Run(List<Request> requests, HashSet<long> turnedAway)
    {
        var coming = new Queue<Request>(requests);
        List<(Request Request, int Rank, long During)> pending = [];
        long now = 0;
        bool busy = false;
        while (coming.Count > 0 || pending.Count > 0 || _ranks.Any(r => r.Busy))
        {
            while (coming.Count > 0 && coming.Peek().Arrival <= now)
            {
                Request r = coming.Dequeue();
                int rank = Choose(r.Arrival);
                if (!turnedAway.Contains(r.Id))
                {
                    pending.Add((r, rank, ahead && busy ? Iterations - (r.Arrival < now ? 1 : 0) : long.MinValue / 2));
                }
            }

            // The batch of this iteration was formed when the one before it started.
            Take(p => p.During + 2 <= Iterations);
            List<(PlainReplica.Sequence Sequence, int Tokens)>[] batches = [.. _ranks.Select(r => r.Form())];
            if (batches.All(b => b.Count == 0) && pending.Count > 0)
            {
                Take(_ => true);
                batches = [.. _ranks.Select(r => r.Form())];
            }

            _reports.Add((now, [.. _ranks.Select(r => (4 * r.Waiting) + r.Running)]));
            busy = batches.Any(b => b.Count > 0);
            if (!busy)
            {
                now = coming.Count > 0 ? coming.Peek().Arrival : now;
                continue;
            }

            // All wait for the slowest, and then for the tokens of all.
            var shapes = batches.Select(PlainReplica.Shape).ToList();
            double slowest = shapes.Max(s => times.Rank.Iteration(s.Decodes, s.Context, s.Longest, s.Chunks));
            long end = now + Ticks.Of(slowest + (times.PerToken * batches.Sum(b => b.Sum(x => x.Tokens))));
            for (int i = 0; i < ranks; i++)
            {
                _ranks[i].Finish(batches[i], now, end);
            }

            Iterations++;
            now = end;
        }

        return [.. _ranks.SelectMany(r => r.Completed)];

        void Take(Func<(Request Request, int Rank, long During), bool> visible)
        {
            foreach ((Request r, int rank, _) in pending.Where(visible).ToList())
            {
                _ranks[rank].Arrive(r);
            }

            pending = [.. pending.Where(p => !visible(p))];
        }
    }

    // By what was reported before the last publication, and what was sent since.
    private int Choose(long now)
    {
        long published = now / Published * Published;
        int[] scores = [.. _reports.Last(r => r.Time < published || r.Time < 0).Scores];
        foreach ((_, int rank) in _sent.Where(s => s.Time >= published))
        {
            scores[rank] += 4;
        }

        int chosen = Array.IndexOf(scores, scores.Min());
        _sent.Add((now, chosen));
        return chosen;
    }
}
