using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Calibration;

/// <summary>Writes <c>catalog/device-calibration/*.yaml</c>; the same fit gives the same bytes.</summary>
internal static class DeviceCalibrationWriter
{
    /// <summary>The text of a file.</summary>
    public static string Text(DeviceCalibration engine)
    {
        var text = new StringBuilder();
        text.Append("# yaml-language-server: $schema=../schemas/device-calibration.schema.json\n");
        text.Append("# Written by 'fleetwright calibrate --only devices' from shared/data/devices/on_device_llm.csv; do not edit by hand. Meaning of every key: docs/edge-devices.md.\n");
        text.Append(CultureInfo.InvariantCulture, $"name: {engine.Name}\nclasses:\n");
        foreach (CalibratedClass of in engine.Classes)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - unit: {of.Unit.ToString().ToLowerInvariant()}\n    family: {of.Family}\n");
            text.Append(CultureInfo.InvariantCulture, $"    context_factor: {of.ContextFactor:0.##}\n    warm_factor: {of.WarmFactor:0.###}\n");
            Append(text, "decode", of.Decode);
            Append(text, "prefill", of.Prefill);
        }

        if (engine.Sustained is { } sustained)
        {
            text.Append(CultureInfo.InvariantCulture, $"sustained:\n  time_share: {sustained.TimeShare:0.###}\n  byte_share: {sustained.ByteShare:0.###}\n  rows: {sustained.Rows}\n  error: {Percent(sustained.Error)}\n");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string key, SpeedFit? fit)
    {
        if (fit is null)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"    {key}:\n      efficiency: {Percent(fit.Efficiency)}\n      overhead: {fit.OverheadSeconds * 1e3:0.####} ms\n      rows: {fit.Rows}\n");
        text.Append(fit.Error is { } error ? $"      error: {Percent(error)}\n" : "").Append(fit.TransferError is { } transfer ? $"      transfer_error: {Percent(transfer)}\n" : "");
        Append(text, "chips", fit.Chips);
        Append(text, "formats", fit.Formats);
        Append(text, "models", fit.Models);
    }

    private static void Append(StringBuilder text, string key, IReadOnlyDictionary<string, double> factors)
    {
        text.Append(CultureInfo.InvariantCulture, $"      {key}:\n");
        foreach ((string name, double factor) in factors.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"        \"{name}\": {factor:0.####}\n");
        }
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###} %");
}
