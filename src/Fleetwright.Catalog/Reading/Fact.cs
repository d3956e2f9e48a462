using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Reading;

/// <summary>How sure a value is.</summary>
public enum Confidence
{
    /// <summary>The maker's own paper, datasheet, filing, or a measurement read directly.</summary>
    High,

    /// <summary>Consistent secondary sources, or inferred from published figures.</summary>
    Medium,

    /// <summary>A single press, analyst or forum estimate.</summary>
    Low,

    /// <summary>A guess of ours, stated as such.</summary>
    Assumed,
}

/// <summary>A value with where it comes from and how far sources disagree.</summary>
/// <param name="Value">The central value in base units.</param>
/// <param name="Low">The lowest value that a source gives; equal to <paramref name="Value"/> when there is no range.</param>
/// <param name="High">The highest value that a source gives.</param>
/// <param name="Source">The full text of the source.</param>
/// <param name="Confidence">How sure the value is.</param>
public readonly record struct Fact(double Value, double Low, double High, string Source, Confidence Confidence)
{
    /// <summary>Whether sources disagree.</summary>
    public bool HasRange => Low < High;

    /// <summary>A fact without a range.</summary>
    public static Fact Of(double value, string source, Confidence confidence = Confidence.High) => new(value, value, value, source, confidence);

    /// <summary>The value itself, for arithmetic.</summary>
    public static implicit operator double(Fact fact) => fact.Value;

    /// <summary>The value itself, for arithmetic.</summary>
    public double ToDouble() => Value;
}

/// <summary>A value by quarter: given at some quarters, linear between them, held constant outside.</summary>
public sealed class QuarterlyFact
{
    private readonly (Quarter Quarter, double Value)[] _points;

    /// <summary>A series through <paramref name="points"/> (at least one).</summary>
    /// <param name="points">Values by quarter, in any order.</param>
    /// <param name="source">The full text of the source.</param>
    /// <param name="confidence">How sure the values are.</param>
    /// <param name="step">Whether a value holds until the next point instead of moving linearly towards it.</param>
    public QuarterlyFact(IEnumerable<(Quarter Quarter, double Value)> points, string source, Confidence confidence, bool step = false)
    {
        _points = [.. points.OrderBy(p => p.Quarter)];
        ArgumentOutOfRangeException.ThrowIfZero(_points.Length, nameof(points));
        Source = source;
        Confidence = confidence;
        IsStep = step;
    }

    /// <summary>The full text of the source.</summary>
    public string Source { get; }

    /// <summary>How sure the values are.</summary>
    public Confidence Confidence { get; }

    /// <summary>Whether a value holds until the next point.</summary>
    public bool IsStep { get; }

    /// <summary>The given points in time order.</summary>
    public IReadOnlyList<(Quarter Quarter, double Value)> Points => _points;

    /// <summary>The value in <paramref name="quarter"/>.</summary>
    public double At(Quarter quarter)
    {
        if (quarter <= _points[0].Quarter)
        {
            return _points[0].Value;
        }

        for (int i = 1; i < _points.Length; i++)
        {
            (Quarter before, double low) = _points[i - 1];
            (Quarter after, double high) = _points[i];
            if (quarter == after)
            {
                return high;
            }

            if (quarter < after)
            {
                return IsStep ? low : low + ((high - low) * (quarter.Index - before.Index) / (after.Index - before.Index));
            }
        }

        return _points[^1].Value;
    }
}

/// <summary>A fact as it was written, for lists of sources and assumptions.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">1-based line.</param>
/// <param name="Field">The path of the field.</param>
/// <param name="Text">The value as written, with its unit.</param>
/// <param name="Source">The full text of the source.</param>
/// <param name="Confidence">How sure the value is.</param>
/// <param name="Note">What the author adds, or empty.</param>
public sealed record WrittenFact(string File, long Line, string Field, string Text, string Source, Confidence Confidence, string Note);
