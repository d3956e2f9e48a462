using System.Globalization;

namespace Fleetwright.Catalog.Units;

/// <summary>Reads and writes quantities as text with a unit. Inside the engine a quantity is a <see cref="double"/> in the base unit of its <see cref="Dimension"/>.</summary>
public static class Quantity
{
    /// <summary>Reads <paramref name="text"/> such as <c>3.35 TB/s</c> or <c>$30,000</c> into base units.</summary>
    /// <param name="text">A number, then a unit of <paramref name="dimension"/>; thousands may be parted by commas.</param>
    /// <param name="dimension">What the value measures.</param>
    /// <param name="value">The value in base units, or NaN when reading fails.</param>
    /// <param name="problem">Empty on success; otherwise what was found and what is allowed.</param>
    /// <returns>Whether the text is a finite quantity of that dimension.</returns>
    public static bool TryParse(string text, Dimension dimension, out double value, out string problem)
    {
        value = double.NaN;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        bool negative = rest.StartsWith("-");
        if (negative)
        {
            rest = rest[1..];
        }

        bool money = rest.StartsWith("$");
        if (money)
        {
            rest = rest[1..].TrimStart();
        }

        int length = 0;
        while (length < rest.Length && (char.IsAsciiDigit(rest[length]) || rest[length] is '.' or ',' || IsExponent(rest, length)))
        {
            length++;
        }

        if (!TryParseNumber(rest[..length], out double number))
        {
            problem = $"'{text}' is not a number with a unit; write a {dimension.Name} such as {dimension.Example}";
            return false;
        }

        string unit = (money ? "$" : "") + rest[length..].Trim().ToString().Replace(" ", "", StringComparison.Ordinal);
        if (!dimension.TryFactor(unit, out double factor))
        {
            string found = unit.Length == 0 ? $"'{text}' has no unit" : $"'{unit}' is not a unit of {dimension.Name}";
            string allowed = string.Join(", ", dimension.Units.Where(u => u.Length > 0).Take(24));
            problem = $"{found}; write it like {dimension.Example} (units: {allowed})";
            return false;
        }

        if (!double.IsFinite(number * factor))
        {
            problem = $"'{text}' is too large to be a {dimension.Name}; write it like {dimension.Example}";
            return false;
        }

        value = (negative ? -number : number) * factor;
        problem = "";
        return true;
    }

    /// <summary>Reads a quantity that is known to be well formed; for constants in code and tests.</summary>
    /// <exception cref="FormatException">The text is not a quantity of that dimension.</exception>
    public static double Parse(string text, Dimension dimension) =>
        TryParse(text, dimension, out double value, out string problem) ? value : throw new FormatException(problem);

    /// <summary>Writes <paramref name="value"/> with the largest decimal prefix that keeps it at least one, to <paramref name="digits"/> significant digits: <c>3.35 TB/s</c>.</summary>
    public static string Format(double value, string unit, int digits = 3)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{value} {unit}").TrimEnd();
        }

        ReadOnlySpan<string> prefixes = ["p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"];
        int index = 4;
        double scaled = value;
        while (Math.Abs(RoundTo(scaled, digits)) >= 1000 && index < prefixes.Length - 1)
        {
            scaled /= 1000;
            index++;
        }

        while (Math.Abs(RoundTo(scaled, digits)) < 1 && index > 0)
        {
            scaled *= 1000;
            index--;
        }

        return $"{RoundTo(scaled, digits).ToString("0.############", CultureInfo.InvariantCulture)} {prefixes[index]}{unit}".TrimEnd();
    }

    /// <summary>Writes dollars: <c>$1.23</c> below a thousand, <c>$30,000</c> below a million, <c>$456 M</c> or <c>$7.89 B</c>, to three digits, above.</summary>
    public static string FormatDollars(double dollars)
    {
        double size = Math.Abs(dollars);
        string sign = dollars < 0 ? "-" : "";
        CultureInfo culture = CultureInfo.InvariantCulture;
        return size >= 1e9 ? string.Create(culture, $"{sign}${RoundTo(size / 1e9, 3):0.##} B")
            : size >= 1e6 ? string.Create(culture, $"{sign}${RoundTo(size / 1e6, 3):0.##} M")
            : size >= 1e3 ? string.Create(culture, $"{sign}${size:#,0}")
            : size == 0 ? "$0"
            : size >= 1 ? string.Create(culture, $"{sign}${size:0.00}")
            : string.Create(culture, $"{sign}${size:0.0000}");
    }

    /// <summary>Reads a finite number whose commas, if any, part thousands: <c>30,000</c> but not <c>3,35</c>, which would turn a decimal comma into a factor of a hundred.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<char> text, out double number)
    {
        ReadOnlySpan<char> whole = text[..(text.IndexOfAny('.', 'e', 'E') is var end and >= 0 ? end : text.Length)];
        int comma = whole.IndexOf(',');
        bool grouped = comma is >= 1 and <= 3;
        for (int at = comma; grouped && at < whole.Length; at += 4)
        {
            grouped = whole[at] == ',' && at + 3 < whole.Length && !whole[(at + 1)..(at + 4)].Contains(',');
        }

        number = double.NaN;
        return (comma < 0 || grouped) && !text[whole.Length..].Contains(',')
            && double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }

    private static bool IsExponent(ReadOnlySpan<char> text, int at) =>
        (text[at] is 'e' or 'E' && at > 0 && at + 1 < text.Length && (char.IsAsciiDigit(text[at + 1]) || (text[at + 1] is '+' or '-' && at + 2 < text.Length && char.IsAsciiDigit(text[at + 2]))))
        || (text[at] is '+' or '-' && at > 0 && text[at - 1] is 'e' or 'E');

    private static double RoundTo(double value, int digits)
    {
        if (value == 0)
        {
            return 0;
        }

        int before = (int)Math.Floor(Math.Log10(Math.Abs(value))) + 1;
        int after = Math.Clamp(digits - before, 0, 15);
        return Math.Round(value, after, MidpointRounding.AwayFromZero);
    }
}
