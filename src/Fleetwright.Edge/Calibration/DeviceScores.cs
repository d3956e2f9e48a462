using Fleetwright.Catalog;
using Fleetwright.Catalog.Devices;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Edge.Calibration;

/// <summary>Speeds of measured rows from fits that have not seen them.</summary>
internal sealed class DeviceScores
{
    private readonly IReadOnlyList<AnsweredRow> _rows;
    private readonly Dictionary<string, AnsweredRow> _byId;
    private readonly Lazy<IReadOnlyList<DeviceCalibration>> _fit;

    /// <summary>Reads the table at <paramref name="path"/>.</summary>
    public DeviceScores(FleetCatalog catalog, string path)
    {
        Rows = AnsweredRow.ReadAll(path, catalog);
        _rows = [.. Rows.Where(r => r.MayBeFitted)];
        _byId = Rows.ToDictionary(r => r.Question.Id);
        _fit = new(() => DeviceCalibrator.Fit(Rows));
    }

    /// <summary>All rows, those too that are never fitted.</summary>
    public IReadOnlyList<AnsweredRow> Rows { get; }

    /// <summary>The fit of all rows that may be fitted.</summary>
    public IReadOnlyList<DeviceCalibration> Fitted => _fit.Value;

    /// <summary>Rows of one engine and kind of unit, each predicted without its group.</summary>
    /// <param name="engine">The engine's name.</param>
    /// <param name="unit">The kind of unit.</param>
    /// <param name="prefill">Prompts; else replies.</param>
    /// <param name="together">What is left out with a row.</param>
    public IEnumerable<(AnsweredRow Row, ScoredRow Score)> LeftOut(string engine, ComputeUnitKind unit, bool prefill, Func<SpeedPoint, string> together) =>
        from g in DeviceCalibrator.ByUnit(_rows.Where(r => r.Question.Engine == engine && r.Question.Unit == unit))
        from left in LineFit.LeaveOut(prefill ? DeviceCalibrator.PrefillPoints(g.Rows) : DeviceCalibrator.DecodePoints(g.Rows), together, prefill ? DeviceCalibrator.MostEfficientPrefill : 1)
        let row = _byId[left.Point.Id]
        let measured = prefill ? row.PrefillRate!.Value : row.DecodeRate!.Value
        select (row, new ScoredRow(engine, measured * left.Ratio, measured));

    /// <summary>Runs of ten minutes on phones, each predicted by the shares of the others.</summary>
    public IEnumerable<(AnsweredRow Row, ScoredRow Score)> Sustained() =>
        from left in SustainedCalibration.LeaveOneOut([.. SustainedCalibration.Points(_rows, Fitted)])
        let row = _byId[left.Point.Id]
        select (row, new ScoredRow(row.Question.Engine, row.DecodeRate!.Value * left.Ratio, row.DecodeRate!.Value));

    /// <summary>How many rows left out lie in the band of their class, two mean errors wide.</summary>
    public (int Inside, int All) InBand()
    {
        int inside = 0, all = 0;
        foreach (DeviceCalibration engine in Fitted.Where(e => e.Name != DeviceCalibrator.Any))
        {
            foreach (CalibratedClass of in engine.Classes.Where(c => c.Decode?.Error is not null))
            {
                double factor = 1 + (2 * of.Decode!.Error!.Value);
                double[] ratios = [.. LeftOut(engine.Name, of.Unit, false, p => p.Group).Where(l => l.Row.Question.Family == of.Family).Select(l => l.Score.Ratio)];
                all += ratios.Length;
                inside += ratios.Count(r => r <= factor && r >= 1 / factor);
            }
        }

        return (inside, all);
    }
}
