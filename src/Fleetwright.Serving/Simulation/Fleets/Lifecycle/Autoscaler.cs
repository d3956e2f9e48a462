namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>
/// How many replicas there should be, as Kubernetes' horizontal pod autoscaler decides it (<c>pkg/controller/podautoscaler</c>: <c>replica_calculator.go</c>, <c>horizontal.go</c>).
/// </summary>
internal sealed class Autoscaler(AutoscalingRules rules)
{
    // The default policies of scaling up: as many again, or four, whichever is more, in 15 s.
    private const int MostMore = 4;
    private readonly List<(long Time, int Desired)> _recommendations = [];

    /// <summary>Replicas that there should be from now on.</summary>
    /// <param name="now">The time in ticks.</param>
    /// <param name="total">The signal summed over replicas.</param>
    /// <param name="ready">Replicas that take requests.</param>
    /// <param name="unready">Replicas that are ordered but do not.</param>
    public int Decide(long now, double total, int ready, int unready)
    {
        int current = ready + unready, wanted = Recommend(total, ready, unready);
        long oldest = now - Ticks.Of(rules.DownWindowSeconds);
        _recommendations.RemoveAll(r => r.Time < oldest);
        _recommendations.Add((now, wanted));

        // Fewer only when the highest recommendation of the window is fewer.
        int most = wanted;
        foreach ((_, int desired) in _recommendations)
        {
            most = Math.Max(most, desired);
        }

        int next = Math.Min(Math.Max(current, wanted), most);
        next = Math.Min(next, Math.Max(2 * current, current + MostMore));
        return Math.Clamp(next, rules.Minimum, rules.Maximum);
    }

    // ⌈current · metric ÷ target⌉ unless the metric is within the tolerance. Replicas that are not ready are left out, but when there should be more they count as if they had nothing to do,
    // and no further is scaled when that would turn the direction.
    private int Recommend(double total, int ready, int unready)
    {
        int current = ready + unready;
        if (ready == 0)
        {
            return current;
        }

        double ratio = total / (ready * rules.Target);
        int counted = ready;
        if (ratio > 1 && unready > 0)
        {
            counted = current;
            ratio = total / (current * rules.Target);
            if (ratio < 1)
            {
                return current;
            }
        }

        // ⌈n · ratio⌉, of a product that rounding may have left a hair above a whole number.
        return Math.Abs(ratio - 1) <= rules.Tolerance ? current : (int)Math.Min(int.MaxValue / 4, Math.Ceiling((ratio * counted) - 1e-9));
    }
}
