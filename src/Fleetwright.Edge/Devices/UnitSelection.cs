using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Edge.Devices;

/// <summary>Which unit of a device an engine runs on, and with which coefficients.</summary>
public static class UnitSelection
{
    /// <summary>The unit and coefficients for <paramref name="kind"/>, or for the unit whose streaming rate is best when it is null.</summary>
    /// <exception cref="InputException">The device has no such unit, or the engine no coefficients for it.</exception>
    public static (ComputeUnit Unit, EngineClass Class) Choose(Device device, DeviceEngine engine, ComputeUnitKind? kind)
    {
        if (kind is { } asked)
        {
            ComputeUnit unit = device.Unit(asked) ?? throw new InputException(
                Name(asked), $"{device.Title} has no {Name(asked)}; it has {string.Join(", ", device.Units.Select(u => Name(u.Kind)))}");
            return (unit, ClassFor(device, engine, unit) ?? throw Unknown(device, engine, Name(asked)));
        }

        (ComputeUnit Unit, EngineClass Class)? best = null;
        double bestRate = -1;
        foreach (ComputeUnit unit in device.Units)
        {
            if (ClassFor(device, engine, unit) is { } found)
            {
                double rate = found.BandwidthEfficiency.Value * ((unit.ReadBandwidth ?? device.MemoryBandwidth)?.Value ?? 0);
                if (rate > bestRate)
                {
                    (best, bestRate) = ((unit, found), rate);
                }
            }
        }

        return best ?? throw Unknown(device, engine, string.Join(", ", device.Units.Select(u => Name(u.Kind))));
    }

    /// <summary>The coefficients of <paramref name="engine"/> for a unit: measured on this chip if any, else of its family (with a known transfer error if any); null when there are none.</summary>
    public static EngineClass? ClassFor(Device device, DeviceEngine engine, ComputeUnit unit)
    {
        EngineClass? family = null;
        foreach (EngineClass candidate in engine.Classes)
        {
            if (candidate.Unit != unit.Kind || candidate.Family != unit.Family)
            {
                continue;
            }

            if (candidate.MeasuredOn.Contains(device.Soc, StringComparer.OrdinalIgnoreCase))
            {
                return candidate;
            }

            if (family is null || (family.DecodeTransferError is null && candidate.DecodeTransferError is not null))
            {
                family = candidate;
            }
        }

        return family;
    }

    internal static Fact BandwidthOf(Device device, ComputeUnit unit) =>
        unit.ReadBandwidth ?? device.MemoryBandwidth ?? throw new InputException(
            device.Name, $"neither the {unit.Title} nor the memory of {device.Title} states a bandwidth, so no speed can be estimated; give units[].read_bandwidth or memory.bandwidth of its system-on-chip, {device.Soc} in catalog/socs, such as 51.2 GB/s");

    private static InputException Unknown(Device device, DeviceEngine engine, string units) =>
        new(engine.Name, $"{engine.Title} has no coefficients for the {units} of {device.Title} ({string.Join(", ", device.Units.Select(u => $"{Name(u.Kind)}: {u.Family}"))}); it has {string.Join(", ", engine.Classes.Select(c => $"{Name(c.Unit)}: {c.Family}").Distinct())}");

    private static string Name(ComputeUnitKind kind) => kind.ToString().ToLowerInvariant();
}
