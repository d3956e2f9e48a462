using System.Globalization;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Judges any policy of a question by its distributions: every route at every prompt of the grid, in every part of the day.</summary>
internal sealed class PolicyEvaluator
{
    /// <summary>Turns that may go unanswered: the tail of an unbounded lognormal.</summary>
    public const double Negligible = 1e-4;

    private const double LeastSeconds = 1e-3;
    private const double MostSeconds = 1e5;
    private readonly PlacementQuestion _question;

    public PolicyEvaluator(PlacementQuestion question)
    {
        _question = question;
        Classes = [.. Enumerable.Range(0, question.Classes.Count).Select(c => new ClassTables(question, c))];
        Limits = new UseLimits(question);
    }

    public IReadOnlyList<ClassTables> Classes { get; }

    public UseLimits Limits { get; }

    /// <summary>The steps of a class's routes, and how many of the grid's prompts each takes up to.</summary>
    /// <exception cref="ArgumentException">A route names a tier and model that the class does not have.</exception>
    public static IReadOnlyList<(Step Step, int End)> Steps(ClassTables tables, ClassRoutes routes)
    {
        var steps = new List<(Step, int)>();
        foreach (Route route in routes.Routes)
        {
            int path = -1;
            for (int p = 0; p < tables.Paths && path < 0; p++)
            {
                path = tables.Path(p).Tier == route.Tier && tables.Path(p).Model == route.Model ? p : -1;
            }

            int fallback = route.Fallback == Tiers.None ? -1 : PolicySpace.FirstOf(tables, route.Fallback);
            if (path < 0 || !tables.Open.Contains(path) || (route.Fallback != Tiers.None && fallback < 0))
            {
                throw new ArgumentException($"{routes.Class}: no path {route.Tier} {route.Model} with fallback {route.Fallback} is open to it", nameof(routes));
            }

            int end = LengthGrid.Prompts;
            if (double.IsFinite(route.LongestPromptTokens))
            {
                end = 0;
                while (end < LengthGrid.Prompts && tables.Grid.Limit[end] <= route.LongestPromptTokens)
                {
                    end++;
                }
            }

            steps.Add((new Step(path, route.TimeoutSeconds, fallback), end));
        }

        return steps;
    }

    /// <summary>Judges a policy.</summary>
    public JudgedPolicy Judge(Policy policy)
    {
        var byClass = new List<ClassMetrics>();
        Totals all = default;
        var steps = new List<IReadOnlyList<(Step Step, int End)>>();
        for (int c = 0; c < Classes.Count; c++)
        {
            steps.Add(Steps(Classes[c], policy.Classes[c]));
            Totals totals = TotalsOf(Classes[c], steps[c]);
            all = all.Plus(totals.Times(Classes[c].Turns.Share));
            byClass.Add(new ClassMetrics(
                Classes[c].Turns.Name, totals.Within, Quantile(steps, 0.95, 0, c), totals.Joules, totals.Dollars, totals.Requests, totals.Unserved));
        }

        double p95 = Quantile(steps, 0.95, 0, null);
        var metrics = new PolicyMetrics
        {
            ShareWithinTarget = all.Within,
            P50Seconds = Quantile(steps, 0.5, 0, null),
            P95Seconds = p95,
            P95Band = new Band(p95, Quantile(steps, 0.95, -1, null), Quantile(steps, 0.95, 1, null)),
            JoulesPerTurn = all.Joules,
            BatteryPerTurn = all.Joules / _question.BatteryJoules,
            BatteryHours = Limits.Hours(all.Joules),
            MinutesToThrottle = Limits.SecondsToThrottle(all.Heat) / 60,
            RamBytes = Resident(Classes, Uses(steps), Tiers.Device),
            DollarsPerTurn = all.Dollars,
            CloudTurnsPerTurn = all.Requests,
            UnservedShare = all.Unserved,
            Classes = byClass,
        };
        return new JudgedPolicy(policy, metrics, MissedBy(metrics, Resident(Classes, Uses(steps), Tiers.Phone)));
    }

    /// <summary>Per turn of a class under its steps.</summary>
    public static Totals TotalsOf(ClassTables tables, IReadOnlyList<(Step Step, int End)> steps)
    {
        Totals sum = default;
        int from = 0, served = 0;
        foreach ((Step step, int end) in steps)
        {
            for (int i = from; i < Math.Min(end, tables.Fitting(step)); i++)
            {
                sum = sum.Plus(tables.At(step, i));
                served++;
            }

            from = Math.Max(from, end);
        }

        return sum.Times(1.0 / LengthGrid.Prompts) with { Unserved = 1 - ((double)served / LengthGrid.Prompts) };
    }

