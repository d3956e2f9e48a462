using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>A choice for one class: prompts up to a length take one step, longer ones another.</summary>
/// <param name="Low">The step of short prompts.</param>
/// <param name="Count">How many of the grid's prompts take it.</param>
/// <param name="High">The step of longer prompts; null when there is none.</param>
/// <param name="Totals">Per turn of the class.</param>
/// <param name="Uses">The paths that it uses, as bits.</param>
/// <param name="GivesNoneUp">Whether every prompt is in time as often as promised, or as often as the path that answers it soonest.</param>
internal readonly record struct ClassOption(Step Low, int Count, Step? High, Totals Totals, ulong Uses, bool GivesNoneUp);

/// <summary>
/// All choices for a class: one path for everything; one path with another on a timeout; short prompts on one path and longer ones on another, the
/// latter perhaps with the first on a timeout. Thresholds are the limits of the grid's 512 equally likely prompts; timeouts are the p50, p75, p90,
/// p95 and p99 of what the tried path takes to its first token at the median prompt.
/// </summary>
/// <remarks>A promise of 95 of 100 could be kept most cheaply by giving up the five that are hardest; choices that do so are marked.</remarks>
internal static class PolicySpace
{
    private static readonly double[] s_timeouts = [0.5, 0.75, 0.9, 0.95, 0.99];

    public static List<ClassOption> Of(ClassTables tables, double shareWithin, CancellationToken stop)
    {
        IReadOnlyList<Step> steps = Steps(tables);
        double[] needed = Needed(tables, shareWithin);
        var sums = new Totals[steps.Count][];
        int[] goodUpTo = new int[steps.Count], goodFrom = new int[steps.Count];
        for (int s = 0; s < steps.Count; s++)
        {
            stop.ThrowIfCancellationRequested();
            sums[s] = Prefix(tables, steps[s], needed, out goodUpTo[s], out goodFrom[s]);
        }

        var options = new List<ClassOption>();
        for (int low = 0; low < steps.Count; low++)
        {
            int reach = sums[low].Length - 1;
            options.Add(Option(steps[low], reach, null, sums[low][reach], reach, goodUpTo[low] == reach));
            if (steps[low].HasTimeout)
            {
                continue;
            }

            for (int high = 0; high < steps.Count; high++)
            {
                Step above = steps[high];
                if (above.Path == steps[low].Path || (above.HasTimeout && above.Fallback != steps[low].Path))
                {
                    continue;
                }

                int end = sums[high].Length - 1;
                for (int count = 1; count <= reach && count < end; count++)
                {
                    // Short prompts are so alike that several parts end at the same whole token: the last of them stands for all.
                    if (tables.Grid.Limit[count] > tables.Grid.Limit[count - 1])
                    {
                        options.Add(Option(steps[low], count, above, sums[low][count].Plus(sums[high][end].Minus(sums[high][count])), end, goodUpTo[low] >= count && goodFrom[high] <= count));
                    }
                }
            }
        }

        return options;
    }

    /// <summary>Every step over the class's open paths. A route names the tier that it falls back to, so only the first open path of a tier is fallen back to.</summary>
    public static IReadOnlyList<Step> Steps(ClassTables tables)
    {
        var steps = new List<Step>();
        foreach (int path in tables.Open)
        {
            steps.Add(new Step(path, double.PositiveInfinity, -1));
        }

        foreach (int path in tables.Open)
        {
            PathTable first = tables.Table(0, path);
            ReadOnlySpan<double> waits = first.Wait.Seconds;
            if (waits[^1] - waits[0] < 1e-9)
            {
                continue;
            }

            foreach (int fallback in tables.Open.Where(f => f != path && f == FirstOf(tables, tables.Path(f).Tier)))
            {
                foreach (double timeout in s_timeouts.Select(p => Math.Round(first.Wait.At(p) + first.Read[first.Fitting / 2], 2)).Where(t => t > 0).Distinct())
                {
                    steps.Add(new Step(path, timeout, fallback));
                }
            }
        }

        return steps;
    }

    /// <summary>The first open path of a tier; −1 for none.</summary>
    public static int FirstOf(ClassTables tables, Tiers tier)
    {
        foreach (int path in tables.Open)
        {
            if (tables.Path(path).Tier == tier)
            {
                return path;
            }
        }

        return -1;
    }

    /// <summary>The choice as routes.</summary>
    public static ClassRoutes Routes(ClassTables tables, in ClassOption option)
    {
        if (option.High is not { } high)
        {
            return new ClassRoutes(tables.Turns.Name, [Route(tables, option.Low, double.PositiveInfinity)]);
        }

        return new ClassRoutes(tables.Turns.Name, [Route(tables, option.Low, tables.Grid.Limit[option.Count - 1]), Route(tables, high, double.PositiveInfinity)]);
    }

    private static Route Route(ClassTables tables, Step step, double longest)
    {
        AnswerPath path = tables.Path(step.Path);
        return new Route(
            path.Tier, path.Model, longest, double.IsFinite(path.LongestPromptTokens) ? Math.Floor(path.LongestPromptTokens) : double.PositiveInfinity, step.HasTimeout ? step.Timeout : double.PositiveInfinity,
            step.HasTimeout ? tables.Path(step.Fallback).Tier : Tiers.None);
    }

    /// <summary>By prompt: the share in time that is promised, or the best that any path gives where none keeps the promise.</summary>
    public static double[] Needed(ClassTables tables, double shareWithin)
    {
        double[] needed = new double[LengthGrid.Prompts];
        foreach (int path in tables.Open)
        {
            var step = new Step(path, double.PositiveInfinity, -1);
            for (int i = 0; i < tables.Fitting(step); i++)
            {
                needed[i] = Math.Max(needed[i], Math.Min(shareWithin, tables.Within(step, i, tables.Turns.TargetSeconds)));
            }
        }

        return needed;
    }

    // Sums over the first k prompts, per turn of the class; the prompts from the first and to the last at which the step gives none up.
    private static Totals[] Prefix(ClassTables tables, Step step, double[] needed, out int goodUpTo, out int goodFrom)
    {
        int fitting = tables.Fitting(step);
        var sums = new Totals[fitting + 1];
        (goodUpTo, goodFrom) = (fitting, 0);
        for (int i = 0; i < fitting; i++)
        {
            Totals at = tables.At(step, i);
            sums[i + 1] = sums[i].Plus(at.Times(1.0 / LengthGrid.Prompts));
            if (at.Within < needed[i] - 1e-12)
            {
                (goodUpTo, goodFrom) = (Math.Min(goodUpTo, i), i + 1);
            }
        }

        return sums;
    }

    private static ClassOption Option(Step low, int count, Step? high, Totals totals, int served, bool givesNoneUp) =>
        new(low, count, high, totals with { Unserved = 1 - ((double)served / LengthGrid.Prompts) }, Bits(low) | (high is { } h ? Bits(h) : 0), givesNoneUp);

    private static ulong Bits(Step step) => (1UL << step.Path) | (step.HasTimeout ? 1UL << step.Fallback : 0);
}
