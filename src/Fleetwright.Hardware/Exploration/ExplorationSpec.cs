using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;

namespace Fleetwright.Hardware.Exploration;

/// <summary>A design question: a base design, what may change about it, what must hold, and the work that it is judged by. Read by <see cref="ExplorationReader"/>; keys: docs/exploring.md.</summary>
public sealed record ExplorationSpec
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>Its question in words; empty when the file has none.</summary>
    public string Title { get; init; } = "";

    /// <summary>The design that the points are changes of.</summary>
    public required ChipDesign Base { get; init; }

    /// <summary>What changes, each with the values that it takes; at least one.</summary>
    public required IReadOnlyList<SweptParameter> Parameters { get; init; }

    /// <summary>The memories that the <c>memory</c> parameter chooses from; empty when the memory is the base's.</summary>
    public IReadOnlyList<MemoryOption> Memories { get; init; } = [];

    /// <summary>The nodes that the <c>node</c> parameter chooses from; empty when the node is the base's.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>What every answer must obey.</summary>
    public ExplorationLimits Limits { get; init; } = new();

    /// <summary>The work; shares add up to 1.</summary>
    public required IReadOnlyList<MixItem> Mix { get; init; }

    /// <summary>Good units over which masks and design are spread; null to leave them out of the unit cost.</summary>
    public double? Volume { get; init; }

    /// <summary>The quarter of memory prices; null for the newest.</summary>
    public Quarter? Quarter { get; init; }

    /// <summary>The most points that are worked out; a larger grid is searched.</summary>
    public int Budget { get; init; } = 20_000;

    /// <summary>The seed of that search.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Points of the grid.</summary>
    public long Count
    {
        get
        {
            double count = 1;
            foreach (SweptParameter parameter in Parameters)
            {
                count *= parameter.Count;
            }

            return count < 1e15 ? (long)count : long.MaxValue;
        }
    }
}

/// <summary>One thing that changes from point to point.</summary>
/// <param name="Key">Its key in the file, such as <c>clock</c>.</param>
/// <param name="Values">Its values in base units; for <c>node</c> and <c>memory</c>, places in the lists of the specification.</param>
/// <param name="Labels">The values as people read them.</param>
/// <param name="IsOrdered">Whether one value is more than another, so that there is a step up and a step down; nodes and memories are not.</param>
public sealed record SweptParameter(string Key, IReadOnlyList<double> Values, IReadOnlyList<string> Labels, bool IsOrdered)
{
    /// <summary>How many values it takes.</summary>
    public int Count => Values.Count;
}

/// <summary>A memory to try.</summary>
/// <param name="Kind">A name of <c>catalog/memories</c>.</param>
/// <param name="Units">Stacks, packages or modules.</param>
/// <param name="UnitCapacity">Bytes of one; null: the base design's for its own memory, else the catalogue's.</param>
/// <param name="UnitBandwidth">Bandwidth of one in bytes per second; null as for the capacity.</param>
public sealed record MemoryOption(string Kind, int Units, double? UnitCapacity, double? UnitBandwidth);

/// <summary>What every answer must obey; null where nothing is asked. The reticle holds always.</summary>
/// <param name="DieArea">Most area of one compute die in mm².</param>
/// <param name="PackagePower">Most watts of the package with everything busy.</param>
/// <param name="UnitCost">Most dollars of a good unit.</param>
/// <param name="MemoryCapacity">Least off-chip memory in bytes.</param>
public sealed record ExplorationLimits(double? DieArea = null, double? PackagePower = null, double? UnitCost = null, double? MemoryCapacity = null);

/// <summary>What a step of a piece of work does.</summary>
public enum WorkStep
{
    /// <summary>One new token for each sequence.</summary>
    Decode,

    /// <summary>Whole prompts.</summary>
    Prefill,

    /// <summary>One batch of samples of a ranking model.</summary>
    Ranking,
}

/// <summary>One kind of work of the mix.</summary>
public sealed record MixItem
{
    /// <summary>What it is called in tables.</summary>
    public required string Name { get; init; }

    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>What a step does.</summary>
    public required WorkStep Step { get; init; }

    /// <summary>Sequences, prompts or samples of a step.</summary>
    public required double Batch { get; init; }

    /// <summary>Tokens in the cache of a sequence (decode) or of a prompt (prefill); 0 for ranking.</summary>
    public double Context { get; init; }

    /// <summary>Number format of the weights.</summary>
    public required Dtype Dtype { get; init; }

    /// <summary>Chips that one replica is split over by tensor parallelism.</summary>
    public int Chips { get; init; } = 1;

    /// <summary>Share of the base design's time that this work takes.</summary>
    public required double Share { get; init; }

    /// <summary>The longest that a step may take, in seconds; null for no target.</summary>
    public double? Latency { get; init; }

    /// <summary>Tokens or samples that a step delivers.</summary>
    public double Units => Step == WorkStep.Prefill ? Batch * Context : Batch;

    /// <summary>Whether it delivers tokens, not samples.</summary>
    public bool IsLanguage => Step != WorkStep.Ranking;
}
