namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// How long one iteration of ranks takes that run in lockstep: each computes its own batch, and all meet at the experts of every layer, so that
/// every layer waits for the slowest. Structs, for the same reason as <see cref="IIterationTimes"/>.
/// </summary>
internal interface ILockstepTimes
{
    /// <summary>Seconds of one iteration.</summary>
    /// <param name="ranks">The batch of each rank; at least one has something to do.</param>
    double Iteration(ReadOnlySpan<RankBatch> ranks);

    /// <summary>
    /// Runs of iterations that only decode, with every context one longer each time: as many as end before <paramref name="untilSeconds"/>,
    /// and the one that is then running, but at most <paramref name="iterations"/>.
    /// </summary>
    /// <param name="ranks">The batch of each rank in the first iteration, without prompts; at least one decodes.</param>
    /// <param name="iterations">Iterations at most, at least one.</param>
    /// <param name="untilSeconds">Seconds from the start of the first iteration.</param>
    /// <param name="seconds">Seconds that the run takes.</param>
    /// <returns>The number of iterations, at least one.</returns>
    int Decode(ReadOnlySpan<RankBatch> ranks, int iterations, double untilSeconds, out double seconds);
}
