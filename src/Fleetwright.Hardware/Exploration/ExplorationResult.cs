namespace Fleetwright.Hardware.Exploration;

/// <summary>What a search found.</summary>
public sealed class ExplorationResult
{
    internal ExplorationResult(Explorer explorer, IReadOnlyList<ExploredPoint> points, bool isPartial, bool isExhaustive)
    {
        Explorer = explorer;
        Points = points;
        IsPartial = isPartial;
        IsExhaustive = isExhaustive;
        Front = ParetoFront.Of(points);
    }

    /// <summary>The search.</summary>
    public Explorer Explorer { get; }

    /// <summary>Every point worked out, in the order in which it was.</summary>
    public IReadOnlyList<ExploredPoint> Points { get; }

    /// <summary>The answers that nothing beats in speed a dollar, speed a watt and latency at once; best speed a dollar first.</summary>
    public IReadOnlyList<ExploredPoint> Front { get; }

    /// <summary>Whether the search was stopped before its end.</summary>
    public bool IsPartial { get; }

    /// <summary>Whether the whole grid was to be worked out.</summary>
    public bool IsExhaustive { get; }

    /// <summary>How many points are answers.</summary>
    public int Answers => Points.Count(p => p.IsAnswer);

    /// <summary>The point nearest to being an answer, one that can be made if there is any; null without points.</summary>
    public ExploredPoint? Nearest => Points.Where(p => !p.IsAnswer).OrderBy(p => (p.Excluded & (Exclusion.Reticle | Exclusion.Cost)) != 0).ThenBy(p => p.Violation).ThenBy(p => p.Index).FirstOrDefault();

    /// <summary>How many points each limit excludes, and how many it alone does; most first, limits that exclude none left out.</summary>
    public IReadOnlyList<ExclusionCount> Exclusions =>
        [.. Enum.GetValues<Exclusion>().Where(e => e != Exclusion.None)
            .Select(e => new ExclusionCount(e, Points.Count(p => p.Excluded.HasFlag(e)), Points.Count(p => p.Excluded == e)))
            .Where(c => c.Points > 0).OrderByDescending(c => c.Points).ThenBy(c => c.Limit)];

    /// <summary>The best answer in speed a dollar on each node, and with each kind of memory, that has one; in the order of the specification.</summary>
    public IReadOnlyList<BestWith> Best
    {
        get
        {
            var best = new List<BestWith>();
            ExplorationSpec spec = Explorer.Specification;
            for (int p = 0; p < spec.Parameters.Count; p++)
            {
                if (!spec.Parameters[p].IsOrdered)
                {
                    int place = p;
                    string key = spec.Parameters[p].Key;
                    string Value(ExploredPoint point) => key == "memory" ? spec.Memories[Explorer.Choices(point.Index)[place]].Kind : spec.Nodes[Explorer.Choices(point.Index)[place]];
                    string[] order = [.. (key == "memory" ? spec.Memories.Select(m => m.Kind) : spec.Nodes).Distinct()];
                    best.AddRange(Points.Where(a => a.IsAnswer).GroupBy(Value).OrderBy(g => Array.IndexOf(order, g.Key))
                        .Select(g => new BestWith(key, g.Key, g.OrderByDescending(a => a.PerDollar).ThenBy(a => a.Index).First())));
                }
            }

            return best;
        }
    }
}

/// <summary>The best answer in speed a dollar with one value of a parameter that has no order.</summary>
/// <param name="Parameter"><c>node</c> or <c>memory</c>.</param>
/// <param name="Value">The node or the kind of memory.</param>
/// <param name="Point">The answer.</param>
public sealed record BestWith(string Parameter, string Value, ExploredPoint Point);

/// <summary>What a limit excludes.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Points">Points that break it.</param>
/// <param name="Alone">Points that break nothing else.</param>
public sealed record ExclusionCount(Exclusion Limit, int Points, int Alone);
