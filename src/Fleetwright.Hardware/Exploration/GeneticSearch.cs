using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Hardware.Exploration;

/// <summary>
/// NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) over the grid, then local refinement: every single step from every point of the front until none is new or
/// the budget is spent. Random numbers come from one stream in a fixed order; points are asked for in batches, so that threads change nothing.
/// </summary>
internal sealed class GeneticSearch(ExplorationSpec spec, DesignSpace space)
{
    private const int Population = 128;

    // Generations without a new point after which the population has nothing more to say.
    private const int Stale = 10;

    // Share of the budget that the generations leave for refinement.
    private const double Kept = 0.25;
    private readonly RandomStream _random = new(spec.Seed, "explore");
    private readonly int[] _counts = space.Counts;
    private long _drawn;

    public void Run(PointStore store)
    {
        List<Individual> parents = First(store);
        long reserve = (long)(spec.Budget * Kept);
        for (int stale = 0; stale < Stale && store.Left > reserve && !store.IsStopped;)
        {
            int before = store.Count;
            long[] children = [.. Enumerable.Range(0, Population).Select(_ => Child(parents))];
            store.WorkOut(children);
            if (store.IsStopped)
            {
                return;
            }

            IEnumerable<long> all = parents.Select(p => p.Point.Index).Concat(children.Where(store.Has)).Distinct();
            parents = Survivors([.. all.Select(i => new Individual(store[i]))]);
            stale = store.Count == before ? stale + 1 : 0;
        }

        Refine(store);
    }

    private List<Individual> First(PointStore store)
    {
        long[] first = [.. Enumerable.Range(0, 2 * Population).Select(_ => Anywhere())];
        store.WorkOut(first);
        return store.IsStopped ? [] : Survivors([.. first.Where(store.Has).Distinct().Select(i => new Individual(store[i]))]);
    }

    private void Refine(PointStore store)
    {
        var tried = new HashSet<long>();
        while (store.Left > 0 && !store.IsStopped)
        {
            ExploredPoint[] fresh = [.. ParetoFront.Of(store.InOrder).Where(p => tried.Add(p.Index))];
            if (fresh.Length == 0)
            {
                return;
            }

            store.WorkOut([.. fresh.SelectMany(p => Around(p.Index))]);
        }
    }

    private IEnumerable<long> Around(long index)
    {
        int[] choices = new int[_counts.Length];
        space.Decode(index, choices);
        for (int p = 0; p < choices.Length; p++)
        {
            foreach (int other in space.Neighbours(p, choices[p]))
            {
                int[] moved = [.. choices];
                moved[p] = other;
                yield return space.Encode(moved);
            }
        }
    }

    private double Next() => _random.Unit(_drawn++);

    private int Below(int count) => Math.Min(count - 1, (int)(Next() * count));

    private long Anywhere()
    {
        Span<int> choices = stackalloc int[_counts.Length];
        for (int i = 0; i < choices.Length; i++)
        {
            choices[i] = Below(_counts[i]);
        }

        return space.Encode(choices);
    }

    // Uniform crossover of two winners of a tournament; each parameter then changes with probability 1/n, half of the time by one step.
    private long Child(List<Individual> parents)
    {
        if (parents.Count == 0)
        {
            return Anywhere();
        }

        Span<int> a = stackalloc int[_counts.Length], b = stackalloc int[_counts.Length];
        space.Decode(Winner(parents).Point.Index, a);
        space.Decode(Winner(parents).Point.Index, b);
        for (int i = 0; i < a.Length; i++)
        {
            a[i] = Next() < 0.5 ? a[i] : b[i];
            if (Next() < 1.0 / a.Length)
            {
                a[i] = Next() < 0.5 ? Below(_counts[i]) : Math.Clamp(a[i] + (Next() < 0.5 ? 1 : -1), 0, _counts[i] - 1);
            }
        }

        return space.Encode(a);
    }

    private Individual Winner(List<Individual> parents)
    {
        Individual a = parents[Below(parents.Count)], b = parents[Below(parents.Count)];
        return a.Rank != b.Rank ? (a.Rank < b.Rank ? a : b) : a.Crowding >= b.Crowding ? a : b;
    }

    // Fronts in turn until the population is full; of the last one those in the least crowded places.
    private static List<Individual> Survivors(List<Individual> all)
    {
        var kept = new List<Individual>(Population);
        List<Individual> left = all;
        for (int rank = 0; kept.Count < Population && left.Count > 0; rank++)
        {
            List<Individual> front = [.. left.Where(i => !left.Exists(j => Beats(j.Point, i.Point)))];
            left = [.. left.Except(front)];
            Crowd(front, rank);
            kept.AddRange(front.OrderByDescending(i => i.Crowding).ThenBy(i => i.Point.Index).Take(Population - kept.Count));
        }

        return kept;
    }

    // Deb's rule: an answer beats what is none; of two that are none, the nearer one; of two answers, the dominating one.
    private static bool Beats(ExploredPoint a, ExploredPoint b) =>
        a.IsAnswer ? !b.IsAnswer || ParetoFront.Dominates(a, b) : !b.IsAnswer && a.Violation < b.Violation;

    private static void Crowd(List<Individual> front, int rank)
    {
        foreach (Individual one in front)
        {
            (one.Rank, one.Crowding) = (rank, 0);
        }

        Along(front, p => p.PerDollar);
        Along(front, p => p.PerWatt);
        Along(front, p => p.Latency);
    }

    private static void Along(List<Individual> front, Func<ExploredPoint, double> objective)
    {
        Individual[] sorted = [.. front.OrderBy(i => objective(i.Point)).ThenBy(i => i.Point.Index)];
        double range = objective(sorted[^1].Point) - objective(sorted[0].Point);
        sorted[0].Crowding = sorted[^1].Crowding = double.PositiveInfinity;
        for (int i = 1; i < sorted.Length - 1 && range > 0; i++)
        {
            sorted[i].Crowding += (objective(sorted[i + 1].Point) - objective(sorted[i - 1].Point)) / range;
        }
    }

    private sealed class Individual(ExploredPoint point)
    {
        public ExploredPoint Point { get; } = point;

        public int Rank { get; set; }

        public double Crowding { get; set; }
    }
}
