using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Speculation;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>
/// The energy of a replica from what it did: rest power for the whole time, and for the work a sum that is linear in iterations (weights are read once
/// in each), tokens, context read and pairs attended to, as the energy of a step is. The four coefficients are differences between priced steps.
/// </summary>
internal static class ReplicaEnergy
{
    private const double Sequences = 32;
    private const double Context = 1024;

    /// <summary>Joules of all chips.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="work">What all copies of it did.</param>
    /// <param name="replicaSeconds">Seconds summed over copies.</param>
    /// <param name="speculation">What was drafted, if anything.</param>
    public static double Joules(Replica replica, in ReplicaWork work, double replicaSeconds, SpeculativeDecoding? speculation = null)
    {
        double active = Work(replica, work, speculation?.DraftTokens ?? 0);
        if (speculation is { Draft: { } draft, DraftTokens: var drafts })
        {
            // One pass over prompts and all tokens that are verified, then one for each further draft.
            active += Work(draft, work, drafts);
            active += (drafts - 1) * Work(draft, work with { Tokens = work.Decoded, DoublePairs = 0 }, 0);
        }
        else if (speculation is { DraftShare: > 0 })
        {
            active += speculation.DraftTokens * speculation.DraftShare * Work(replica, work with { Tokens = work.Decoded, DoublePairs = 0 }, 0);
        }

        // A step's joules are one chip's of each stage together; the other chips of a stage do the same.
        double perStage = replica.Chips / (double)replica.Sharding.PipelineParallel;
        return Math.Min(
            (replicaSeconds * replica.IdleWatts * replica.Chips) + (active * perStage),
            replicaSeconds * replica.Chip.Chip.Tdp * replica.Chips);
    }

    private static double Work(Replica replica, in ReplicaWork work, int drafts)
    {
        int groups = replica.Sharding.AttentionDataParallel;
        double batch = Sequences * groups;
        StepShape step = StepShape.Decode(batch, Context) with { DraftTokens = drafts };
        double decode = Active(replica, step), longer = Active(replica, step with { DecodePast = 2 * Context }), more = Active(replica, step with { DecodeSequences = 2 * batch });
        double perContext = Math.Max(0, (longer - decode) / (batch * Context));
        double perToken = Math.Max(0, ((more - decode) / batch) - (perContext * Context));
        double perIteration = Math.Max(0, decode - (batch * (perToken + (perContext * Context))));
        double prompt = Active(replica, StepShape.Prefill(groups, 2048)), whole = Active(replica, StepShape.Prefill(2 * groups, 1024));
        double perDoublePair = Math.Max(0, (prompt - whole) / (groups * ((2048.0 * 2048) - (2 * 1024.0 * 1024))));
        double perPromptToken = Math.Max(0, (prompt - perIteration - (groups * perDoublePair * 2048 * 2048)) / (groups * 2048.0));
        long promptTokens = work.Tokens - work.Decoded;
        return (perIteration * work.Iterations) + (perToken * work.Decoded) + (perPromptToken * promptTokens) + (perContext * work.ContextTokens) + (perDoublePair * work.DoublePairs);
    }

    private static double Active(Replica replica, in StepShape shape)
    {
        StepCost cost = replica.Step(shape);
        return Math.Max(0, cost.Joules - (cost.Seconds * replica.IdleWatts));
    }
}
