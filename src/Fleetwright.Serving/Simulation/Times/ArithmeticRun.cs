namespace Fleetwright.Serving.Simulation.Times;

/// <summary>Iterations each of which takes a fixed time longer than the one before: t(i) = first + i·step, so that k of them take k·first + step·k(k − 1)/2.</summary>
internal static class ArithmeticRun
{
    /// <summary>As many as end before <paramref name="until"/>, and the one that is then running, but at most <paramref name="iterations"/>.</summary>
    /// <param name="first">Seconds of the first, above 0.</param>
    /// <param name="step">Seconds that each takes longer than the one before; at least 0.</param>
    /// <param name="iterations">The most, at least one.</param>
    /// <param name="until">Seconds from the start.</param>
    /// <param name="seconds">Seconds of all that are taken.</param>
    public static int Take(double first, double step, int iterations, double until, out double seconds)
    {
        seconds = Sum(first, step, iterations);
        if (seconds < until)
        {
            return iterations;
        }

        // The positive root of step/2·k² + (first − step/2)·k = until, in the form that does not cancel; then exactly, as the root may be off by rounding.
        double half = first - (step / 2);
        double root = 2 * Math.Max(0, until) / (half + Math.Sqrt((half * half) + (2 * step * Math.Max(0, until))));
        int count = (int)Math.Clamp(Math.Ceiling(root), 1, iterations);
        while (count > 1 && Sum(first, step, count - 1) >= until)
        {
            count--;
        }

        while (count < iterations && Sum(first, step, count) < until)
        {
            count++;
        }

        seconds = Sum(first, step, count);
        return count;
    }

    private static double Sum(double first, double step, double count) => count * (first + (step * (count - 1) / 2));
}
