using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Speculation;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What a replica was doing.</summary>
public enum TimeUse
{
    /// <summary>Nothing: no request was there.</summary>
    Idle,

    /// <summary>Computing prompts.</summary>
    Prompts,

    /// <summary>Computing the next tokens of answers.</summary>
    Decodes,
}

/// <summary>What held it back while it did.</summary>
public enum TimeCause
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The matrix and vector units, and the memory on the chip that feeds them.</summary>
    Compute,

    /// <summary>Bandwidth of the memory beside the chip.</summary>
    Bandwidth,

    /// <summary>Links between chips.</summary>
    Network,

    /// <summary>Starting operators, and the host.</summary>
    Overhead,
}

/// <summary>A part of a replica's time.</summary>
/// <param name="Use">What it was doing.</param>
/// <param name="Cause">What held it back.</param>
/// <param name="Share">Share of all time.</param>
public readonly record struct TimePart(TimeUse Use, TimeCause Cause, double Share);

/// <summary>
/// Where the time of replicas went. How long they were busy was counted; how that divides is priced on mean iterations, so it is a few per cent from what a sum over all
/// iterations would give.
/// </summary>
/// <param name="Parts">The parts, the largest first; they add up to 1.</param>
public sealed record TimeSplit(IReadOnlyList<TimePart> Parts)
{
    /// <summary>Divides the time of a run.</summary>
    /// <param name="result">The run.</param>
    /// <param name="request">What was run.</param>
    public static TimeSplit Of(SimulationResult result, SimulationRequest request)
    {
        Replica replica = request.Replica;
        // Of a fleet of several kinds, the first.
        ReplicaWork work = result.Fleet?.Kinds[0].Work ?? result.Work;
        double all = (result.Fleet?.Kinds[0].MemberSeconds ?? result.Seconds * request.Replicas) * replica.Sharding.PipelineParallel, busy = Math.Min(all, Ticks.Seconds(work.BusyTicks));
        var parts = new Dictionary<(TimeUse, TimeCause), double>();
        if (!(all > 0) || work.Iterations == 0)
        {
            return new TimeSplit([new TimePart(TimeUse.Idle, TimeCause.None, 1)]);
        }

        // What swaps add to iterations holds up those that decode.
        double computing = Math.Max(0, busy - Ticks.Seconds(result.Cache?.SwapTicks ?? 0));
        (double prompts, StepShape mixed) = Prompts(result, replica, request.Speculation, computing, out StepShape decode);
        Dictionary<TimeCause, double> decodes = Causes(replica, decode), more = Causes(replica, mixed);
        if (mixed.DecodeSequences > 0)
        {
            // What prompts add to an iteration that decodes anyway.
            foreach ((TimeCause cause, double seconds) in decodes)
            {
                more[cause] = Math.Max(0, more.GetValueOrDefault(cause) - seconds);
            }
        }

        parts[(TimeUse.Idle, TimeCause.None)] = (all - busy) / all;
        Divide(parts, more, TimeUse.Prompts, prompts / all);
        Divide(parts, decodes, TimeUse.Decodes, (busy - prompts) / all);
        return new TimeSplit([.. parts.Where(p => p.Value > 0).Select(p => new TimePart(p.Key.Item1, p.Key.Item2, p.Value)).OrderByDescending(p => p.Share).ThenBy(p => p.Use).ThenBy(p => p.Cause)]);
    }

    /// <summary>Share of all time that goes to a use.</summary>
    public double Of(TimeUse use) => Parts.Where(p => p.Use == use).Sum(p => p.Share);

    // Seconds that prompts took, and the mean iterations with and without them. Where iterations mix, prompts took what decodes alone would not have.
    private static (double Seconds, StepShape Mixed) Prompts(SimulationResult result, Replica replica, SpeculativeDecoding? speculation, double busy, out StepShape decode)
    {
        ReplicaWork work = result.Work;
        bool apart = result.Scheduler is SchedulerKind.PrefillFirst or SchedulerKind.VllmV0;
        long tokens = work.Tokens - work.Decoded, ended = Math.Max(1, result.Statistics.Classes.Sum(c => c.Completed + c.Preemptions));
        double chunk = Math.Clamp((double)tokens / ended, 1, result.Limits.TokenBudget), past = tokens > 0 ? Math.Max(0, ((double)work.DoublePairs / tokens) - chunk) / 2 : 0;
        double chunks = tokens / chunk, together = Math.Clamp(chunks / work.Iterations, 1, Math.Max(1, result.Limits.TokenBudget / chunk));
        double context = work.Decoded > 0 ? (double)work.ContextTokens / work.Decoded : 1;
        double batch = (double)work.Decoded / Math.Max(1, apart ? work.Iterations - chunks : work.Iterations);
        decode = StepShape.Decode(Math.Clamp(batch, 1, result.Limits.MaximumSequences), context) with { DraftTokens = speculation?.DraftTokens ?? 0 };
        var mixed = new StepShape(together, chunk, past, apart ? 0 : decode.DecodeSequences, context) { DraftTokens = decode.DraftTokens };
        double step = replica.Step(decode).Seconds + (speculation?.DraftSeconds(replica, decode.DecodeSequences, context) ?? 0);
        double seconds = tokens == 0 ? 0
            : work.Decoded == 0 ? busy
            : apart ? chunks * replica.Step(StepShape.Prefill(1, chunk, past)).Seconds
            : busy - (work.Iterations * step);
        return (Math.Clamp(seconds, 0, busy), mixed);
    }

    private static void Divide(Dictionary<(TimeUse, TimeCause), double> parts, Dictionary<TimeCause, double> causes, TimeUse use, double share)
    {
        double total = causes.Values.Sum();
        foreach ((TimeCause cause, double seconds) in causes)
        {
            parts[(use, cause)] = total > 0 ? share * seconds / total : 0;
        }
    }

    private static Dictionary<TimeCause, double> Causes(Replica replica, in StepShape shape)
    {
        var causes = new Dictionary<TimeCause, double> { [TimeCause.Overhead] = replica.Engine.HostSecondsPerStep };
        foreach (ref readonly Operator op in replica.Operators(shape))
        {
            OperatorCost cost = replica.Cost(op);
            TimeCause cause = cost.Bound switch
            {
                Bound.Matrix or Bound.Vector or Bound.OnChip => TimeCause.Compute,
                Bound.Memory => TimeCause.Bandwidth,
                Bound.Network => TimeCause.Network,
                _ => TimeCause.Overhead,
            };
            causes[cause] = causes.GetValueOrDefault(cause) + (op.Count * cost.Seconds);
        }

        return causes;
    }
}
