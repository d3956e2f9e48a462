namespace Fleetwright.Edge.Calibration;

/// <summary>A decode step's cost as fitted: seconds = overhead + ideal seconds / efficiency.</summary>
/// <param name="Efficiency">η, at most 1.</param>
/// <param name="OverheadSeconds">c, at least 0.</param>
internal readonly record struct DecodeFit(double Efficiency, double OverheadSeconds)
{
    /// <summary>Seconds of a step whose bytes take <paramref name="idealSeconds"/> at full bandwidth.</summary>
    public double Seconds(double idealSeconds) => OverheadSeconds + (idealSeconds / Efficiency);

    /// <summary>
    /// The pair with least Σ |ln(predicted / measured)| among all lines through two points, through one point and the origin, and
    /// through one point at η = 1; least absolute deviations have their optimum on such a line (exactly so for errors in time,
    /// closely for their logarithms), outliers do not pull them, and the search is the same on every machine.
    /// </summary>
    /// <param name="points">At least one.</param>
    public static DecodeFit Of(IReadOnlyList<DecodePoint> points)
    {
        ArgumentOutOfRangeException.ThrowIfZero(points.Count, nameof(points));
        var best = new DecodeFit(1, 0);
        double least = double.PositiveInfinity;
        for (int i = 0; i < points.Count; i++)
        {
            (double x, double t) = (points[i].IdealSeconds, points[i].MeasuredSeconds);
            Try(0, t / x);
            Try(t - x, 1);
            for (int j = 0; j < i; j++)
            {
                double slope = (t - points[j].MeasuredSeconds) / (x - points[j].IdealSeconds);
                Try(t - (slope * x), slope);
            }
        }

        return best;

        void Try(double overhead, double slope)
        {
            if (!(overhead >= 0 && slope >= 1 && double.IsFinite(slope)))
            {
                return;
            }

            var fit = new DecodeFit(1 / slope, overhead);
            double error = 0;
            foreach (DecodePoint point in points)
            {
                error += Math.Abs(Math.Log(fit.Seconds(point.IdealSeconds) / point.MeasuredSeconds));
            }

            if (error < least - 1e-12)
            {
                (best, least) = (fit, error);
            }
        }
    }

    /// <summary>Absolute relative errors of speed, each point predicted from the points of other groups.</summary>
    /// <param name="points">All points.</param>
    /// <param name="group">What is left out together with a point: itself, or its chip.</param>
    /// <returns>One error a point; empty when there is one group only.</returns>
    public static IReadOnlyList<double> LeaveOut<TGroup>(IReadOnlyList<DecodePoint> points, Func<DecodePoint, TGroup> group)
    {
        var errors = new List<double>(points.Count);
        foreach (DecodePoint point in points)
        {
            DecodePoint[] others = [.. points.Where(p => !EqualityComparer<TGroup>.Default.Equals(group(p), group(point)))];
            if (others.Length > 0)
            {
                errors.Add(Math.Abs((point.MeasuredSeconds / Of(others).Seconds(point.IdealSeconds)) - 1));
            }
        }

        return errors;
    }
}

/// <summary>One measured decode speed.</summary>
/// <param name="Id">Row name.</param>
/// <param name="Soc">Chip.</param>
/// <param name="IdealSeconds">Bytes over the unit's read bandwidth.</param>
/// <param name="MeasuredSeconds">Seconds per token.</param>
internal sealed record DecodePoint(string Id, string Soc, double IdealSeconds, double MeasuredSeconds);
