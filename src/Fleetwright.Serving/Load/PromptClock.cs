using Fleetwright.Serving.Steady;

namespace Fleetwright.Serving.Load;

/// <summary>Time of a prompt's steps: step time rises piecewise linearly with prompt tokens, through a pure decode step, the usual chunk and a full step; without the decodes where prompts run alone.</summary>
internal readonly struct PromptClock(IterationMix mix, double beside, double fullSeconds)
{
    private readonly double _below = Math.Max(0, mix.MixedCost.Seconds - mix.DecodeCost.Seconds) / mix.ChunkTokens;
    private readonly double _above = mix.Budget > mix.ChunkTokens ? Math.Max(0, fullSeconds - beside - mix.MixedCost.Seconds + mix.DecodeCost.Seconds) / (mix.Budget - mix.ChunkTokens) : 0;
    private readonly double _full = fullSeconds;

    /// <summary>Seconds from the start of its first step until the first token of a prompt of <paramref name="tokens"/>.</summary>
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
