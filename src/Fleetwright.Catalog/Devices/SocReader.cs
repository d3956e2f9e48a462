using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/socs/*.yaml</c>.</summary>
public static class SocReader
{
    /// <summary>Reads a system-on-chip.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static Soc Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap memory = root.Map("memory");
        var soc = new Soc
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Vendor = root.Text("vendor"),
            Family = root.Text("family"),
            Generation = (int)root.Integer("generation", 0, 100_000),
            MemoryKind = memory.Text("kind"),
            MemoryBandwidth = memory.OptionalFact("bandwidth", Dimension.ByteRate, 1),
            Units = [.. root.Maps("units").Select(ReadUnit)],
        };
        if (soc.Units.Count == 0)
        {
            root.Report("units", "needs at least one compute unit (cpu, gpu or npu)");
        }

        if (soc.Units.Select(u => u.Kind).Distinct().Count() < soc.Units.Count)
        {
            root.Report("units", "lists a kind of unit twice; give each of cpu, gpu and npu once");
        }

        return soc;
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
            Kind = map.Choice("kind", DeviceReader.UnitKinds),
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
}
