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

    /// <summary>The point nearest to being an answer; null without points.</summary>
    public ExploredPoint? Nearest => Points.Where(p => !p.IsAnswer).OrderBy(p => p.Violation).ThenBy(p => p.Index).FirstOrDefault();

    /// <summary>How many points each limit excludes, and how many it alone does; most first, limits that exclude none left out.</summary>
    public IReadOnlyList<ExclusionCount> Exclusions =>
        [.. Enum.GetValues<Exclusion>().Where(e => e != Exclusion.None)
            .Select(e => new ExclusionCount(e, Points.Count(p => p.Excluded.HasFlag(e)), Points.Count(p => p.Excluded == e)))
            .Where(c => c.Points > 0).OrderByDescending(c => c.Points).ThenBy(c => c.Limit)];

    /// <summary>The best answer in speed a dollar for each value of a parameter that has one.</summary>
    /// <param name="parameter">The place of the parameter.</param>
    public IReadOnlyList<(int Choice, ExploredPoint Point)> BestBy(int parameter) =>
        [.. Points.Where(p => p.IsAnswer).GroupBy(p => Explorer.Choices(p.Index)[parameter]).OrderBy(g => g.Key)
            .Select(g => (g.Key, g.OrderByDescending(p => p.PerDollar).ThenBy(p => p.Index).First()))];
}

/// <summary>What a limit excludes.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Points">Points that break it.</param>
/// <param name="Alone">Points that break nothing else.</param>
public sealed record ExclusionCount(Exclusion Limit, int Points, int Alone);
