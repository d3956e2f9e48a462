namespace Fleetwright.Edge;

/// <summary>A value with the band that it is expected to lie in.</summary>
/// <param name="Value">The central estimate.</param>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
public readonly record struct Band(double Value, double Low, double High)
{
    /// <summary>A value that may be off by <paramref name="below"/> times downwards and <paramref name="above"/> times upwards (both at least 1).</summary>
    public static Band Around(double value, double below, double above) => new(value, value / below, value * above);

    /// <summary>A value known exactly.</summary>
    public static Band Exact(double value) => new(value, value, value);

    /// <summary><paramref name="numerator"/> / this, with the ends swapped.</summary>
    public Band Reciprocal(double numerator = 1) => new(numerator / Value, numerator / High, numerator / Low);

    /// <summary>This times <paramref name="factor"/> (at least 0).</summary>
    public Band Times(double factor) => new(Value * factor, Low * factor, High * factor);
}
