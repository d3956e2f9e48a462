using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Chips;

/// <summary>What calibration says of a priced time.</summary>
/// <param name="Error">Mean absolute error of operators of its family and length, as a fraction, on rows not fitted.</param>
/// <param name="Low">Measured ÷ priced time that one of ten such operators is below.</param>
/// <param name="High">Measured ÷ priced time that one of ten such operators is above.</param>
public readonly record struct ErrorBand(double Error, double Low, double High)
{
    // Of a normal distribution of log ratios: nine of ten lie below 1.2816 σ, and the mean absolute deviation is 0.7979 σ.
    private const double TenthOverMean = 1.2816 / 0.7979;

    /// <summary>The band of a mean absolute error alone, ratios taken as log-normal about 1.</summary>
    public static ErrorBand Of(double error) => new(error, Math.Exp(-TenthOverMean * error), Math.Exp(TenthOverMean * error));
}

/// <summary>The calibrated errors of a family of operators, by priced time, ready to be looked up.</summary>
internal sealed class ErrorBands
{
    private readonly double[] _ends;
    private readonly ErrorBand[] _bands;
    private readonly (double Least, double Most)[] _range;

    /// <summary>Compiles what a calibration file records of a family.</summary>
    public ErrorBands(FitQuality quality)
    {
        IReadOnlyList<RegimeQuality> regimes = quality.Regimes;
        _range = [.. quality.Range];
        _ends = [.. regimes.Select(r => r.UpToSeconds)];
        _bands = regimes.Count > 0 ? [.. regimes.Select(r => new ErrorBand(r.Error, r.Low, r.High))] : quality.Error > 0 ? [ErrorBand.Of(quality.Error)] : [];
    }

    /// <summary>The band of an operator that is priced at <paramref name="seconds"/>; <paramref name="otherwise"/> for a family without a record.</summary>
    public ErrorBand At(double seconds, in ErrorBand otherwise)
    {
        if (_bands.Length == 0)
        {
            return otherwise;
        }

        int regime = 0;
        while (regime < _bands.Length - 1 && seconds > _ends[regime])
        {
            regime++;
        }

        return _bands[regime];
    }

    /// <summary>Whether sizes lie outside those that were measured (never, where no range is recorded).</summary>
    public bool Outside(double first, double second = double.NaN, double third = double.NaN)
    {
        return Beyond(0, first) || Beyond(1, second) || Beyond(2, third);

        // A size that is not given compares false with both ends.
        bool Beyond(int size, double value) => size < _range.Length && (value < _range[size].Least || value > _range[size].Most);
    }
}
