using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Steady;

/// <summary>The balance of a closed loop: of C requests in flight, n are decoded and the others wait for their first token.</summary>
/// <param name="Mix">The steps.</param>
/// <param name="MicroBatches">Micro-batches in the pipeline.</param>
/// <param name="RequestsPerSecond">Requests finished per second by the replica, λ.</param>
/// <param name="TtftSeconds">Mean time to the first token.</param>
/// <param name="TpotSeconds">Mean time per further token.</param>
internal readonly record struct ClosedLoop(IterationMix Mix, double MicroBatches, double RequestsPerSecond, double TtftSeconds, double TpotSeconds)
{
    private const int Iterations = 60;

    /// <summary>
    /// Solves C = λ · (TTFT + (O − 1) · TPOT) with λ = n / ((O − 1) · TPOT) for n by repeated substitution. When prompts alone fill
    /// every step, or the cache is full, n stays at its limit and all others wait: TTFT = (C − n) / λ (Little's law).
    /// </summary>
    public static ClosedLoop Solve(Replica replica, in Workload work, double concurrency, double requestsPerSlot)
    {
        double micro = Math.Max(1, Math.Min(replica.Sharding.PipelineParallel, concurrency));
        double inFlight = concurrency / micro;
        double overhead = replica.Engine.RequestOverheadSeconds;
        double front = replica.Engine.FrontEndSeconds(work.CachedTokens + work.Prompt.Mean);
        double decodes = work.Output.Mean - 1;
        if (decodes <= 0)
        {
            IterationMix only = IterationMix.PrefillOnly(replica, work, inFlight);
            double rate = Math.Min(only.ChunkTokens / (work.Prompt.Mean * only.MeanSeconds), inFlight / (only.PromptSeconds(work.Prompt.Mean) + overhead + front));
            rate = front > 0 ? Math.Min(rate, 1 / front) : rate;
            return new ClosedLoop(only, micro, rate * micro, inFlight / rate, 0);
        }

        // Deployments that do not fit are estimated as if they did.
        double room = replica.MaximumSequences(work.MeanContext, work.CachedTokens + work.Prompt.Mean + work.Output.Mean) / micro;
        double most = Math.Min(inFlight, IterationMix.MostDecoding(replica.TokenBudget, work));
        most = room >= 1 ? Math.Min(most, room) : most;
        bool alone = replica.Engine.Policy == StepPolicy.PrefillFirst;
        double decoding = most;
        IterationMix mix = IterationMix.Of(replica, work, decoding);
        for (int i = 0; i < Iterations; i++)
        {
            double answer = decodes * mix.MeanSeconds;
            double path = overhead + FrontEnd(front, decoding / answer, inFlight) + Step(mix, inFlight, overhead + front) + Prompts(replica, work, mix, decoding / answer, inFlight) + mix.PromptSeconds(work.Prompt.Mean, alone);
            double next = Math.Min(most, inFlight / (1 + (path / answer)));

            // The front end lets one request through in its time; halfway there, because queues depend on the rate.
            next = (decoding + (front > 0 ? Math.Min(next, answer / front) : next)) / 2;
            bool settled = Math.Abs(next - decoding) <= 1e-6 * inFlight;
            decoding = next;
            mix = IterationMix.Of(replica, work, decoding);
            if (settled)
            {
                break;
            }
        }

        double tpot = mix.MeanSeconds;
        double requests = decoding / (decodes * tpot);
        double ttft = (inFlight - decoding) / requests;
        var steady = new ClosedLoop(mix, micro, requests * micro, ttft, tpot);
        return steady.WithWaves(replica, work, inFlight, decodes, front, requestsPerSlot);
    }

    // The step that runs when a request comes, if another runs at all: a whole one where it follows the end of its own last step at once, else what is left of it.
    private static double Step(in IterationMix mix, double inFlight, double sinceLastStep) =>
        Math.Min(1, inFlight - 1) * (sinceLastStep > 0 ? mix.MeanResidualSeconds : mix.MeanSeconds);

    // Prompts queue for the token budget as under open arrivals (OpenLoop), those of the other clients; where all requests are of one length they stay one after another.
    private static double Prompts(Replica replica, in Workload work, in IterationMix mix, double requestsPerSecond, double inFlight)
    {
        if ((work.Prompt.Cv == 0 && work.Output.Cv == 0) || inFlight <= 1)
        {
            return 0;
        }

        double full = IterationMix.MixedStep(replica, work, mix.Budget, Math.Max(1, mix.Decoding), mix.DecodeCost).Seconds - (replica.Engine.Policy == StepPolicy.PrefillFirst ? mix.DecodeCost.Seconds : 0);
        double perToken = full / mix.Budget;
        var wait = WaitingTime.PollaczekKhinchine(requestsPerSecond, work.Prompt.Mean * perToken, work.Prompt.MeanSquare * perToken * perToken);
        double others = inFlight - 1;
        return Math.Min(wait.Mean * others / inFlight, others * work.Prompt.Mean * perToken);
    }

    // M/D/1 (Pollaczek and Khinchine), where of C clients one finds at most C − 1 others before it.
    private static double FrontEnd(double seconds, double requestsPerSecond, double clients)
    {
        if (seconds <= 0)
        {
            return 0;
        }

        double busy = Math.Min(requestsPerSecond * seconds, 1), others = Math.Max(0, clients - 1);
        double ahead = busy < 1 ? Math.Min(others, busy * others / clients / (2 * (1 - busy))) : others;
        return seconds * (1 + ahead);
    }

    // When all places start at once, prompts queue for each other: the j-th of n waits for j prompts, on average for half of them, and what it
    // waits less than the last one it stands still later while it is decoded. A mixing engine does this once, at the start: afterwards its
    // requests stay staggered. An engine that runs prompts first makes all requests of equal length finish and start together again and again.
    // A front end that is slower than the prompts takes the rest of that wait: it lets them through one by one.
    private ClosedLoop WithWaves(Replica replica, in Workload work, double inFlight, double decodes, double front, double requestsPerSlot)
    {
        double decoding = Mix.Decoding;
        bool again = replica.Engine.Policy == StepPolicy.PrefillFirst && work.Prompt.Cv == 0 && work.Output.Cv == 0;
        double share = again ? 1 : 1 / requestsPerSlot;
        double prefill = Mix.MixedShare * (Mix.MixedCost.Seconds - Mix.DecodeCost.Seconds) * decodes;
        double moved = share * Math.Max(0, decoding - 1) / (2 * decoding) * prefill;
        double late = share * Math.Max(0, inFlight - 1) / 2 * Math.Max(0, front - (prefill / decoding));
        double ttft = TtftSeconds + moved + late, tpot = TpotSeconds - (moved / decodes);
        return share <= 0 ? this
            : this with { TtftSeconds = ttft, TpotSeconds = tpot, RequestsPerSecond = late > 0 ? inFlight * MicroBatches / (ttft + (decodes * tpot)) : RequestsPerSecond };
    }
}
