using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/device-calibration/*.yaml</c>.</summary>
public static class DeviceCalibrationReader
{
    /// <summary>Reads the speeds of an engine.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static DeviceCalibration Read(YamlFile file) => new()
    {
        Name = file.Root.Text("name"),
        Classes = [.. file.Root.Maps("classes").Select(ReadClass)],
        Sustained = file.Root.OptionalMap("sustained") is { } s
            ? new SustainedFit(s.Quantity("time_share", Dimension.Count), s.Quantity("byte_share", Dimension.Count), (int)s.Integer("rows"), s.Quantity("error", Dimension.Fraction, 0, 100))
            : null,
    };

    private static CalibratedClass ReadClass(YamlMap map) => new()
    {
        Unit = map.Choice("unit", DeviceReader.UnitKinds),
        Family = map.Text("family"),
        WarmFactor = map.OptionalQuantity("warm_factor", Dimension.Count, 0.01, 100) ?? 1,
        ContextFactor = map.OptionalQuantity("context_factor", Dimension.Count, 0, 100) ?? 1,
        Decode = map.OptionalMap("decode") is { } decode ? ReadFit(decode) : null,
        Prefill = map.OptionalMap("prefill") is { } prefill ? ReadFit(prefill) : null,
    };

    private static SpeedFit ReadFit(YamlMap map) => new()
    {
        Efficiency = map.Quantity("efficiency", Dimension.Fraction, 1e-6, 10),
        OverheadSeconds = map.Quantity("overhead", Dimension.Time),
        Rows = (int)map.Integer("rows"),
        Error = map.OptionalQuantity("error", Dimension.Fraction, 0, 100),
        TransferError = map.OptionalQuantity("transfer_error", Dimension.Fraction, 0, 100),
        Chips = Factors(map, "chips"),
        Formats = Factors(map, "formats"),
        Models = Factors(map, "models"),
    };

    private static Dictionary<string, double> Factors(YamlMap map, string key)
    {
        var factors = new Dictionary<string, double>(StringComparer.Ordinal);
        if (map.OptionalMap(key) is { } values)
        {
            foreach (string name in values.Keys)
            {
                factors[name] = values.Quantity(name, Dimension.Count, 1e-3, 1e3);
            }
        }

        return factors;
    }
}
