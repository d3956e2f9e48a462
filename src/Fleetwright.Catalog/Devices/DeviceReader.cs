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
    /// <param name="socs">Where its system-on-chip is found.</param>
    public static Device Read(YamlFile file, CatalogFolder<Soc> socs)
    {
        YamlMap root = file.Root;
        YamlMap memory = root.Map("memory");
        YamlMap power = root.Map("power");
        string chip = root.Text("soc");
        Soc? soc = socs.Find(chip);
        if (soc is null && chip.Length > 0)
        {
            root.Report("soc", socs.NotFound(chip));
        }

        var device = new Device
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Vendor = root.Text("vendor"),
            Kind = root.Choice("kind", Kinds),
            WhatIf = root.Flag("what_if"),
            Soc = soc?.Title ?? chip,
            Units = soc?.Units ?? [],
            MemoryKind = soc?.MemoryKind ?? "",
            MemoryCapacity = memory.Fact("capacity", Dimension.Bytes, 1),
            AppMemoryLimit = memory.Fact("app_limit", Dimension.Bytes, 1),
            MemoryBandwidth = soc?.MemoryBandwidth,
            FlashRead = memory.OptionalFact("flash_read", Dimension.ByteRate, 1),
            Battery = power.OptionalFact("battery", Dimension.Energy, 1),
            IdlePower = power.Fact("idle", Dimension.Power, 1e-6),
            InUsePower = power.Fact("in_use", Dimension.Power, 1e-6),
            SustainedPower = power.Fact("sustained", Dimension.Power, 1e-6),
            BurstPower = power.Fact("burst", Dimension.Power, 1e-6),
            ThermalTimeConstant = power.Fact("thermal_time_constant", Dimension.Time, 1),
            Display = root.OptionalMap("display") is { } d
                ? new DeviceDisplay(d.Fact("refresh_rate", Dimension.Frequency, 1), d.Fact("pixels", Dimension.Count, 1), d.OptionalFact("passthrough", Dimension.Time))
                : null,
            RenderLoads = [.. root.Maps("render_loads").Select(ReadLoad)],
            Speech = root.OptionalMap("speech") is { } s
                ? new DeviceSpeech(s.Fact("recogniser", Dimension.Time), s.Fact("synthesiser", Dimension.Time))
                : null,
            Tether = root.OptionalText("tether"),
        };
        if (device.BurstPower.Value < device.SustainedPower.Value)
        {
            power.Report("burst", "must be at least the sustained power");
        }

        return device;
    }

    private static RenderLoad ReadLoad(YamlMap map) =>
        new(
            map.Text("name"), map.Fact("refresh_rate", Dimension.Frequency, 1), map.Fact("gpu_share", Dimension.Fraction, 0, 1),
            map.Fact("bandwidth", Dimension.ByteRate), map.Fact("power", Dimension.Power));
}
