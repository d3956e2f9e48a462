namespace Fleetwright.Hardware.Exploration;

/// <summary>Which points nothing beats: no other answer is at least as good in speed a dollar, speed a watt and latency, and better in one of them. Of answers equal in all three (an 8 × 12 grid and a 12 × 8 one) the first of the grid stands for all.</summary>
internal static class ParetoFront
{
    /// <summary>Whether <paramref name="a"/> is at least as good in all three and better in one.</summary>
    public static bool Dominates(ExploredPoint a, ExploredPoint b) => NoWorse(a, b) && (a.PerDollar > b.PerDollar || a.PerWatt > b.PerWatt || a.Latency < b.Latency);

    /// <summary>The front of the answers among <paramref name="points"/>, best speed a dollar first.</summary>
    public static IReadOnlyList<ExploredPoint> Of(IEnumerable<ExploredPoint> points)
    {
        // In this order a point is beaten only by one before it.
        var front = new List<ExploredPoint>();
        foreach (ExploredPoint point in points.Where(p => p.IsAnswer).OrderByDescending(p => p.PerDollar).ThenByDescending(p => p.PerWatt).ThenBy(p => p.Latency).ThenBy(p => p.Index))
        {
            bool beaten = false;
            for (int i = front.Count - 1; i >= 0 && !beaten; i--)
            {
                beaten = NoWorse(front[i], point);
            }

            if (!beaten)
            {
                front.Add(point);
            }
        }

        return front;
    }

    private static bool NoWorse(ExploredPoint a, ExploredPoint b) => a.PerDollar >= b.PerDollar && a.PerWatt >= b.PerWatt && a.Latency <= b.Latency;
}
