using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Systolic;

namespace Fleetwright.Hardware.Designs;

/// <summary>What the shared on-chip memory is to the cores.</summary>
public enum SharedMemoryKind
{
    /// <summary>Software places data in it: plain SRAM macros, and activations stay there while they fit.</summary>
    Scratchpad,

    /// <summary>Hardware places data in it: tags, miss queues and ports take about three times the area.</summary>
    Cache,
}

/// <summary>The matrix unit of one processing element in one number format.</summary>
/// <param name="MacsPerCycle">Multiply-adds a cycle of one processing element.</param>
/// <param name="Array">The systolic array that does them; null when the unit has another shape, taken as without fill and drain.</param>
public readonly record struct MatrixUnit(double MacsPerCycle, SystolicArray? Array = null)
{
    /// <summary>A unit of <paramref name="count"/> systolic arrays.</summary>
    public static MatrixUnit Of(SystolicArray array, int count = 1) => new((double)array.Height * array.Width * count, array);
}

/// <summary>Further dies in the package that do no computing, such as network dies; their area and power are given, not derived.</summary>
/// <param name="Name">What it is, in words.</param>
/// <param name="Area">Area of one in mm².</param>
/// <param name="Count">How many.</param>
/// <param name="Power">Power of one in watts while the chip is busy.</param>
public sealed record CompanionDie(string Name, double Area, int Count, double Power);

/// <summary>
/// A chip by its structure: a grid of processing elements, each with a matrix unit, a vector unit and local memory, around a shared memory, with off-chip memory and links.
/// From it follow rates, die area, power and operator times (<see cref="DesignedChip"/>). Read from <c>catalog/designs/*.yaml</c> or made in code.
/// </summary>
/// <remarks>Values are in base units (see <see cref="Dimension"/>). Keys, meanings and defaults: docs/designs.md.</remarks>
public sealed record ChipDesign
{
    /// <summary>The catalogue name, such as <c>mtia-2i</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its name in full.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Who designs it.</summary>
    public string Vendor { get; init; } = "";

    /// <summary>The foundry node of its compute dies, a name of <c>catalog/nodes</c>.</summary>
    public required string Node { get; init; }

    /// <summary>Compute dies that the grid and the shared memory are spread over evenly; 1 by default.</summary>
    public int Dies { get; init; } = 1;

    /// <summary>Clock of the processing elements and of the shared memory in hertz.</summary>
    public required double Clock { get; init; }

    /// <summary>The highest clock that the chip may be run at, in hertz; at least <see cref="Clock"/>.</summary>
    public double MaximumClock { get; init; }

    /// <summary>Supply voltage at <see cref="Clock"/>, in volts.</summary>
    public double Voltage { get; init; } = 0.75;

    /// <summary>The lowest voltage that the memories hold their contents at, in volts.</summary>
    public double MinimumVoltage { get; init; } = 0.55;

    /// <summary>Rows of the grid of processing elements that work.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns of that grid.</summary>
    public required int Columns { get; init; }

    /// <summary>Processing elements on the dies beyond those of the grid, to stand in for defective ones.</summary>
    public int SpareElements { get; init; }

    /// <summary>The matrix unit of one processing element by number format.</summary>
    public required IReadOnlyDictionary<Dtype, MatrixUnit> Matrix { get; init; }

    /// <summary>fp32 vector operations a cycle of one processing element (a multiply-add is two).</summary>
    public required double VectorOperations { get; init; }

    /// <summary>Local memory of one processing element in bytes, register files included.</summary>
    public required double LocalMemory { get; init; }

    /// <summary>Bandwidth of one local memory in bytes per second.</summary>
    public required double LocalBandwidth { get; init; }

    /// <summary>Area of one processing element in mm² where it is published or laid out; null: from its parts.</summary>
    public double? ElementArea { get; init; }

    /// <summary>Energy of a multiply-add beside the bare arithmetic at 7 nm: what operand movement and control add, and what data that seldom changes saves. 0.5 fits MTIA's grid of processing elements, 2.6 a GPU's register files.</summary>
    public double ArithmeticEnergyFactor { get; init; } = 0.5;

