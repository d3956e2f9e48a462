using System.Globalization;

namespace Fleetwright.Hardware.Calibration;

/// <summary>How far predictions are from measurements: the one place where ratios become errors.</summary>
/// <param name="Rows">Rows scored.</param>
/// <param name="Mape">Mean of |predicted ÷ measured − 1|; NaN without rows.</param>
/// <param name="Median">Median of it; of an even number of rows the upper one.</param>
/// <param name="P90">What nine of ten rows keep.</param>
/// <param name="Largest">The largest.</param>
/// <param name="Bias">Geometric mean of predicted ÷ measured, less 1: positive when predictions are too slow.</param>
public readonly record struct ErrorScore(int Rows, double Mape, double Median, double P90, double Largest, double Bias)
{
    /// <summary>Scores predicted ÷ measured.</summary>
    public static ErrorScore Of(IEnumerable<double> ratios)
    {
        double[] all = [.. ratios];
        if (all.Length == 0)
        {
            return new ErrorScore(0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        }

        double[] errors = [.. all.Select(r => Math.Abs(r - 1))];
        Array.Sort(errors);
        return new ErrorScore(
            all.Length, errors.Average(), errors[errors.Length / 2], errors[errors.Length * 9 / 10], errors[^1], Math.Exp(all.Average(Math.Log)) - 1);
    }

    /// <summary>Scores pairs of predicted and measured.</summary>
    public static ErrorScore Of(IEnumerable<ScoredRow> rows) => Of(rows.Select(r => r.Ratio));

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"n {Rows}, MAPE {Mape:P1}, median {Median:P1}, p90 {P90:P1}, bias {Bias:+0.0 %;-0.0 %}");
}

/// <summary>One prediction beside its measurement, in the same unit.</summary>
/// <param name="Group">What it belongs to: a number format, an engine, a set of runs.</param>
/// <param name="Predicted">What the program says.</param>
/// <param name="Measured">What was measured.</param>
public readonly record struct ScoredRow(string Group, double Predicted, double Measured)
{
    /// <summary>Predicted ÷ measured.</summary>
    public double Ratio => Predicted / Measured;
}
