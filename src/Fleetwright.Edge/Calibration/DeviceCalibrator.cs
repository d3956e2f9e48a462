using Fleetwright.Catalog;
using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Calibration;

/// <summary>Fits the speeds of every engine on every family of units that measured rows hold: <c>fleetwright calibrate --only devices</c>.</summary>
public static class DeviceCalibrator
{
    /// <summary>The table, below the folder of public measurements.</summary>
    public const string File = "devices/on_device_llm.csv";

    /// <summary>The name of all engines, and of all families, together.</summary>
    internal const string Any = "any";
    internal const double MostEfficientPrefill = 1.5;
    private const int FewestRows = 3;
    private const double LongContext = 512;
    private const double LargestContextFactor = 12;

    /// <summary>Fits, and writes <c>ENGINE.yaml</c> for each engine and <c>any.yaml</c> for all together.</summary>
    /// <param name="catalog">Chips, engines and models.</param>
    /// <param name="rows">A table with the columns of <c>on_device_llm.csv</c>.</param>
    /// <param name="folder">Where the files go.</param>
    /// <returns>What was fitted, in the order of names.</returns>
    public static IReadOnlyList<DeviceCalibration> Run(FleetCatalog catalog, string rows, string folder)
    {
        IReadOnlyList<DeviceCalibration> fitted = Fit(AnsweredRow.ReadAll(rows, catalog));
        Directory.CreateDirectory(folder);
        foreach (DeviceCalibration engine in fitted)
        {
            System.IO.File.WriteAllText(Path.Combine(folder, engine.Name + ".yaml"), DeviceCalibrationWriter.Text(engine));
        }

        return fitted;
    }

    internal static IReadOnlyList<DeviceCalibration> Fit(IReadOnlyList<AnsweredRow> rows)
    {
        AnsweredRow[] usable = [.. rows.Where(r => r.MayBeFitted)];
        var engines = new List<DeviceCalibration>();
        foreach (IGrouping<string, AnsweredRow> engine in usable.GroupBy(r => r.Question.Engine).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            CalibratedClass[] classes = [.. ByUnit(engine).Select(g => Class(g.Unit, g.Family, g.Rows)).OfType<CalibratedClass>()];
            if (classes.Length > 0)
            {
                engines.Add(new DeviceCalibration { Name = engine.Key, Classes = classes });
            }
        }

        AnsweredRow[] all = [.. usable.Where(r => !r.Question.IsWarm && !r.Question.IsSustained)];
        IEnumerable<(ComputeUnitKind, string, AnsweredRow[])> kinds = all.GroupBy(r => r.Question.Unit).OrderBy(g => g.Key).Select(g => (g.Key, Any, g.ToArray()));
        engines.Add(new DeviceCalibration
        {
            Name = Any,
            Sustained = SustainedCalibration.Fit(usable, engines),
            Classes = [.. ByUnit(all).Concat(kinds).Select(g => Class(g.Item1, g.Item2, g.Item3)).OfType<CalibratedClass>()],
        });
        return engines;
    }

    /// <summary>The measured decode steps of one class that its line is fitted to.</summary>
    internal static IReadOnlyList<SpeedPoint> DecodePoints(IEnumerable<AnsweredRow> rows, double contextFactor = 1) =>
        [.. from r in rows
            where r.DecodeRate is not null && !r.Question.IsWarm && !r.Question.IsSustained && (!IsLong(r) || r.Question.KnownEngine?.ReadsWholeContext == true)
            let point = RowPoints.Decode(r.Question, contextFactor, null, 1 / r.DecodeRate!.Value)
            where point is not null
            select point];

    /// <summary>The measured prompts of one class.</summary>
    internal static IReadOnlyList<SpeedPoint> PrefillPoints(IEnumerable<AnsweredRow> rows) =>
        [.. from r in rows
            where r.PrefillRate is not null && r.Question.PromptTokens is not null && !r.Question.IsSustained
            let point = RowPoints.Prefill(r.Question, r.Question.PromptTokens!.Value, null, r.Question.PromptTokens!.Value / r.PrefillRate!.Value)
            where point is not null
            select point];

    internal static IEnumerable<(ComputeUnitKind Unit, string Family, AnsweredRow[] Rows)> ByUnit(IEnumerable<AnsweredRow> rows) =>
        rows.GroupBy(r => (r.Question.Unit, r.Question.Family)).OrderBy(g => g.Key.Unit).ThenBy(g => g.Key.Family, StringComparer.Ordinal).Select(g => (g.Key.Unit, g.Key.Family, g.ToArray()));

    private static CalibratedClass? Class(ComputeUnitKind unit, string family, AnsweredRow[] rows)
    {
        IReadOnlyList<SpeedPoint> decode = DecodePoints(rows), prefill = PrefillPoints(rows);
        if (decode.Count < FewestRows && prefill.Count < FewestRows)
        {
            return null;
        }

        SpeedFit? speed = decode.Count < FewestRows ? null : WithErrors(decode, 1);
        (double context, double warm) = speed is null ? (1, 1) : ContextOf(rows, speed);
        return new CalibratedClass
        {
            Unit = unit,
            Family = family,
            Decode = speed,
            Prefill = prefill.Count < FewestRows ? null : WithErrors(prefill, MostEfficientPrefill),
            ContextFactor = context,
            WarmFactor = warm,
        };
    }

    private static SpeedFit WithErrors(IReadOnlyList<SpeedPoint> points, double mostEfficient) => LineFit.Of(points, mostEfficient) with
    {
        Error = Mean(LineFit.LeaveOut(points, p => p.Group, mostEfficient)),
        TransferError = Mean(LineFit.LeaveOut(points, p => p.Chip, mostEfficient)),
    };

    private static double? Mean(IReadOnlyList<(SpeedPoint Point, double Ratio)> ratios) => ratios.Count < FewestRows ? null : ratios.Average(r => Math.Abs(r.Ratio - 1));

    private static bool IsLong(AnsweredRow row) => row.Question.ContextTokens > LongContext;

    // κ and the warm factor from rows with a long context: κ on a grid, the warm factor the median of what warm rows leave.
    private static (double Context, double Warm) ContextOf(AnsweredRow[] rows, SpeedFit fit)
    {
        AnsweredRow[] measured = [.. rows.Where(r => r.DecodeRate is not null && !r.Question.IsSustained && (r.Question.IsWarm || IsLong(r)) && r.Question.KnownEngine?.ReadsWholeContext != true)];
        if (measured.Length < FewestRows)
        {
            return (1, 1);
        }

        (double Context, double Warm, double Error) best = (1, 1, double.PositiveInfinity);
        for (double context = 0; context <= LargestContextFactor; context += 0.05)
        {
            (bool IsWarm, double Log)[] left = [.. from r in measured
                                                   let point = RowPoints.Decode(r.Question, context, null, 1 / r.DecodeRate!.Value)
                                                   where point is not null
                                                   select (r.Question.IsWarm, Math.Log(point.Seconds / LineFit.Seconds(fit, point)))];
            double[] warm = [.. left.Where(l => l.IsWarm).Select(l => l.Log).Order()];
            double factor = warm.Length == 0 ? 0 : Math.Max(0, warm[warm.Length / 2]);
            double error = left.Sum(l => Math.Abs(l.Log - (l.IsWarm ? factor : 0)));
            if (error < best.Error - 1e-9)
            {
                best = (context, Math.Exp(factor), error);
            }
        }

        return (best.Context, best.Warm);
    }
}
