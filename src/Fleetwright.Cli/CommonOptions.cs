using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Cli;

/// <summary>Options that several commands share, and the reading of quantities given on the command line.</summary>
public static class CommonOptions
{
    /// <summary><c>--json</c>: write the answer as JSON.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Write the answer as JSON." };

    /// <summary>An option whose value is a quantity with a unit, such as <c>--ttft '500 ms'</c>; read it with <see cref="Quantity"/>.</summary>
    public static Option<string?> QuantityOption(string name, string description, Dimension dimension) =>
        new(name) { Description = $"{description} Like {dimension.Example}.", HelpName = dimension.Name };

    /// <summary>Reads a quantity option in base units; null when it was not given.</summary>
    /// <exception cref="InputException">The text is not a quantity of that dimension, or outside the limits.</exception>
    public static double? Quantity(ParseResult parsed, Option<string?> option, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity)
    {
        if (parsed.GetValue(option) is not { } text)
        {
            return null;
        }

        if (!Catalog.Units.Quantity.TryParse(text, dimension, out double value, out string problem))
        {
            throw new InputException(option.Name, problem);
        }

        if (value < minimum || value > maximum)
        {
            throw new InputException(option.Name, FormattableString.Invariant($"found '{text}'; allowed: {minimum:g4} to {maximum:g4} {dimension.BaseUnit}").TrimEnd());
        }

        return value;
    }

    /// <summary>A file that is to be written, whose folder must be there; null when none was given.</summary>
    /// <exception cref="InputException">There is no such folder.</exception>
    public static string? InFolder(string? file, string option) =>
        file is null || Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))) ? file : throw new InputException(option, $"there is no folder '{Path.GetDirectoryName(Path.GetFullPath(file))}'");

    /// <summary>Whether an option stands on the command line, and not only its default.</summary>
    public static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Stops at the first of some options that stands on the command line.</summary>
    /// <exception cref="InputException">One does; it says why it must not.</exception>
    public static void Refuse(ParseResult parsed, IEnumerable<Option> options, string why)
    {
        if (options.FirstOrDefault(o => IsGiven(parsed, o)) is { } given)
        {
            throw new InputException(given.Name, why);
        }
    }

    /// <summary>Reads a whole-number option and checks its limits.</summary>
    /// <exception cref="InputException">The number is outside the limits.</exception>
    public static int Whole(ParseResult parsed, Option<int> option, int minimum, int maximum)
    {
        int value = parsed.GetValue(option);
        return value >= minimum && value <= maximum
            ? value
            : throw new InputException(option.Name, FormattableString.Invariant($"found {value}; allowed: a whole number from {minimum} to {maximum}"));
    }

    /// <summary>Reads a number option; null when it was not given.</summary>
    /// <exception cref="InputException">The text is not a number, or outside the limits.</exception>
    public static double? Number(ParseResult parsed, Option<string?> option, double minimum, double maximum) =>
        parsed.GetValue(option) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out double value) && value >= minimum && value <= maximum ? value
        : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a number from {minimum:0.#########} to {maximum:#,0}"));

    /// <summary>Reads a number format option such as <c>--dtype fp8</c>; <paramref name="absent"/> when it was not given.</summary>
    /// <exception cref="InputException">The format is unknown.</exception>
    public static Dtype Format(ParseResult parsed, Option<string?> option, Dtype absent)
    {
        string? text = parsed.GetValue(option);
        return text is null ? absent
            : Dtypes.TryParse(text, out Dtype dtype) ? dtype
            : throw new InputException(option.Name, $"found '{text}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
    }
}
