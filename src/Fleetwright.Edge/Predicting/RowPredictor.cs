using Fleetwright.Catalog;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Calibration;

namespace Fleetwright.Edge.Predicting;

/// <summary>Predicts rows of measured runs from the calibration of the catalogue, without looking at what was measured. Equations: <c>docs/edge-predict.md</c>.</summary>
/// <param name="catalog">Chips, engines, models and calibration.</param>
internal sealed class RowPredictor(FleetCatalog catalog)
{
    private const double UnmeasuredFactor = 2;
    private const double UnknownChipFactor = 4;
    private const double UsualPrompt = 512;
    private const int FewestChips = 3;

    // What storage of phones and computers streams to a model that pages: estimates between UFS 3.1 (2.1 GB/s sequential at best) and its random reads.
    private const double FlashBytesPerSecond = 1.5e9;

    // Kinds of devices that rows name, and the lines of chips in them.
    private static readonly (string DeviceClass, string[] Families)[] s_lines =
    [
        ("phone", ["snapdragon-phone", "apple-a", "exynos", "tensor", "dimensity"]), ("mac", ["apple-m"]), ("pc", ["x86", "snapdragon-pc"]), ("headset", ["snapdragon-xr"]),
        ("edge", ["jetson", "broadcom", "rockchip", "horizon"]), ("tv-class", ["rockchip"]), ("auto", ["snapdragon-auto"]),
    ];

    private readonly DeviceCalibration? _any = catalog.DeviceCalibration.Find(DeviceCalibrator.Any);

    /// <summary>Predicts a row.</summary>
    public RowPrediction Predict(RowQuestion row)
    {
        if (row.Parameters is null)
        {
            return new RowPrediction(PredictionStatus.NoSize, null, null, null, null);
        }

        (string family, double bandwidth, double peak) = UnitOf(row);
        (CalibratedClass? decodes, bool ownDecode) = ClassOf(row, family, c => c.Decode is not null);
        (CalibratedClass? reads, _) = ClassOf(row, family, c => c.Prefill is not null);
        if (decodes is null)
        {
            return new RowPrediction(PredictionStatus.Unmeasured, null, null, null, null);
        }

        double penalty = row.IsInApp ? row.KnownEngine?.IntegrationPenalty.Value ?? 1 : 1;
        (double seconds, double sustainedError) = DecodeSeconds(row, decodes, bandwidth);
        seconds *= penalty;
        (PredictionStatus status, double factor) = Judge(row, decodes.Decode!, ownDecode, sustainedError);
        double rate = 1 / seconds;
        return new RowPrediction(status, PrefillRate(row, reads, bandwidth, peak) / penalty, rate, rate / factor, rate * factor);
    }

    private (double Seconds, double Error) DecodeSeconds(RowQuestion row, CalibratedClass of, double bandwidth)
    {
        SpeedPoint point = RowPoints.Decode(row, of.ContextFactor, bandwidth)!;
        double seconds = LineFit.Seconds(of.Decode!, point) * (row.IsWarm ? of.WarmFactor : 1);
        if (row.IsPaged)
        {
            return (seconds + (row.Bytes / FlashBytesPerSecond), 0);
        }

        // Only phones were run for ten minutes; boards and computers with a fan hold their speed.
        return row.IsSustained && row.DeviceClass == "phone" && _any?.Sustained is { } s
            ? (SustainedCalibration.Seconds(s.TimeShare, s.ByteShare, seconds, row.Bytes / bandwidth), s.Error)
            : (seconds, 0);
    }

    private static (PredictionStatus Status, double Factor) Judge(RowQuestion row, SpeedFit fit, bool own, double sustainedError)
    {
        if (row.Soc is null)
        {
            return (PredictionStatus.UnknownSoc, UnknownChipFactor);
        }

        if (row.IsPaged)
        {
            return (PredictionStatus.Pages, UnmeasuredFactor);
        }

        if (!own)
        {
            return (row.KnownEngine is null ? PredictionStatus.UnknownEngine : PredictionStatus.Unmeasured, UnmeasuredFactor);
        }

        bool plain = row.IsPlain && row.Format.IsKnown;
        if (plain && fit.Chips.ContainsKey(row.Soc.Title) && fit.Error is { } error)
        {
            return (PredictionStatus.Measured, 1 + (2 * Math.Max(error, sustainedError)));
        }

        // An assumed bandwidth is not one that a known error carries over to.
        bool published = row.Soc.Unit(row.Unit)?.ReadBandwidth?.Confidence is Confidence.High or Confidence.Medium;
        return plain && published && fit.Chips.Count >= FewestChips && fit.TransferError is { } transfer
            ? (PredictionStatus.Transferred, 1 + (2 * transfer))
            : (PredictionStatus.Unmeasured, UnmeasuredFactor);
    }

    private static double? PrefillRate(RowQuestion row, CalibratedClass? of, double bandwidth, double peak)
    {
        if (of?.Prefill is not { } fit)
        {
            return null;
        }

        double prompt = row.PromptTokens ?? UsualPrompt;
        double seconds = LineFit.Seconds(fit, RowPoints.Prefill(row, prompt, peak)!);
        return prompt / Math.Max(seconds, row.Bytes / bandwidth);
    }

    // The engine on this family; else all engines on it; else all engines on such units.
    private (CalibratedClass? Class, bool Own) ClassOf(RowQuestion row, string family, Func<CalibratedClass, bool> has)
    {
        CalibratedClass? own = Find(catalog.DeviceCalibration.Find(row.Engine), family);
        return own is not null ? (own, true) : (Find(_any, family) ?? Find(_any, DeviceCalibrator.Any), false);

        CalibratedClass? Find(DeviceCalibration? engine, string name) =>
            engine?.Classes.FirstOrDefault(c => c.Unit == row.Unit && c.Family == name && has(c));
    }

    // The chip's own unit; of an unknown chip the geometric mean of the chips of such devices.
    private (string Family, double Bandwidth, double Peak) UnitOf(RowQuestion row)
    {
        if (RowPoints.Bandwidth(row) is { } bandwidth && RowPoints.Peak(row) is { } peak)
        {
            return (row.Family, bandwidth, peak);
        }

        string[] lines = s_lines.FirstOrDefault(l => l.DeviceClass == row.DeviceClass).Families ?? [];
        Soc[] like = [.. catalog.Socs.All.Where(s => s.Unit(row.Unit) is not null && (lines.Length == 0 || lines.Contains(s.Family)))];
        like = like.Length > 0 ? like : [.. catalog.Socs.All.Where(s => s.Unit(row.Unit) is not null)];
        RowQuestion[] stands = [.. like.Select(s => row with { Soc = s })];
        string family = stands.GroupBy(s => s.Family).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).First().Key;
        return (family, RowPoints.Bandwidth(row) ?? Middle(RowPoints.Bandwidth), RowPoints.Peak(row) ?? Middle(RowPoints.Peak));

        double Middle(Func<RowQuestion, double?> of)
        {
            double[] logs = [.. stands.Select(s => of(s)).OfType<double>().Select(v => Math.Log(v))];
            return logs.Length == 0 ? double.NaN : Math.Exp(logs.Average());
        }
    }
}
