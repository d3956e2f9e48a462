namespace Fleetwright.Supply.Planning;

/// <summary>The tail of a discrete distribution of costs.</summary>
internal static class Risk
{
    /// <summary>
    /// Value at risk (the lowest cost that is not exceeded with probability α) and conditional value at risk: the mean of the costliest 1 − α of the
    /// probability mass, of which the scenario at the quantile gives only the part that belongs to the tail
    /// (Rockafellar and Uryasev 2002, Conditional value-at-risk for general loss distributions, J. Banking & Finance 26).
    /// </summary>
    public static (double ValueAtRisk, double ConditionalValueAtRisk) Tail(IReadOnlyList<(double Probability, double Cost)> costs, double level)
    {
        double tail = 1 - level;
        double left = tail;
        double sum = 0;
        foreach ((double probability, double cost) in costs.OrderByDescending(c => c.Cost))
        {
            if (probability >= left - 1e-12)
            {
                return (cost, (sum + (left * cost)) / tail);
            }

            sum += probability * cost;
            left -= probability;
        }

        // The probabilities sum to 1 only to rounding: what is left belongs to the least cost.
        double least = costs.Min(c => c.Cost);
        return (least, (sum + (left * least)) / tail);
    }
}
