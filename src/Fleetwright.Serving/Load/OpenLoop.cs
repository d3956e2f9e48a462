using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Load;

/// <summary>
/// Latency under Poisson arrivals, as a mean and at a quantile: prompts queue for the token budget of the steps (M/G/1), decodes
/// share steps with chunks. An approximation with stated limits (<c>docs/serving.md</c>, section Load); it allocates nothing.
/// </summary>
public static class OpenLoop
{
    /// <summary>The state in which <paramref name="decoding"/> sequences are decoded on average; the arrival rate follows from it: λ = n / ((O − 1) · TPOT).</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">The requests; answers of more than one token.</param>
    /// <param name="decoding">Mean sequences in decode, over all micro-batches.</param>
    /// <param name="quantile">The quantile of the tails, such as 0.99.</param>
    public static LoadEstimate At(Replica replica, in Workload work, double decoding, double quantile) =>
        At(replica, work, decoding, quantile, NormalBins.NormalQuantile(quantile));

    internal static LoadEstimate At(Replica replica, in Workload work, double decoding, double quantile, double z)
    {
        double micro = Math.Max(1, Math.Min(replica.Sharding.PipelineParallel, decoding));
        double perBatch = decoding / micro;
        IterationMix mix = IterationMix.Of(replica, work, perBatch);
        double step = mix.MeanSeconds;
        double rate = perBatch / ((work.Output.Mean - 1) * step);

        Reading(replica, work, mix, perBatch, out PromptClock prompts, out double perToken);
        WaitingTime wait = Queue(work, rate, perToken);
        double overhead = replica.Engine.RequestOverheadSeconds;
        WaitingTime front = FrontEnd(replica, work, rate, out double frontSeconds);
        double residual = mix.MeanResidualSeconds;

        double crowded = Math.Max(1, perBatch) + (z * Math.Sqrt(perBatch));
        double crowdedStep = replica.Step(StepShape.Decode(crowded, work.MeanContext)).Seconds - mix.DecodeCost.Seconds;
        double extra = mix.MixedCost.Seconds - mix.DecodeCost.Seconds;
        double inverseDecodes = (1 + (work.Output.Cv * work.Output.Cv)) / (work.Output.Mean - 1);
        double chunkVariance = mix.MixedShare * (1 - mix.MixedShare) * extra * extra * Math.Min(1, inverseDecodes);

        return new LoadEstimate
        {
            RequestsPerSecond = rate * micro,
            Decoding = decoding,
            SequencesAtQuantile = decoding + (z * Math.Sqrt(decoding)) + (rate * micro * (wait.Mean + prompts.Seconds(work.Prompt.Mean))),
            PrefillUtilisation = wait.Utilisation,
            TtftMean = overhead + frontSeconds + front.Mean + residual + wait.Mean + prompts.Seconds(work.Prompt.Mean),
            TtftTail = TtftQuantile(work.Prompt, prompts, wait, overhead + frontSeconds + front.Quantile(quantile) + (2 * residual), quantile),
            TpotMean = step,
            TpotTail = step + Math.Sqrt((crowdedStep * crowdedStep) + (z * z * chunkVariance)),
            OutputTokensPerSecondPerChip = rate * micro * work.Output.Mean / replica.Chips,
            ChipWatts = SteadyState.Watts(replica, mix, micro),
            LowRatio = mix.LowRatio,
            HighRatio = mix.HighRatio,
        };
    }

    /// <summary>The state at <paramref name="requestsPerSecond"/>: the number in decode is found by bisection. Null when decode or prefill cannot keep up.</summary>
    public static LoadEstimate? AtRate(Replica replica, in Workload work, double requestsPerSecond, double quantile) =>
        AtRate(replica, work, requestsPerSecond, quantile, NormalBins.NormalQuantile(quantile));

    internal static LoadEstimate? AtRate(Replica replica, in Workload work, double requestsPerSecond, double quantile, double z)
    {
        double low = 0;
        double high = IterationMix.MostDecoding(replica.TokenBudget, work) * replica.Sharding.PipelineParallel * 0.999;
        LoadEstimate most = At(replica, work, high, quantile, z);
        if (most.RequestsPerSecond < requestsPerSecond)
        {
            return null;
        }

        LoadEstimate found = most;
        for (int i = 0; i < 40 && high - low > 1e-4 * high; i++)
        {
            double middle = (low + high) / 2;
            LoadEstimate at = At(replica, work, middle, quantile, z);
            (low, high, found) = at.RequestsPerSecond < requestsPerSecond ? (middle, high, found) : (low, middle, at);
        }

        return found.PrefillUtilisation < 1 && double.IsFinite(found.TtftMean) ? found : null;
    }

