using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/devices/*.yaml</c>.</summary>
public static class DeviceReader
{
    private static readonly (string, DeviceKind)[] Kinds =
    [
        ("phone", DeviceKind.Phone), ("headset", DeviceKind.Headset), ("glasses", DeviceKind.Glasses),
        ("television", DeviceKind.Television), ("board", DeviceKind.Board), ("computer", DeviceKind.Computer),
    ];

    /// <summary>The names of unit kinds in files and on the command line.</summary>
    public static IReadOnlyList<(string Name, ComputeUnitKind Kind)> UnitKinds { get; } =
        [("cpu", ComputeUnitKind.Cpu), ("gpu", ComputeUnitKind.Gpu), ("npu", ComputeUnitKind.Npu)];

    /// <summary>Reads a device.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static Device Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap memory = root.Map("memory");
        YamlMap power = root.Map("power");
        var device = new Device
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Vendor = root.Text("vendor"),
            Kind = root.Choice("kind", Kinds),
            WhatIf = root.Flag("what_if"),
            Soc = root.Text("soc"),
            Units = [.. root.Maps("units").Select(ReadUnit)],
            MemoryKind = memory.Text("kind"),
            MemoryCapacity = memory.Fact("capacity", Dimension.Bytes, 1),
            AppMemoryLimit = memory.Fact("app_limit", Dimension.Bytes, 1),
            MemoryBandwidth = memory.OptionalFact("bandwidth", Dimension.ByteRate, 1),
            Battery = power.OptionalFact("battery", Dimension.Energy, 1),
            IdlePower = power.Fact("idle", Dimension.Power, 1e-6),
            InUsePower = power.Fact("in_use", Dimension.Power, 1e-6),
            SustainedPower = power.Fact("sustained", Dimension.Power, 1e-6),
            BurstPower = power.Fact("burst", Dimension.Power, 1e-6),
            ThermalTimeConstant = power.Fact("thermal_time_constant", Dimension.Time, 1),
            RenderLoads = [.. root.Maps("render_loads").Select(ReadLoad)],
            Speech = root.OptionalMap("speech") is { } s
                ? new DeviceSpeech(s.Fact("recogniser", Dimension.Time), s.Fact("synthesiser", Dimension.Time))
                : null,
            Tether = root.OptionalText("tether"),
        };
        if (device.Units.Count == 0)
        {
            root.Report("units", "needs at least one compute unit (cpu, gpu or npu)");
        }

        if (device.Units.Select(u => u.Kind).Distinct().Count() < device.Units.Count)
        {
            root.Report("units", "lists a kind of unit twice; give each of cpu, gpu and npu once");
        }

        if (device.BurstPower.Value < device.SustainedPower.Value)
        {
            power.Report("burst", "must be at least the sustained power");
        }

        return device;
    }

    private static ComputeUnit ReadUnit(YamlMap map)
    {
        var rates = new Dictionary<Dtype, Fact>();
        YamlMap peaks = map.Map("peak_rates");
        foreach (string key in peaks.Keys)
        {
            Fact rate = peaks.Fact(key, Dimension.OperationRate, 1);
            if (Dtypes.TryParse(key, out Dtype dtype))
            {
                rates[dtype] = rate;
            }
            else
            {
                peaks.Report(key, $"found '{key}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        return new ComputeUnit
        {
            Kind = map.Choice("kind", UnitKinds),
            Title = map.Text("title"),
            Family = map.Text("family"),
            ReadBandwidth = map.OptionalFact("read_bandwidth", Dimension.ByteRate, 1),
            PeakRates = rates,
            MemoryLimit = map.OptionalFact("memory_limit", Dimension.Bytes, 1),
            EnergyPerByte = map.Fact("energy_per_byte", Dimension.Energy),
            EnergyPerToken = map.Fact("energy_per_token", Dimension.Energy),
            EnergyPerOperation = map.Fact("energy_per_operation", Dimension.Energy),
        };
    }

    private static RenderLoad ReadLoad(YamlMap map) =>
        new(
            map.Text("name"), map.Fact("refresh_rate", Dimension.Frequency, 1), map.Fact("gpu_share", Dimension.Fraction, 0, 1),
            map.Fact("bandwidth", Dimension.ByteRate), map.Fact("power", Dimension.Power));
}
