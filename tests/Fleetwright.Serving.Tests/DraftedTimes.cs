using Fleetwright.Serving.Simulation.Speculation;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Tests;

/// <summary>Affine iterations of which every one with decodes takes a time longer for drafting and verifying.</summary>
/// <param name="Times">Iterations without drafts.</param>
/// <param name="Draw">What is drafted.</param>
/// <param name="PerDraft">Seconds for each drafted token of each sequence.</param>
/// <param name="PerStep">Seconds for drafting one token for all.</param>
internal readonly record struct DraftedTimes(AffineTimes Times, AcceptanceDraw Draw, double PerDraft, double PerStep = 0) : IIterationTimes
{
    public double Iteration(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks) => Times.Iteration(decodes, contextTokens, longestContext, chunks);

    public int Decode(int decodes, long contextTokens, long longestContext, int iterations, double untilSeconds, out double seconds) =>
        Times.Decode(decodes, contextTokens, longestContext, iterations, untilSeconds, out seconds);

    public double Speculation(int decodes, double contextTokens, ReadOnlySpan<PromptChunk> chunks) =>
        Times.Iteration(decodes, 0, 0, chunks) + (Times.PerContextToken * contextTokens) + Drafting(decodes);

    public int Speculations(int decodes, double contextTokens, double growth, int iterations, double untilSeconds, out double seconds) =>
        ArithmeticRun.Take(Speculation(decodes, contextTokens, []), Times.PerContextToken * growth, iterations, untilSeconds, out seconds);

    private double Drafting(int decodes) => decodes == 0 ? 0 : Draw.Speculation.DraftTokens * ((PerDraft * decodes) + PerStep);
}
