namespace Fleetwright.Edge.Placement;

/// <summary>Finds where the winner changes as something varies: a scan over 64 points, evenly spread in the logarithm, then bisection between two with different winners.</summary>
public static class FlipPoints
{
    private const int Points = 64;

    /// <summary>The flip points of a variable.</summary>
    /// <param name="low">The least value; above 0.</param>
    /// <param name="high">The greatest value; above <paramref name="low"/>.</param>
    /// <param name="winnerAt">The name of the winner at a value; null for none.</param>
    /// <param name="tolerance">Values so close count as equal, relative.</param>
    /// <returns>Value, who wins below, who wins above; rising. Two changes between neighbouring points of the scan are missed when the winner is the same again.</returns>
    public static IReadOnlyList<(double Value, string Below, string Above)> Find(double low, double high, Func<double, string?> winnerAt, double tolerance = 1e-9)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(low);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(high, low);
        var flips = new List<(double, string, string)>();
        double before = low;
        string? winner = winnerAt(low);
        for (int i = 1; i < Points; i++)
        {
            double here = i == Points - 1 ? high : low * Math.Pow(high / low, (double)i / (Points - 1));
            string? now = winnerAt(here);
            if (now != winner && now is not null && winner is not null)
            {
                Search(before, winner, here, now);
            }

            (before, winner) = (here, now);
        }

        return flips;

        // Between two neighbours there may be a third winner: what bisection leaves on either side of the change is told, then the rest is searched.
        void Search(double from, string below, double to, string above)
        {
            double a = from, b = to;
            string next = above;
            while (b - a > tolerance * b)
            {
                double middle = (a + b) / 2;
                string? there = winnerAt(middle);
                if (there == below || there is null)
                {
                    a = middle;
                }
                else
                {
                    (b, next) = (middle, there);
                }
            }

            flips.Add(((a + b) / 2, below, next));
            if (next != above && flips.Count < Points)
            {
                Search(b, next, to, above);
            }
        }
    }
}
