using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Calibration;

/// <summary>Speed after ten minutes from the speed of a cool case: joules of the engine's own time and joules of its bytes against the watts that a case sheds.</summary>
internal static class SustainedCalibration
{
    // What an iPhone 17 Pro sheds: 4.2 to 4.93 W in the series that states its watts run by run; an earlier series of the source held 6.2 W and is another case.
    private const double LeastWatts = 4;
    private const double MostWatts = 5;
    private const int FewestRows = 4;
    private const double Step = 0.02;
    private const double Most = 2.4;

    /// <summary>One pair of shares for all engines; null with too few.</summary>
    public static SustainedFit? Fit(IEnumerable<AnsweredRow> rows, IReadOnlyList<DeviceCalibration> engines)
    {
        SustainedPoint[] points = [.. Points(rows, engines)];
        if (points.Length < FewestRows)
        {
            return null;
        }

        (double time, double bytes) = Shares(points);
        return new SustainedFit(time, bytes, points.Length, LeaveOneOut(points).Average(p => Math.Abs(p.Ratio - 1)));
    }

    /// <summary>Each row's predicted over measured speed from the others.</summary>
    public static IEnumerable<(SustainedPoint Point, double Ratio)> LeaveOneOut(IReadOnlyList<SustainedPoint> points) =>
        from point in points
        let shares = Shares([.. points.Where(p => p != point)])
        select (point, point.Seconds / Seconds(shares.Time, shares.Bytes, point.CoolSeconds, point.IdealSeconds));

    /// <summary>Seconds a token after ten minutes.</summary>
    public static double Seconds(double timeShare, double byteShare, double coolSeconds, double idealSeconds) =>
        Math.Max(coolSeconds, (timeShare * coolSeconds) + (byteShare * idealSeconds));

    /// <summary>Rows of ten minutes that shed the watts of the case, with the time of a cool case as the engine's fit has it.</summary>
    public static IEnumerable<SustainedPoint> Points(IEnumerable<AnsweredRow> rows, IReadOnlyList<DeviceCalibration> engines) =>
        from r in rows
        where r.Question.IsSustained && r.DecodeRate is not null && r.Question.DeviceClass == "phone" && r.Watts is >= LeastWatts and <= MostWatts
        let fit = engines.FirstOrDefault(e => e.Name == r.Question.Engine)?.Classes.FirstOrDefault(c => c.Unit == r.Question.Unit && c.Family == r.Question.Family)?.Decode
        let point = fit is null ? null : RowPoints.Decode(r.Question, 0)
        where point is not null
        select new SustainedPoint(r.Question.Id, LineFit.Seconds(fit, point), point.IdealSeconds, 1 / r.DecodeRate!.Value);

    // Least absolute log error on a grid; with few rows the optimum is flat.
    private static (double Time, double Bytes) Shares(IReadOnlyList<SustainedPoint> points)
    {
        (double Time, double Bytes, double Error) best = (0, 0, double.PositiveInfinity);
        for (double time = 0; time <= Most; time += Step)
        {
            for (double bytes = 0; bytes <= Most; bytes += Step)
            {
                double error = 0;
                foreach (SustainedPoint point in points)
                {
                    error += Math.Abs(Math.Log(Seconds(time, bytes, point.CoolSeconds, point.IdealSeconds) / point.Seconds));
                }

                if (error < best.Error - 1e-9)
                {
                    best = (time, bytes, error);
                }
            }
        }

        return (best.Time, best.Bytes);
    }
}

/// <summary>One run of ten minutes.</summary>
/// <param name="Id">Row.</param>
/// <param name="CoolSeconds">Predicted seconds a token of a cool case.</param>
/// <param name="IdealSeconds">Bytes over bandwidth.</param>
/// <param name="Seconds">Measured seconds a token.</param>
internal sealed record SustainedPoint(string Id, double CoolSeconds, double IdealSeconds, double Seconds);
