using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>How well a family of operators was fitted.</summary>
/// <param name="Error">Mean absolute error of the time as a fraction of it, on rows not fitted.</param>
/// <param name="Median">Median absolute error, same rows.</param>
/// <param name="Rows">Measured rows behind the fit; 0 when the coefficients are a relative's.</param>
public readonly record struct FitQuality(double Error, double Median, int Rows)
{
    /// <summary>Absolute error that nine of ten rows keep; 0 when not recorded.</summary>
    public double P90 { get; init; }

    /// <summary>The errors by priced time, shortest first; empty when not recorded.</summary>
    public IReadOnlyList<RegimeQuality> Regimes { get => field ?? []; init; }

    /// <summary>Least and greatest sizes that were measured, size by size as the family orders them (docs/hardware.md, "Error bands"); empty when not recorded.</summary>
    public IReadOnlyList<(double Least, double Most)> Range { get => field ?? []; init; }

    /// <summary>Reads the keys <c>error</c>, <c>median_error</c>, <c>rows</c> and, where they are given, <c>p90_error</c>, <c>regimes</c> and <c>range</c>.</summary>
    public static FitQuality Read(YamlMap map) => new(
        map.Quantity("error", Dimension.Fraction, 0, 10), map.Quantity("median_error", Dimension.Fraction, 0, 10), (int)map.Integer("rows"))
    {
        P90 = map.OptionalQuantity("p90_error", Dimension.Fraction, 0, 100) ?? 0,
        Regimes = [.. map.Maps("regimes").Select(RegimeQuality.Read)],
        Range = [.. map.Texts("range").Select(text => ReadRange(map, text))],
    };

    private static (double, double) ReadRange(YamlMap map, string text)
    {
        string[] ends = text.Split("..");
        if (ends.Length == 2 && double.TryParse(ends[0], CultureInfo.InvariantCulture, out double least) && double.TryParse(ends[1], CultureInfo.InvariantCulture, out double most) && least <= most)
        {
            return (least, most);
        }

        map.Report("range", $"found '{text}'; allowed: a range such as 1..8192");
        return default;
    }
}

/// <summary>Errors of operators of about one length.</summary>
/// <param name="UpToSeconds">The longest priced time of the regime; infinite for the last.</param>
/// <param name="Error">Mean absolute error as a fraction.</param>
/// <param name="Median">Median absolute error.</param>
/// <param name="P90">Absolute error that nine of ten rows keep.</param>
/// <param name="Low">Measured ÷ priced time that one row of ten is below.</param>
/// <param name="High">Measured ÷ priced time that one row of ten is above.</param>
/// <param name="Rows">Rows.</param>
public readonly record struct RegimeQuality(double UpToSeconds, double Error, double Median, double P90, double Low, double High, int Rows)
{
    internal static RegimeQuality Read(YamlMap map) => new(
        map.OptionalQuantity("up_to", Dimension.Time, 0) ?? double.PositiveInfinity,
        map.Quantity("error", Dimension.Fraction, 0, 100),
        map.Quantity("median_error", Dimension.Fraction, 0, 100),
        map.Quantity("p90_error", Dimension.Fraction, 0, 100),
        map.Quantity("low", Dimension.Count, 0, 100),
        map.Quantity("high", Dimension.Count, 0, 100),
        (int)map.Integer("rows"));
}
