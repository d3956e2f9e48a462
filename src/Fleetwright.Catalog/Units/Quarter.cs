using System.Globalization;

namespace Fleetwright.Catalog.Units;

/// <summary>A calendar quarter such as <c>2024Q1</c>.</summary>
/// <param name="Index">Quarters since the year 0: <c>4 × year + (quarter − 1)</c>.</param>
public readonly record struct Quarter(int Index) : IComparable<Quarter>
{
    /// <summary>A calendar quarter contains a quarter of 365.25 days.</summary>
    public const double Seconds = 7889400;

    /// <summary>The calendar year.</summary>
    public int Year => Index / 4;

    /// <summary>1 to 4.</summary>
    public int OfYear => (Index % 4) + 1;

    /// <summary>Reads <c>2024Q1</c>.</summary>
    public static bool TryParse(string text, out Quarter quarter)
    {
        quarter = default;
        if (text.Length != 6 || text[4] is not ('Q' or 'q') || text[5] is < '1' or > '4'
            || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int year))
        {
            return false;
        }

        quarter = new Quarter((4 * year) + (text[5] - '1'));
        return true;
    }

    /// <summary>Reads a quarter that is known to be well formed.</summary>
    /// <exception cref="FormatException">The text is not like <c>2024Q1</c>.</exception>
    public static Quarter Parse(string text) =>
        TryParse(text, out Quarter quarter) ? quarter : throw new FormatException($"'{text}' is not a quarter such as 2024Q1");

    /// <summary>The quarter that lies <paramref name="quarters"/> later.</summary>
    public Quarter Plus(int quarters) => new(Index + quarters);

    /// <inheritdoc/>
    public int CompareTo(Quarter other) => Index.CompareTo(other.Index);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Year:0000}Q{OfYear}");

    /// <summary>Earlier.</summary>
    public static bool operator <(Quarter left, Quarter right) => left.Index < right.Index;

    /// <summary>Later.</summary>
    public static bool operator >(Quarter left, Quarter right) => left.Index > right.Index;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(Quarter left, Quarter right) => left.Index <= right.Index;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(Quarter left, Quarter right) => left.Index >= right.Index;
}
