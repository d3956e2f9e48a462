using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Designs;

/// <summary>The designs of the catalogue, worked out.</summary>
internal static class Shipped
{
    public static FleetCatalog Catalog { get; } = new(Repository.Path("catalog"));

    /// <summary>NVIDIA's GH100 as its white paper describes it (2022). Not in the catalogue: the area model puts it a tenth above its 814 mm², over the reticle.</summary>
    public static ChipDesign Gh100 { get; } = new()
    {
        Name = "gh100",
        Title = "NVIDIA GH100",
        Node = "tsmc-n4",
        Clock = 1.83e9,
        Voltage = 0.85,
        Rows = 12,
        Columns = 11,
        SpareElements = 12,
        Matrix = new Dictionary<Dtype, MatrixUnit> { [Dtype.Bf16] = new(2048), [Dtype.Fp8] = new(4096) },
        VectorOperations = 256,
        LocalMemory = 512 * 1024,
        LocalBandwidth = 234e9,
        ArithmeticEnergyFactor = 2.6,
        SharedMemoryKind = SharedMemoryKind.Cache,
        SharedMemory = 60 * 1048576,
        SharedMemoryBandwidth = 5120 * 1.83e9,
        MemoryKind = "hbm3",
        MemoryUnits = 6,
        MemoryUnitBandwidth = 3.35e12 / 6,
        HostLanes = 16,
        HostBandwidth = 64e9,
        ScaleUpTopology = ScaleUpTopology.Switch,
        ScaleUpBandwidth = 450e9,
        ScaleUpDomain = 8,
        PackagePower = 700,
    };

    public static DesignedChip Design(string name) => name == Gh100.Name
        ? new DesignedChip(Gh100, DesignTechnology.For(Catalog, Gh100))
        : DesignedChip.For(Catalog, DesignReader.In(Catalog).Get(name));
}
