using System.Globalization;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Exploration;

/// <summary>Reads one value, or a range such as <c>1 GHz .. 1.4 GHz step 0.1 GHz</c> with both ends in it.</summary>
internal static class ValueRange
{
    /// <summary>The most values of a parameter.</summary>
    public const int Most = 1000;

    // Steps such as 0.1 do not add up exactly in binary; the last value may be this share of a step beyond the end.
    private const double Slack = 1e-6;

    /// <summary>The values of <paramref name="text"/> in base units.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Read(string text, Dimension dimension, out IReadOnlyList<double> values)
    {
        values = [];
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            return Quantity.TryParse(text, dimension, out double one, out string wrong) ? Ok([one], out values) : wrong;
        }

        int step = text.IndexOf("step", dots, StringComparison.Ordinal);
        if (step < 0)
        {
            return $"found '{text}'; allowed: a range with its step, such as '8 .. 16 step 2' with units, or a list";
        }

        if (!Quantity.TryParse(text[..dots], dimension, out double from, out string problem)
            || !Quantity.TryParse(text[(dots + 2)..step], dimension, out double to, out problem)
            || !Quantity.TryParse(text[(step + 4)..], dimension, out double by, out problem))
        {
            return $"in '{text}': {problem}";
        }

        if (!(by > 0) || to < from)
        {
            return $"found '{text}'; allowed: a step above zero and an end that is not below the start";
        }

        double steps = Math.Floor(((to - from) / by) + Slack);
        if (steps >= Most)
        {
            return string.Create(CultureInfo.InvariantCulture, $"'{text}' has {steps + 1:#,0} values; allowed: at most {Most:#,0}");
        }

        double[] found = new double[(int)steps + 1];
        for (int i = 0; i < found.Length; i++)
        {
            // Twelve digits, so that the third step of 0.1 from 1 is 1.3 and not 1.3000000000000003.
            found[i] = double.Parse((from + (i * by)).ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        }

        return Ok(found, out values);
    }

    private static string? Ok(IReadOnlyList<double> found, out IReadOnlyList<double> values)
    {
        values = found;
        return null;
    }
}
