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

        StepCost full = IterationMix.MixedStep(replica, work, mix.Budget, Math.Max(1, perBatch), mix.DecodeCost);
        double beside = replica.Engine.Policy == StepPolicy.PrefillFirst ? 0 : mix.DecodeCost.Seconds, fullSeconds = full.Seconds - mix.DecodeCost.Seconds + beside;
        var prompts = new PromptClock(mix, beside, fullSeconds);
        double perToken = fullSeconds / mix.Budget;
        WaitingTime wait = WaitingTime.PollaczekKhinchine(rate, work.Prompt.Mean * perToken, work.Prompt.MeanSquare * perToken * perToken);
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

    // Step time rises piecewise linearly with prompt tokens: through a pure decode step, the usual chunk and a full step; without the decodes where prompts run alone.
    private readonly ref struct PromptClock(IterationMix mix, double beside, double fullSeconds)
    {
        private readonly double _below = Math.Max(0, mix.MixedCost.Seconds - mix.DecodeCost.Seconds) / mix.ChunkTokens;
        private readonly double _above = mix.Budget > mix.ChunkTokens ? Math.Max(0, fullSeconds - beside - mix.MixedCost.Seconds + mix.DecodeCost.Seconds) / (mix.Budget - mix.ChunkTokens) : 0;
        private readonly double _full = fullSeconds;

        public double Seconds(double tokens)
        {
            double whole = Math.Max(0, Math.Ceiling(tokens / mix.PromptBudget) - 1);
            double rest = tokens - (whole * mix.PromptBudget);
            double last = mix.ChunkTokens > mix.PrefillTokens ? Math.Max(rest, mix.ChunkTokens) : rest;
            double step = last <= mix.ChunkTokens
                ? beside + (_below * last)
                : beside + mix.MixedCost.Seconds - mix.DecodeCost.Seconds + (_above * (last - mix.ChunkTokens));
            return (whole * _full) + step;
        }
    }
}