    /// <summary>What the shared memory is to the cores.</summary>
    public SharedMemoryKind SharedMemoryKind { get; init; }

    /// <summary>Shared on-chip memory in bytes.</summary>
    public required double SharedMemory { get; init; }

    /// <summary>Its bandwidth to all processing elements together, in bytes per second.</summary>
    public required double SharedMemoryBandwidth { get; init; }

    /// <summary>The off-chip memory, a name of <c>catalog/memories</c>.</summary>
    public required string MemoryKind { get; init; }

    /// <summary>Stacks, packages or modules of it, as <c>catalog/memories</c> counts them.</summary>
    public required int MemoryUnits { get; init; }

    /// <summary>Bytes of one of them; null: as the catalogue says.</summary>
    public double? MemoryUnitCapacity { get; init; }

    /// <summary>Bandwidth of one of them in bytes per second; null: as the catalogue says.</summary>
    public double? MemoryUnitBandwidth { get; init; }

    /// <summary>Share of the off-chip bandwidth that streaming sustains.</summary>
    public double MemoryEfficiency { get; init; } = 0.9;

    /// <summary>Share of the sustained bandwidth that embedding rows read at random reach.</summary>
    public double GatherEfficiency { get; init; } = 0.5;

    /// <summary>PCIe lanes to the host.</summary>
    public int HostLanes { get; init; } = 16;

    /// <summary>Bandwidth to the host in bytes per second and direction.</summary>
    public required double HostBandwidth { get; init; }

    /// <summary>How the chips of a scale-up domain are joined.</summary>
    public ScaleUpTopology ScaleUpTopology { get; init; }

    /// <summary>Scale-up bandwidth per direction in bytes per second; 0 without a fabric.</summary>
    public double ScaleUpBandwidth { get; init; }

    /// <summary>Chips in one scale-up domain.</summary>
    public int ScaleUpDomain { get; init; } = 1;

    /// <summary>Rate of one serial lane of the scale-up links in bytes per second and direction.</summary>
    public double LaneRate { get; init; } = 12.5e9;

    /// <summary>Network bandwidth to other servers in bytes per second and direction; 0: through the host.</summary>
    public double ScaleOutBandwidth { get; init; }

    /// <summary>Power limit of the package in watts: the chip's TDP.</summary>
    public required double PackagePower { get; init; }

    /// <summary>How it is packaged, a packaging process of <c>catalog/nodes</c>; null: a plain substrate.</summary>
    public string? Package { get; init; }

    /// <summary>Further dies in the package.</summary>
    public IReadOnlyList<CompanionDie> Companions { get; init; } = [];

    /// <summary>Seconds that starting an operator costs.</summary>
    public double LaunchOverhead { get; init; } = 1e-6;

    /// <summary>Chips in one server.</summary>
    public int ChipsPerServer { get; init; } = 8;

    /// <summary>Processing elements that work.</summary>
    public int Elements => Rows * Columns;

    /// <summary>The least voltage at which transistors switch, in volts: the foot of the line from voltage to clock (assumed).</summary>
    internal const double ThresholdVoltage = 0.3;

    /// <summary>Voltage needed at <paramref name="clock"/>: V = Vt + (V0 − Vt)·f/f0, at least <see cref="MinimumVoltage"/>; f0 and V0 the nominal clock and voltage, Vt = 0.3 V.</summary>
    public double VoltageAt(double clock) =>
        Math.Max(Math.Min(MinimumVoltage, Voltage), ThresholdVoltage + ((Voltage - ThresholdVoltage) * clock / Clock));

    /// <summary>The same design at another clock, with the voltage that it needs; on-chip bandwidths go with the clock, off-chip ones stay.</summary>
    public ChipDesign AtClock(double clock) => this with
    {
        Clock = clock,
        MaximumClock = Math.Max(clock, MaximumClock),
        Voltage = VoltageAt(clock),
        LocalBandwidth = LocalBandwidth * clock / Clock,
        SharedMemoryBandwidth = SharedMemoryBandwidth * clock / Clock,
    };
}
