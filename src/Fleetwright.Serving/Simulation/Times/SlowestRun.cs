namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// Iterations that each take as long as the slowest of several, whose times are arithmetic runs: t(i) = rest + max over r of first(r) + i·step(r).
/// The largest of straight lines is made of pieces of them, so the run is as many arithmetic runs as the slowest changes.
/// </summary>
internal static class SlowestRun
{
    /// <summary>As many as end before <paramref name="until"/>, and the one that is then running, but at most <paramref name="iterations"/>.</summary>
    /// <param name="first">Seconds of the first iteration of each.</param>
    /// <param name="step">Seconds that each next iteration takes longer, of each; at least 0.</param>
    /// <param name="rest">Seconds that every iteration takes besides.</param>
    /// <param name="iterations">The most, at least one.</param>
    /// <param name="until">Seconds from the start.</param>
    /// <param name="seconds">Seconds of all that are taken.</param>
    public static int Take(ReadOnlySpan<double> first, ReadOnlySpan<double> step, double rest, int iterations, double until, out double seconds)
    {
        seconds = 0;
        int done = 0;
        while (true)
        {
            // The slowest now, of equals the one that stays slowest; then the next iteration in which another is slower.
            int slowest = 0;
            for (int r = 1; r < first.Length; r++)
            {
                double ahead = At(first, step, r, done) - At(first, step, slowest, done);
                slowest = ahead > 0 || (ahead == 0 && step[r] > step[slowest]) ? r : slowest;
            }

            double now = At(first, step, slowest, done);
            int within = iterations - done;
            for (int r = 0; r < first.Length; r++)
            {
                if (step[r] > step[slowest])
                {
                    double meets = (now - At(first, step, r, done)) / (step[r] - step[slowest]);
                    within = meets < within ? Math.Max(1, (int)Math.Ceiling(meets)) : within;
                }
            }

            int taken = ArithmeticRun.Take(rest + now, step[slowest], within, until - seconds, out double run);
            seconds += run;
            done += taken;
            if (taken < within || done == iterations || seconds >= until)
            {
                return done;
            }
        }
    }

    private static double At(ReadOnlySpan<double> first, ReadOnlySpan<double> step, int rank, int iteration) => first[rank] + (iteration * step[rank]);
}
