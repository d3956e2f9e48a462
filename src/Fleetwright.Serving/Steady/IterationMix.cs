using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Steady;

/// <summary>
/// The two kinds of steps that an engine alternates between in steady state, and how often each occurs.
/// With n sequences being decoded and O tokens an answer, n / (O − 1) requests end in a step and as many start, so that each step
/// must on average prefill I · n / (O − 1) prompt tokens. A share φ of steps carries a chunk of prompts beside the decodes; the rest only decode.
/// </summary>
/// <param name="Decoding">Sequences being decoded in one micro-batch, n.</param>
/// <param name="Budget">Prompt tokens that fit in a step beside the decodes.</param>
/// <param name="ChunkTokens">Prompt tokens of a mixed step, c.</param>
/// <param name="MixedShare">Share of steps that carry a chunk, φ.</param>
/// <param name="DecodeCost">A step that only decodes.</param>
/// <param name="MixedCost">A step that carries a chunk.</param>
/// <param name="PrefillTokens">Uncached tokens of the mean prompt, I.</param>
/// <param name="PromptBudget">Tokens of one prompt that fit in a step: with data-parallel attention a prompt belongs to one group.</param>
public readonly record struct IterationMix(
    double Decoding, double Budget, double ChunkTokens, double MixedShare, StepCost DecodeCost, StepCost MixedCost, double PrefillTokens, double PromptBudget)
{
    /// <summary>Mean time of a step: what a sequence waits for each further token.</summary>
    public double MeanSeconds => ((1 - MixedShare) * DecodeCost.Seconds) + (MixedShare * MixedCost.Seconds);

    /// <summary>Mean energy of a step on one chip of each stage together, in joules.</summary>
    public double MeanJoules => ((1 - MixedShare) * DecodeCost.Joules) + (MixedShare * MixedCost.Joules);

    /// <summary>What <see cref="MeanSeconds"/> is multiplied with to come to the time that one of ten such deployments is below, as calibration has it.</summary>
    public double LowRatio => (((1 - MixedShare) * DecodeCost.LowSeconds) + (MixedShare * MixedCost.LowSeconds)) / MeanSeconds;

    /// <summary>What <see cref="MeanSeconds"/> is multiplied with to come to the time that one of ten such deployments is above.</summary>
    public double HighRatio => (((1 - MixedShare) * DecodeCost.HighSeconds) + (MixedShare * MixedCost.HighSeconds)) / MeanSeconds;

    /// <summary>Mean time that a request arriving at any moment waits for the running step to end: E[t²] / 2E[t].</summary>
    public double MeanResidualSeconds =>
        (((1 - MixedShare) * DecodeCost.Seconds * DecodeCost.Seconds) + (MixedShare * MixedCost.Seconds * MixedCost.Seconds)) / (2 * MeanSeconds);

    /// <summary>The most sequences that can be decoded while prompts keep up: n ≤ B·(O − 1) / (I + O − 1), where every step is full.</summary>
    public static double MostDecoding(double budget, in Workload work) =>
        budget * (work.Output.Mean - 1) / (work.Prompt.Mean + work.Output.Mean - 1);

    /// <summary>The mix when <paramref name="decoding"/> sequences are decoded in a micro-batch.</summary>
    public static IterationMix Of(Replica replica, in Workload work, double decoding)
    {
        double room = Math.Max(1, replica.TokenBudget - decoding);
        double prompt = work.Prompt.Mean;
        double perStep = prompt * decoding / (work.Output.Mean - 1);
        double own = room / replica.Sharding.AttentionDataParallel;
        double chunk = Math.Min(Math.Max(perStep, Math.Min(prompt, own)), room);
        double share = Math.Min(1, perStep / chunk);
        double context = work.MeanContext;
        // A step has at least the one sequence that it is run for, however few there are on average.
        double batch = Math.Max(1, decoding);
        StepCost decode = replica.Step(StepShape.Decode(batch, context));
        StepCost mixed = MixedStep(replica, work, chunk, batch, decode);
        return new IterationMix(decoding, room, chunk, share, decode, mixed, prompt, own);
    }

    /// <summary>Steps that only prefill: answers of one token.</summary>
    public static IterationMix PrefillOnly(Replica replica, in Workload work, double waiting)
    {
        double chunk = Math.Min(replica.TokenBudget, work.Prompt.Mean * Math.Max(1, waiting));
        StepCost cost = replica.Step(Mixed(work, chunk, 0, 0));
        return new IterationMix(0, replica.TokenBudget, chunk, 1, default, cost, work.Prompt.Mean, replica.Engine.TokenBudget);
    }

    /// <summary>The cost of a step with <paramref name="chunk"/> prompt tokens beside <paramref name="decoding"/> decodes; two steps where the engine does not mix them.</summary>
    internal static StepCost MixedStep(Replica replica, in Workload work, double chunk, double decoding, in StepCost decode) =>
        replica.Engine.Policy != StepPolicy.PrefillFirst
            ? replica.Step(Mixed(work, chunk, decoding, work.MeanContext), BusiestShare(replica, work, chunk))
            : replica.Step(Mixed(work, chunk, 0, 0), BusiestShare(replica, work, chunk)) + decode;

    // Prompt tokens of the busiest group of data-parallel attention ÷ its even share: with fewer prompts in a step than groups, one group
    // has a whole prompt and the others, which must wait for it at the experts, none.
    private static double BusiestShare(Replica replica, in Workload work, double chunk) =>
        Math.Max(1, replica.Sharding.AttentionDataParallel * Math.Min(1, work.Prompt.Mean / chunk));

    /// <summary>A step with <paramref name="chunk"/> prompt tokens: whole prompts when they are shorter, else a piece from the middle of one.</summary>
    public static StepShape Mixed(in Workload work, double chunk, double decoding, double context)
    {
        double prompt = work.Prompt.Mean;
        return chunk >= prompt
            ? new StepShape(chunk / prompt, prompt, work.CachedTokens, decoding, context)
            : new StepShape(1, chunk, work.CachedTokens + ((prompt - chunk) / 2), decoding, context);
    }

    /// <summary>
    /// Time from the start of its first step until the first token of a prompt of <paramref name="tokens"/>: full chunks, then a step
    /// with the rest, shared with other prompts when more than one starts per step. Step time is taken as linear in prompt tokens.
    /// </summary>
    /// <param name="tokens">Its uncached tokens.</param>
    /// <param name="alone">Whether prompts run in steps of their own, so that no decodes are waited for.</param>
    public double PromptSeconds(double tokens, bool alone = false)
    {
        double beside = alone ? 0 : DecodeCost.Seconds;
        double perToken = Math.Max(0, MixedCost.Seconds - DecodeCost.Seconds) / ChunkTokens;
        double whole = Math.Max(0, Math.Ceiling(tokens / PromptBudget) - 1);
        double rest = tokens - (whole * PromptBudget);
        double last = ChunkTokens > PrefillTokens ? Math.Max(rest, ChunkTokens) : rest;
        return (whole * (beside + (perToken * PromptBudget))) + beside + (perToken * last);
    }
}
