using Fleetwright.Serving.Simulation.Adapters;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>The part of one prompt that an iteration computes.</summary>
/// <param name="Tokens">Prompt tokens computed in this iteration.</param>
/// <param name="Past">Tokens of the same sequence that are in the cache already.</param>
public readonly record struct PromptChunk(int Tokens, int Past);

/// <summary>
/// How long one iteration of a replica takes. Implementations are structs, so that the engine's inner loop is compiled for each of them
/// and calls nothing through an interface.
/// </summary>
public interface IIterationTimes
{
    /// <summary>Whether times depend on the longest context, which has to be looked for; where they do not, 0 is given for it.</summary>
    static virtual bool ReadsLongestContext => true;

    /// <summary>Seconds of one iteration.</summary>
    /// <param name="decodes">Sequences that get one token each.</param>
    /// <param name="contextTokens">Sum of their contexts: tokens in the cache, the newest included.</param>
    /// <param name="longestContext">The longest of them.</param>
    /// <param name="chunks">Prompts, whole or in part.</param>
    double Iteration(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks);

    /// <summary>
    /// Runs of iterations that only decode, with every context one longer each time: as many as end before <paramref name="untilSeconds"/>,
    /// and the one that is then running, but at most <paramref name="iterations"/>.
    /// </summary>
    /// <param name="decodes">Sequences, at least one.</param>
    /// <param name="contextTokens">Sum of their contexts in the first iteration.</param>
    /// <param name="longestContext">The longest of them in the first iteration.</param>
    /// <param name="iterations">Iterations at most, at least one.</param>
    /// <param name="untilSeconds">Seconds from the start of the first iteration; the run stops with the first iteration that ends at or after it.</param>
    /// <param name="seconds">Seconds that the run takes.</param>
    /// <returns>The number of iterations, at least one.</returns>
    int Decode(int decodes, long contextTokens, long longestContext, int iterations, double untilSeconds, out double seconds);

    /// <summary>Seconds of one iteration in which every decoding sequence has drafts drafted and verified, beside prompts.</summary>
    /// <param name="decodes">Sequences that decode.</param>
    /// <param name="contextTokens">Sum of their contexts; parts of tokens, as they grow evenly.</param>
    /// <param name="chunks">Prompts, whole or in part.</param>
    double Speculation(int decodes, double contextTokens, ReadOnlySpan<PromptChunk> chunks) => throw new NotSupportedException($"{GetType().Name} has no times of speculative decoding");

    /// <summary>Seconds of one iteration of which a part passes through adapters; see <see cref="Iteration"/>.</summary>
    double Adapted(int decodes, long contextTokens, ReadOnlySpan<PromptChunk> chunks, in AdapterBatch adapters) => throw new NotSupportedException($"{GetType().Name} has no times of adapters");

    /// <summary>Runs of such iterations without prompts; see <see cref="Decode"/>.</summary>
    int AdaptedRun(int decodes, long contextTokens, in AdapterBatch adapters, int iterations, double untilSeconds, out double seconds) => throw new NotSupportedException($"{GetType().Name} has no times of adapters");

    /// <summary>Runs of such iterations without prompts, as <see cref="Decode"/>, with the contexts together <paramref name="growth"/> tokens longer each time.</summary>
    int Speculations(int decodes, double contextTokens, double growth, int iterations, double untilSeconds, out double seconds) => throw new NotSupportedException($"{GetType().Name} has no times of speculative decoding");
}
