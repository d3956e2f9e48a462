using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>How the chips of one scale-up domain are joined.</summary>
public enum ScaleUpTopology
{
    /// <summary>No fabric: chips talk through the host's PCIe.</summary>
    None,

    /// <summary>Every chip reaches every other at full rate through switches.</summary>
    Switch,

    /// <summary>Point-to-point links between all pairs.</summary>
    FullMesh,

    /// <summary>A ring or torus of neighbours.</summary>
    Torus,
}

/// <summary>An AI chip as a user of it sees it: one accelerator device with its memory, power, links and price.</summary>
/// <remarks>Rates are dense (no structured sparsity). All values are in base units; see <see cref="Dimension"/>.</remarks>
public sealed record Chip
{
    /// <summary>The catalogue name, such as <c>h100-sxm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The maker's name for it.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who designs and sells it.</summary>
    public required string Vendor { get; init; }

    /// <summary>The design family, whose coefficients it takes when it has none of its own.</summary>
    public required string Architecture { get; init; }

    /// <summary>The foundry node of its compute die, such as <c>tsmc-n5</c>; null when undisclosed.</summary>
    public string? Node { get; init; }

    /// <summary>Area of all its compute silicon in mm²; null when undisclosed.</summary>
    public Fact? DieArea { get; init; }

    /// <summary>What is made and joined to one chip; null when the file does not say.</summary>
    public ChipPackage? Package { get; init; }

    /// <summary>Cores that share the work of an operator: SMs, CUs, PEs, tensor cores of a TPU.</summary>
    public required Fact Cores { get; init; }

    /// <summary>Peak clock in hertz; null when undisclosed.</summary>
    public Fact? Clock { get; init; }

    /// <summary>Dense peak matrix rate of the whole chip by number format, in operations per second.</summary>
    public required IReadOnlyDictionary<Dtype, Fact> MatrixRates { get; init; }

    /// <summary>Peak vector rate in fp32 operations per second; null when undisclosed.</summary>
    public Fact? VectorRate { get; init; }

    /// <summary>Scratchpad or L1 per core in bytes; null when undisclosed.</summary>
    public Fact? LocalMemoryPerCore { get; init; }

    /// <summary>On-chip memory that all cores share (L2, LLC, SRAM) in bytes; null when undisclosed.</summary>
    public Fact? SharedMemory { get; init; }

    /// <summary>Bandwidth of the shared on-chip memory in bytes per second; null when undisclosed.</summary>
    public Fact? SharedMemoryBandwidth { get; init; }

    /// <summary>Whether software keeps activations in the shared on-chip memory while they fit, so that only weights and caches come from off-chip memory (MTIA's LLS, a TPU's CMEM). A cache that merely happens to hold them does not count.</summary>
    public bool SharedMemoryHoldsActivations { get; init; }

    /// <summary>The memory technology, such as <c>hbm3</c> or <c>lpddr5</c>.</summary>
    public required string MemoryKind { get; init; }

    /// <summary>Usable memory in bytes.</summary>
    public required Fact MemoryCapacity { get; init; }

    /// <summary>Peak memory bandwidth in bytes per second.</summary>
    public required Fact MemoryBandwidth { get; init; }

    /// <summary>Power limit of the chip in watts.</summary>
    public required Fact Tdp { get; init; }

    /// <summary>Power at rest in watts; null when not known.</summary>
    public Fact? IdlePower { get; init; }

    /// <summary>Power per chip at the meter of the server room with its share of host, network and cooling, in watts; null when not known.</summary>
    public Fact? SystemPower { get; init; }

    /// <summary>How the chips of a scale-up domain are joined.</summary>
    public ScaleUpTopology ScaleUpTopology { get; init; }

    /// <summary>Scale-up bandwidth per chip and direction in bytes per second; null without a fabric.</summary>
    public Fact? ScaleUpBandwidth { get; init; }

    /// <summary>Chips in one scale-up domain; at least 1.</summary>
    public required int ScaleUpDomain { get; init; }

    /// <summary>Chips in one server.</summary>
    public required int ChipsPerServer { get; init; }

    /// <summary>Network bandwidth per chip and direction to other servers in bytes per second; null when not known.</summary>
    public Fact? ScaleOutBandwidth { get; init; }

    /// <summary>Bandwidth to the host in bytes per second and direction; null when not known.</summary>
    public Fact? HostBandwidth { get; init; }

    /// <summary>Street price of one chip in dollars; null when it is not sold.</summary>
    public Fact? Price { get; init; }

    /// <summary>What one chip costs to own in a large fleet, in dollars per second (capital, colocation, power); null when not known.</summary>
    public Fact? OwnershipRate { get; init; }

    /// <summary>Whether the chip runs <paramref name="dtype"/> in its matrix unit.</summary>
    public bool Supports(Dtype dtype) => MatrixRates.ContainsKey(dtype);
}
