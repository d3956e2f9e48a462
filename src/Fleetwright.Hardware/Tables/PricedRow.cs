using System.Runtime.CompilerServices;
using Fleetwright.Hardware.Chips;

namespace Fleetwright.Hardware.Tables;

/// <summary>Where an operator lies in shape space: base-2 logarithms of its sizes. Unused places are 0.</summary>
[InlineArray(Length)]
public struct ShapePoint : IEquatable<ShapePoint>
{
    /// <summary>Sizes that a shape has at most.</summary>
    public const int Length = 8;

    private double _first;

    /// <summary>The point of some sizes; each counts from 1 (a size of 0 lies where 1 does).</summary>
    public static ShapePoint Of(params ReadOnlySpan<double> sizes)
    {
        var point = default(ShapePoint);
        for (int i = 0; i < sizes.Length; i++)
        {
            point[i] = Math.Log2(Math.Max(sizes[i], 1));
        }

        return point;
    }

    /// <inheritdoc/>
    public readonly bool Equals(ShapePoint other) => ((ReadOnlySpan<double>)this).SequenceEqual(other);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is ShapePoint other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (double x in this)
        {
            hash.Add(x);
        }

        return hash.ToHashCode();
    }

    /// <summary>Same point.</summary>
    public static bool operator ==(ShapePoint left, ShapePoint right) => left.Equals(right);

    /// <summary>Different points.</summary>
    public static bool operator !=(ShapePoint left, ShapePoint right) => !left.Equals(right);
}

/// <summary>One row of a table of operators, priced.</summary>
/// <param name="Seconds">Priced time.</param>
/// <param name="Bound">What holds it back.</param>
/// <param name="Category">What does not lie on a scale: kernel, number formats. Rows are refined from rows of their own category.</param>
/// <param name="Shape">What does.</param>
/// <param name="Floor">What a measured time of the row must be at least to be believed.</param>
/// <param name="Note">What to know of the price, such as a number format that the chip lacks; null for nothing. Without commas and quotes.</param>
public readonly record struct PricedRow(double Seconds, Bound Bound, string Category, ShapePoint Shape, MeasurementFloor Floor, string? Note = null);

/// <summary>The least times that a measurement of a row can have had: below them the row is defective.</summary>
/// <param name="Compute">Seconds at (a little above) the peak matrix rate.</param>
/// <param name="Memory">Seconds at (a little above) the memory bandwidth; 0 for sizes that caches may hold.</param>
public readonly record struct MeasurementFloor(double Compute, double Memory)
{
    /// <summary>Whether a measurement of <paramref name="seconds"/> is possible.</summary>
    public bool Allows(double seconds) => seconds > 0 && seconds >= Compute && seconds >= Memory;
}
