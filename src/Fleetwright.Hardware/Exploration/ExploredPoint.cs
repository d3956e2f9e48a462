using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Exploration;

/// <summary>Why a point is no answer; several may hold.</summary>
[Flags]
public enum Exclusion
{
    /// <summary>It is an answer.</summary>
    None = 0,

    /// <summary>A compute die is over the reticle.</summary>
    Reticle = 1,

    /// <summary>It cannot be costed, for example because no wafer holds its interposer.</summary>
    Cost = 2,

    /// <summary>A compute die is over the limit of the specification.</summary>
    DieArea = 4,

    /// <summary>It draws more than the limit.</summary>
    PackagePower = 8,

    /// <summary>It costs more than the limit.</summary>
    UnitCost = 16,

    /// <summary>It has less memory than the limit.</summary>
    MemoryCapacity = 32,

    /// <summary>Weights and cache of some work do not fit.</summary>
    WorkFits = 64,

    /// <summary>Some work misses its latency target.</summary>
    Latency = 128,
}

/// <summary>A block of a compute die.</summary>
public enum DesignBlock
{
    /// <summary>Processing elements.</summary>
    Elements,

    /// <summary>The shared memory.</summary>
    SharedMemory,

    /// <summary>The network between them.</summary>
    Fabric,

    /// <summary>Interfaces of the off-chip memory.</summary>
    MemoryInterface,

    /// <summary>Host and scale-up links.</summary>
    Links,

    /// <summary>What remains.</summary>
    Other,
}

/// <summary>A design of the grid, worked out in full. Figures that do not exist (the cost of a die over the reticle) are NaN.</summary>
public sealed record ExploredPoint
{
    /// <summary>Its number in the grid; −1 for the base design.</summary>
    public required long Index { get; init; }

    /// <summary>Why it is no answer.</summary>
    public required Exclusion Excluded { get; init; }

    /// <summary>How far it is from being one: the sum over limits of what it is over (or under) by, as a share of the limit, and 1 for one that cannot be made; 0 for an answer.</summary>
    public required double Violation { get; init; }

    /// <summary>Area of one compute die in mm².</summary>
    public required double DieArea { get; init; }

    /// <summary>Watts of the package with everything busy.</summary>
    public required double Watts { get; init; }

    /// <summary>Dollars of a good unit, every input at its central value.</summary>
    public required double Dollars { get; init; }

    /// <summary>Off-chip memory in bytes.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>How many times as fast as the base design it does the mix.</summary>
    public required double Speed { get; init; }

    /// <summary>The largest of step time over target (over the base design's step time where there is no target).</summary>
    public required double Latency { get; init; }

    /// <summary>Joules that it takes for what the base design does in a second.</summary>
    public required double Joules { get; init; }

    /// <summary>Seconds of a step of each work of the mix.</summary>
    public required IReadOnlyList<double> StepSeconds { get; init; }

    /// <summary>The place in the mix of the work whose operator takes longest.</summary>
    public required int LongestWork { get; init; }

    /// <summary>That operator's part of the model.</summary>
    public required OperatorRole LongestOperator { get; init; }

    /// <summary>What holds that operator back.</summary>
    public required Bound Bound { get; init; }

    /// <summary>The block that takes most area.</summary>
    public required DesignBlock LargestBlock { get; init; }

    /// <summary>Whether it obeys all limits and meets all targets.</summary>
    public bool IsAnswer => Excluded == Exclusion.None;

    /// <summary>Speed a dollar.</summary>
    public double PerDollar => Speed / Dollars;

    /// <summary>Speed a watt.</summary>
    public double PerWatt => Speed / Watts;
}