    /// <summary>
    /// What the first token of a request waits for at <paramref name="requestsPerSecond"/>, taken apart: the state that <c>AtRate</c> finds, whose mean is that of
    /// the parts. Null when decode or prefill cannot keep up.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">The requests; answers of more than one token.</param>
    /// <param name="requestsPerSecond">Arrivals at the replica.</param>
    public static FirstTokenParts? FirstTokenAtRate(Replica replica, in Workload work, double requestsPerSecond)
    {
        if (AtRate(replica, work, requestsPerSecond, 0.5) is not { } state)
        {
            return null;
        }

        double micro = Math.Max(1, Math.Min(replica.Sharding.PipelineParallel, state.Decoding));
        double perBatch = state.Decoding / micro;
        IterationMix mix = IterationMix.Of(replica, work, perBatch);
        double rate = state.RequestsPerSecond / micro;
        Reading(replica, work, mix, perBatch, out PromptClock prompts, out double perToken);
        WaitingTime front = FrontEnd(replica, work, rate, out double frontSeconds);
        double promptShare = mix.MixedShare * Math.Max(0, mix.MixedCost.Seconds - mix.DecodeCost.Seconds) / mix.MeanSeconds;
        return new FirstTokenParts(
            replica.Engine.RequestOverheadSeconds + frontSeconds, front, mix.MeanResidualSeconds, Queue(work, rate, perToken), prompts, promptShare, state);
    }

    // How long prompts are read: alone in a step, and per token of a full one.
    private static void Reading(Replica replica, in Workload work, in IterationMix mix, double perBatch, out PromptClock prompts, out double perToken)
    {
        StepCost full = IterationMix.MixedStep(replica, work, mix.Budget, Math.Max(1, perBatch), mix.DecodeCost);
        double beside = replica.Engine.Policy == StepPolicy.PrefillFirst ? 0 : mix.DecodeCost.Seconds, fullSeconds = full.Seconds - mix.DecodeCost.Seconds + beside;
        prompts = new PromptClock(mix, beside, fullSeconds);
        perToken = fullSeconds / mix.Budget;
    }

    private static WaitingTime Queue(in Workload work, double rate, double perToken) =>
        WaitingTime.PollaczekKhinchine(rate, work.Prompt.Mean * perToken, work.Prompt.MeanSquare * perToken * perToken);

    // The front end is a queue of its own, M/G/1; its tail is added to that of the prompts, which is too much where both are long.
    private static WaitingTime FrontEnd(Replica replica, in Workload work, double rate, out double seconds)
    {
        double perToken = replica.Engine.FrontEndSecondsPerToken;
        seconds = replica.Engine.FrontEndSeconds(work.CachedTokens + work.Prompt.Mean);
        double spread = perToken * work.Prompt.Mean * work.Prompt.Cv;
        return WaitingTime.PollaczekKhinchine(rate, seconds, (seconds * seconds) + (spread * spread));
    }

    // P(TTFT > t) = Σ over bins of prompt length of P(wait > t − fixed − own(length)); the t where it falls to 1 − quantile.
    private static double TtftQuantile(in LengthDistribution prompt, in PromptClock prompts, in WaitingTime wait, double fixedSeconds, double quantile)
    {
        if (!wait.IsStable)
        {
            return double.PositiveInfinity;
        }

        double[] points = NormalBins.Points, weights = NormalBins.Weights;
        Span<double> own = stackalloc double[points.Length];
        double logMean = prompt.LogMean, logDeviation = prompt.LogDeviation;
        for (int i = 0; i < own.Length; i++)
        {
            own[i] = prompts.Seconds(Math.Exp(logMean + (logDeviation * points[i])));
        }

        double low = 0;
        double high = own[^1] + wait.Quantile(1 - ((1 - quantile) / 4)) + wait.Mean;
        for (int i = 0; i < 40 && high - low > 1e-4 * high; i++)
        {
            double middle = (low + high) / 2;
            double exceeds = 0;
            for (int bin = 0; bin < own.Length; bin++)
            {
                exceeds += weights[bin] * wait.Exceeds(middle - own[bin]);
            }

            (low, high) = exceeds > 1 - quantile ? (middle, high) : (low, middle);
        }

        return fixedSeconds + high;
    }
}
