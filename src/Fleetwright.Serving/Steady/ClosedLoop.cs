using Fleetwright.Serving.Engines;
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
    private const int Iterations = 40;

    /// <summary>
    /// Solves C = λ · (TTFT + (O − 1) · TPOT) with λ = n / ((O − 1) · TPOT) for n by repeated substitution. When prompts alone fill
    /// every step, or the cache is full, n stays at its limit and all others wait: TTFT = (C − n) / λ (Little's law).
    /// </summary>
    public static ClosedLoop Solve(Replica replica, in Workload work, double concurrency, double requestsPerSlot)
    {
        double micro = Math.Max(1, Math.Min(replica.Sharding.PipelineParallel, concurrency));
        double inFlight = concurrency / micro;
        double overhead = replica.Engine.RequestOverheadSeconds;
        double decodes = work.Output.Mean - 1;
        if (decodes <= 0)
        {
            IterationMix only = IterationMix.PrefillOnly(replica, work, inFlight);
            double rate = Math.Min(only.ChunkTokens / (work.Prompt.Mean * only.MeanSeconds), inFlight / (only.PromptSeconds(work.Prompt.Mean) + overhead));
            return new ClosedLoop(only, micro, rate * micro, inFlight / rate, 0);
        }

        // Deployments that do not fit are estimated as if they did.
        double room = replica.MaximumSequences(work.MeanContext, work.CachedTokens + work.Prompt.Mean + work.Output.Mean) / micro;
        double most = Math.Min(inFlight, IterationMix.MostDecoding(replica.TokenBudget, work));
        most = room >= 1 ? Math.Min(most, room) : most;
        double decoding = most;
        IterationMix mix = IterationMix.Of(replica, work, decoding);
        for (int i = 0; i < Iterations; i++)
        {
            // A request that follows a finished one comes just after a step has started, so it waits for that step.
            double path = overhead + mix.MeanSeconds + mix.PromptSeconds(work.Prompt.Mean);
            double next = Math.Min(most, inFlight / (1 + (path / (decodes * mix.MeanSeconds))));
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
        return steady.WithWaves(replica, work, decoding, decodes, requestsPerSlot);
    }

    // When all places start at once, prompts queue for each other: the j-th of n waits for j prompts, on average for half of them, and what it
    // waits less than the last one it stands still later while it is decoded. A mixing engine does this once, at the start: afterwards its
    // requests stay staggered. An engine that runs prompts first makes all requests of equal length finish and start together again and again.
    private ClosedLoop WithWaves(Replica replica, in Workload work, double decoding, double decodes, double requestsPerSlot)
    {
        bool again = replica.Engine.Policy == StepPolicy.PrefillFirst && work.Prompt.Cv == 0 && work.Output.Cv == 0;
        double share = again ? 1 : 1 / requestsPerSlot;
        double prefill = Mix.MixedShare * (Mix.MixedCost.Seconds - Mix.DecodeCost.Seconds) * decodes;
        double moved = share * Math.Max(0, decoding - 1) / (2 * decoding) * prefill;
        return share > 0 ? this with { TtftSeconds = TtftSeconds + moved, TpotSeconds = TpotSeconds - (moved / decodes) } : this;
    }
}
