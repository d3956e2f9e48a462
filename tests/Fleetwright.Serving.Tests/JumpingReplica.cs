using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>
/// Speculative decoding as a server does it: every sequence draws in every step how many of its drafts are accepted, and its context jumps by that. Prompts are
/// computed whole in the iteration after their arrival, beside all decodes; nothing is ever full.
/// </summary>
internal sealed class JumpingReplica(AffineTimes times, int drafts, double acceptance, double perDraft)
{
    public List<CompletedRequest> Run(List<Request> requests)
    {
        var random = new Random(99);
        List<Sequence> running = [];
        List<CompletedRequest> completed = [];
        long now = 0;
        int next = 0;
        while (next < requests.Count || running.Count > 0)
        {
            now = running.Count == 0 ? Math.Max(now, requests[next].Arrival) : now;
            List<PromptChunk> prompts = [];
            int decodes = running.Count;
            while (next < requests.Count && requests[next].Arrival <= now)
            {
                prompts.Add(new PromptChunk(requests[next].PromptTokens, 0));
                running.Add(new Sequence(requests[next++], now));
            }

            double seconds = times.Iteration(decodes, running.Take(decodes).Sum(s => (long)s.Tokens), 0, [.. prompts]) + (decodes * drafts * perDraft);
            now += Ticks.Of(seconds);
            for (int i = 0; i < running.Count; i++)
            {
                Sequence s = running[i];
                if (i >= decodes)
                {
                    (s.Tokens, s.First) = (s.Request.PromptTokens + 1, now);
                }
                else
                {
                    int accepted = 0;
                    while (accepted < drafts && random.NextDouble() < acceptance)
                    {
                        accepted++;
                    }

                    s.Tokens = Math.Min(s.Request.PromptTokens + s.Request.OutputTokens, s.Tokens + 1 + accepted);
                }

                if (s.Tokens == s.Request.PromptTokens + s.Request.OutputTokens)
                {
                    completed.Add(new CompletedRequest(s.Request.Id, 0, s.Request.PromptTokens, s.Request.OutputTokens, s.Request.Arrival, s.Scheduled, s.First, now, 0));
                }
            }

            running.RemoveAll(s => s.Tokens == s.Request.PromptTokens + s.Request.OutputTokens);
        }

        return completed;
    }

    private sealed class Sequence(Request request, long scheduled)
    {
        public Request Request => request;

        public long Scheduled => scheduled;

        public int Tokens { get; set; }

        public long First { get; set; }
    }
}
