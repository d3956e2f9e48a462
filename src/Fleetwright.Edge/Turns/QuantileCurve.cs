using Fleetwright.Catalog.Devices;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Turns;

/// <summary>
/// A quantile function through measured points: the logarithm of the value is linear in the normal score between points and, with
/// the slope of the nearest pair, beyond them (a lognormal in pieces). One point gives a constant.
/// </summary>
public sealed class QuantileCurve
{
    private readonly (double Score, double Log)[] _points;

    /// <summary>The curve through <paramref name="points"/>.</summary>
    /// <param name="points">(probability, value), rising in both; at least one.</param>
    public QuantileCurve(params ReadOnlySpan<(double Probability, double Value)> points)
    {
        _points = new (double, double)[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            _points[i] = (Normal.Quantile(points[i].Probability), Math.Log(Math.Max(1e-12, points[i].Value)));
        }
    }

    /// <summary>Whether one value stands for all probabilities.</summary>
    public bool IsConstant => _points.Length == 1 || _points[0].Log == _points[^1].Log;

    /// <summary>The curve through a catalogue's quantiles.</summary>
    public static QuantileCurve Of(IReadOnlyList<QuantilePoint> points)
    {
        var plain = new (double, double)[points.Count];
        for (int i = 0; i < plain.Length; i++)
        {
            plain[i] = (points[i].Probability, points[i].Value.Value);
        }

        return new QuantileCurve(plain);
    }

    /// <summary>The value that a share <paramref name="probability"/> of cases stay under.</summary>
    public double At(double probability)
    {
        if (_points.Length == 1)
        {
            return Math.Exp(_points[0].Log);
        }

        double score = Normal.Quantile(probability);
        int i = 1;
        while (i < _points.Length - 1 && score > _points[i].Score)
        {
            i++;
        }

        (double s0, double l0) = _points[i - 1];
        (double s1, double l1) = _points[i];
        return Math.Exp(l0 + ((l1 - l0) * (score - s0) / (s1 - s0)));
    }
}
