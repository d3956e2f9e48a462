using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Reading;

/// <summary>A fact that was true in one quarter.</summary>
/// <param name="Quarter">When.</param>
/// <param name="Fact">The value, with its range.</param>
public readonly record struct DatedFact(Quarter Quarter, Fact Fact);

/// <summary>A fact that moves over time and whose sources disagree: value, low and high by quarter, linear between quarters, constant outside.</summary>
public sealed class DatedFacts
{
    private readonly DatedFact[] _points;

    /// <summary>A series through <paramref name="points"/>.</summary>
    /// <param name="points">Facts by quarter, in any order; at least one.</param>
    public DatedFacts(IEnumerable<DatedFact> points)
    {
        _points = [.. points.OrderBy(p => p.Quarter)];
        ArgumentOutOfRangeException.ThrowIfZero(_points.Length, nameof(points));
    }

    /// <summary>The given facts in time order.</summary>
    public IReadOnlyList<DatedFact> Points => _points;

    /// <summary>The fact in <paramref name="quarter"/>; between two points it names both sources and takes the lower confidence.</summary>
    public Fact At(Quarter quarter)
    {
        int after = Array.FindIndex(_points, p => p.Quarter >= quarter);
        if (after < 0)
        {
            return _points[^1].Fact;
        }

        if (after == 0 || _points[after].Quarter == quarter)
        {
            return _points[after].Fact;
        }

        (Quarter start, Fact from) = _points[after - 1];
        (Quarter end, Fact to) = _points[after];
        double share = (double)(quarter.Index - start.Index) / (end.Index - start.Index);
        double Between(double a, double b) => a + ((b - a) * share);
        return new Fact(
            Between(from.Value, to.Value), Between(from.Low, to.Low), Between(from.High, to.High),
            from.Source == to.Source ? from.Source : $"{from.Source}; {to.Source}",
            from.Confidence > to.Confidence ? from.Confidence : to.Confidence);
    }

    /// <summary>Reads a list of <c>{ quarter: 2024Q1, VALUE_KEY: fact }</c>; null when the key is absent or empty.</summary>
    /// <param name="map">The map that holds the list.</param>
    /// <param name="key">The key of the list.</param>
    /// <param name="valueKey">The key of the fact in each entry, which names its unit or meaning.</param>
    /// <param name="dimension">What the fact measures.</param>
    public static DatedFacts? Read(YamlMap map, string key, string valueKey, Dimension dimension)
    {
        DatedFact[] points = [.. map.Maps(key).Select(m => new DatedFact(m.Quarter("quarter"), m.Fact(valueKey, dimension)))];
        foreach (IGrouping<Quarter, DatedFact> twice in points.GroupBy(p => p.Quarter).Where(g => g.Count() > 1))
        {
            map.Report(key, $"quarter {twice.Key} is given twice");
        }

        return points.Length == 0 ? null : new DatedFacts(points);
    }
}