    /// <summary>Bytes of the distinct models that the paths in <paramref name="uses"/> hold on a tier.</summary>
    public static double Resident(IReadOnlyList<ClassTables> classes, ulong uses, Tiers tier)
    {
        ClassTables any = classes[0];
        double bytes = 0;
        for (int p = 0; p < any.Paths; p++)
        {
            AnswerPath path = any.Path(p);
            bool earlier = false;
            for (int q = 0; q < p && !earlier; q++)
            {
                earlier = (uses & (1UL << q)) != 0 && any.Path(q).Tier == tier && any.Path(q).Model == path.Model;
            }

            bytes += (uses & (1UL << p)) != 0 && path.Tier == tier && !earlier ? path.RamBytes : 0;
        }

        return bytes;
    }

    private List<string> MissedBy(PolicyMetrics metrics, double phoneBytes)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        const double gib = 1024.0 * 1024 * 1024;
        var missed = new List<string>();
        for (int c = 0; c < Classes.Count; c++)
        {
            ClassMetrics m = metrics.Classes[c];
            if (m.UnservedShare > Negligible)
            {
                missed.Add(string.Create(culture, $"{m.Class}: {m.UnservedShare * 100:0.#} % of its turns can be answered nowhere"));
            }
            else if (m.ShareWithinTarget < _question.ShareWithin)
            {
                missed.Add(string.Create(
                    culture, $"{m.Class}: {m.ShareWithinTarget * 100:0.0} % of its turns are answered within {Classes[c].Turns.TargetSeconds:0.00} s, {_question.ShareWithin * 100:0.#} % are promised; p95 is {m.P95Seconds:0.00} s"));
            }
        }

        if (metrics.BatteryHours is { } hours && hours < _question.BatteryHours * (1 - 1e-12))
        {
            missed.Add(string.Create(culture, $"the battery lasts {hours:0.00} h of use, {_question.BatteryHours:0.##} h are promised{(Limits.JoulesLimit < 0 ? string.Create(culture, $" and use without a single turn gives {Limits.Hours(0):0.00} h") : "")}"));
        }

        if (metrics.MinutesToThrottle * 60 < Limits.SessionSeconds * (1 - 1e-9))
        {
            missed.Add(string.Create(culture, $"the case is warm after {metrics.MinutesToThrottle:0.0} min of use, a day's use is {Limits.SessionSeconds / 60:0} min"));
        }

        AddRam(metrics.RamBytes, _question.DeviceMemoryBytes, "device");
        AddRam(phoneBytes, _question.PhoneMemoryBytes, "phone");
        return missed;

        void AddRam(double bytes, double limit, string where)
        {
            if (bytes > limit)
            {
                missed.Add(string.Create(culture, $"the models on the {where} take {bytes / gib:0.00} GiB together: {(bytes - limit) / gib:0.00} GiB too much"));
            }
        }
    }

    private static ulong Uses(IReadOnlyList<IReadOnlyList<(Step Step, int End)>> steps)
    {
        ulong uses = 0;
        foreach ((Step step, _) in steps.SelectMany(s => s))
        {
            uses |= (1UL << step.Path) | (step.HasTimeout ? 1UL << step.Fallback : 0);
        }

        return uses;
    }

    // By bisection on the share within; of the turns that are answered. NaN when none is.
    private double Quantile(List<IReadOnlyList<(Step Step, int End)>> steps, double probability, double slow, int? only)
    {
        double low = LeastSeconds, high = MostSeconds;
        (double _, double served) = Within(high);
        if (served <= 0)
        {
            return double.NaN;
        }

        while (high / low > 1 + 1e-5)
        {
            double middle = Math.Sqrt(low * high);
            (low, high) = Within(middle).Share >= probability * served ? (low, middle) : (middle, high);
        }

        return high;

        (double Share, double Served) Within(double seconds)
        {
            double share = 0, all = 0;
            for (int c = only ?? 0; c < (only + 1 ?? steps.Count); c++)
            {
                ClassTables tables = Classes[c];
                double weight = tables.Turns.Share / LengthGrid.Prompts;
                int from = 0;
                foreach ((Step step, int end) in steps[c])
                {
                    for (int i = from; i < Math.Min(end, tables.Fitting(step)); i++)
                    {
                        share += weight * tables.Within(step, i, seconds, slow);
                        all += weight;
                    }

                    from = Math.Max(from, end);
                }
            }

            return (share, all);
        }
    }
}
