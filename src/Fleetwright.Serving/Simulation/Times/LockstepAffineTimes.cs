namespace Fleetwright.Serving.Simulation.Times;

/// <summary>Ranks whose own times are <see cref="AffineTimes"/> and that meet for a time proportional to the tokens of all: the plainest model of a lockstep group.</summary>
/// <param name="Rank">What a rank takes for its own batch; one without work takes its fixed time.</param>
/// <param name="PerToken">Seconds for each token of any rank.</param>
internal readonly record struct LockstepAffineTimes(AffineTimes Rank, double PerToken) : ILockstepTimes
{
    /// <inheritdoc/>
    public double Iteration(ReadOnlySpan<RankBatch> ranks)
    {
        double slowest = 0;
        long tokens = 0;
        foreach (ref readonly RankBatch r in ranks)
        {
            tokens += r.Tokens;
            slowest = Math.Max(slowest, Own(r));
        }

        return slowest + (PerToken * tokens);
    }

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<RankBatch> ranks, int iterations, double untilSeconds, out double seconds)
    {
        Span<double> first = stackalloc double[ranks.Length], step = stackalloc double[ranks.Length];
        long tokens = 0;
        for (int i = 0; i < ranks.Length; i++)
        {
            RankBatch r = ranks[i];
            tokens += r.Tokens;
            first[i] = Own(r);
            step[i] = r.Decodes > 0 ? (Rank.PerContextToken * r.Decodes) + Rank.PerLongestToken : 0;
        }

        return SlowestRun.Take(first, step, PerToken * tokens, iterations, untilSeconds, out seconds);
    }

    private double Own(in RankBatch r) => Rank.Fixed + (Rank.PerToken * r.Tokens) + (Rank.PerDecode * r.Decodes) + (Rank.PerContextToken * r.ContextTokens)
        + (Rank.PerLongestToken * r.LongestContext) + (Rank.PerPair * r.DoublePairs / 2);
}
