using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Speculation;

namespace Fleetwright.Cli.Commands;

/// <summary>What speculation brought.</summary>
/// <param name="DraftTokens">Drafted for each sequence in a step.</param>
/// <param name="Draft">What drafted.</param>
/// <param name="Acceptance">As given.</param>
/// <param name="ExpectedTokens">Tokens that a sequence gains in a step, by the acceptance.</param>
/// <param name="TokensPerStep">Tokens that one gained, last steps cut at the end of answers.</param>
/// <param name="StepSeconds">A step without prompts at the mean batch and context.</param>
/// <param name="DraftShare">Share of it that goes to drafting.</param>
/// <param name="PlainStepSeconds">The same without speculation.</param>
/// <param name="DecodeSpeedUp">Tokens of that batch in a time, against those without speculation.</param>
internal sealed record SpeculationAnswer(
    int DraftTokens, string Draft, IReadOnlyList<double> Acceptance, double ExpectedTokens, double TokensPerStep, double StepSeconds, double DraftShare, double PlainStepSeconds, double DecodeSpeedUp)
{
    /// <summary>Of a run; null when nothing was speculated or decoded.</summary>
    public static SpeculationAnswer? Of(SimulationRequest request, SimulationResult result)
    {
        ReplicaWork work = result.Work;
        if (request.Speculation is not { } speculation || work.Decoded == 0)
        {
            return null;
        }

        // An answer's first token comes from its prompt; so does one after each loss of its place.
        long tokens = result.Statistics.Classes.Sum(c => c.OutputTokens - c.Completed - c.Preemptions);
        Replica replica = request.Replica;
        StepShape step = StepShape.Decode(Math.Max(1, work.Decoded / (double)work.Iterations), work.ContextTokens / (double)work.Decoded);
        double plain = replica.Step(step).Seconds, drafting = speculation.DraftSeconds(replica, step.DecodeSequences, step.DecodePast);
        double whole = replica.Step(step with { DraftTokens = speculation.DraftTokens }).Seconds + drafting, gained = tokens / (double)work.Decoded;
        return new SpeculationAnswer(
            speculation.DraftTokens, Name(speculation), speculation.Acceptance, speculation.ExpectedTokens, gained, whole, drafting / whole, plain, gained * plain / whole);
    }

    private static string Name(SpeculativeDecoding speculation) =>
        speculation.SharesEmbedding ? "head" : speculation.Draft?.Graph.Model.Name ?? (speculation.DraftShare > 0 ? FormattableString.Invariant($"{speculation.DraftShare:0.##%} of a step") : "ngram");
}
