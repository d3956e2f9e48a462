using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Designs;

/// <summary>Tells what keeps a design from being built.</summary>
public static class DesignChecks
{
    /// <summary>Everything wrong with <paramref name="design"/>; empty when it can be built.</summary>
    public static IReadOnlyList<DesignProblem> Problems(FleetCatalog catalog, ChipDesign design)
    {
        DesignTechnology? technology = DesignTechnology.TryFor(catalog, design, out IReadOnlyList<DesignProblem> missing);
        return [.. missing, .. technology is null ? Own(design) : Problems(design, technology)];
    }

    /// <summary>Everything wrong with <paramref name="design"/> on a technology that is known to be usable; for searches.</summary>
    public static IReadOnlyList<DesignProblem> Problems(ChipDesign design, DesignTechnology technology)
    {
        var problems = new List<DesignProblem>(Own(design));
        double bandwidth = design.MemoryUnitBandwidth ?? technology.Memory.Bandwidth?.Value ?? 0;
        if (bandwidth <= 0)
        {
            problems.Add(new("memory.bandwidth", $"is missing: the catalogue has no bandwidth of {design.MemoryKind}, so the design must give that of one {technology.Memory.Unit}"));
        }

        if ((design.MemoryUnitCapacity ?? technology.Memory.Capacity?.Value ?? 0) <= 0)
        {
            problems.Add(new("memory.capacity", $"is missing: the catalogue has no capacity of {design.MemoryKind}, so the design must give that of one {technology.Memory.Unit}"));
        }

        if (problems.Count == 0)
        {
            AddPhysical(design, technology, problems);
        }

        return problems;
    }

    private static void AddPhysical(ChipDesign design, DesignTechnology technology, List<DesignProblem> problems)
    {
        DesignArea area = DesignArea.Of(design, technology);
        double room = DesignArea.Reticle * area.Dies;
        if (area.SharedMemory > room)
        {
            problems.Add(new("shared_memory.capacity", Text($"{Quantity.Format(design.SharedMemory, "B")} of {Name(design.SharedMemoryKind)} take {area.SharedMemory:#,0} mm2 on {design.Node}, more than {Dies(area.Dies)} of at most {DesignArea.Reticle:0} mm2 (the reticle, 26 x 33 mm) can hold; at most {Quantity.Format(design.SharedMemory * room / area.SharedMemory, "B")} would fit and leave no room for anything else")));
        }
        else if (area.Die > DesignArea.Reticle)
        {
            problems.Add(new("grid", Text($"the design takes {area.Die:#,0} mm2 a die on {design.Node}; allowed: at most {DesignArea.Reticle:0} mm2 (the reticle, 26 x 33 mm). Processing elements {area.Cores / area.Dies:0}, shared memory {area.SharedMemory / area.Dies:0}, fabric {area.Fabric / area.Dies:0}, memory interfaces {area.MemoryInterface / area.Dies:0}, links {area.Links / area.Dies:0}, other {area.Other / area.Dies:0}; take fewer of the largest, a denser node, or more dies")));
        }

        DesignPower power = DesignPower.Of(design, technology, area);
        if (power.Least > design.PackagePower)
        {
            problems.Add(new("package.power", Text($"found {Quantity.Format(design.PackagePower, "W")}; the design draws {power.Least:0.#} W at a tenth of its clock and its lowest voltage without multiplying (clocks and other dies {power.Rest:0} W at full clock, memory {power.Memory:0} W); allowed: more than that")));
        }
    }

    // What needs no catalogue: for designs that are made in code; the reader has told most of it with its line.
    private static List<DesignProblem> Own(ChipDesign design)
    {
        var problems = new List<DesignProblem>();
        Expect(design.Rows >= 1, "grid.rows", design.Rows, "a whole number of at least 1");
        Expect(design.Columns >= 1, "grid.columns", design.Columns, "a whole number of at least 1");
        Expect(design.SpareElements >= 0, "grid.spares", design.SpareElements, "a whole number of at least 0");
        Expect(design.Dies >= 1, "dies", design.Dies, "a whole number of at least 1");
        Expect(design.Matrix.Count > 0, "element.matrix", 0, "the matrix unit of at least one number format");
        Expect(design.Clock > 0, "clock.nominal", design.Clock, "more than 0 Hz");
        Expect(design.MaximumClock == 0 || design.MaximumClock >= design.Clock, "clock.maximum", design.MaximumClock, "at least the nominal clock");
        Expect(design.Voltage > ChipDesign.ThresholdVoltage, "voltage.nominal", design.Voltage, Text($"more than {ChipDesign.ThresholdVoltage} V, below which transistors do not switch"));
        Expect(design.VectorOperations > 0, "element.vector", design.VectorOperations, "more than 0 operations a cycle");
        Expect(design.LocalMemory > 0, "element.local_memory", design.LocalMemory, "more than 0 bytes");
        Expect(design.LocalBandwidth > 0, "element.local_bandwidth", design.LocalBandwidth, "more than 0 B/s");
        Expect(design.SharedMemory > 0, "shared_memory.capacity", design.SharedMemory, "more than 0 bytes");
        Expect(design.SharedMemoryBandwidth > 0, "shared_memory.bandwidth", design.SharedMemoryBandwidth, "more than 0 B/s");
        Expect(design.MemoryUnits >= 1, "memory.units", design.MemoryUnits, "a whole number of at least 1");
        Expect(design.HostBandwidth > 0, "host.bandwidth", design.HostBandwidth, "more than 0 B/s");
        Expect(design.PackagePower > 0, "package.power", design.PackagePower, "more than 0 W");
        return problems;

        void Expect(bool holds, string field, double found, string allowed)
        {
            if (!holds)
            {
                problems.Add(new(field, Text($"found {found:g4}; allowed: {allowed}")));
            }
        }
    }

    private static string Name(SharedMemoryKind kind) => kind == SharedMemoryKind.Cache ? "cache" : "scratchpad";

    private static string Dies(int dies) => dies == 1 ? "one die" : Text($"{dies} dies");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
