namespace Fleetwright.Hardware.Collectives;

/// <summary>How a collective moves its data.</summary>
public enum CollectiveAlgorithm : byte
{
    /// <summary>Nothing moves: there is one rank.</summary>
    None,

    /// <summary>Every rank reads every peer's whole vector; least latency.</summary>
    OneShot,

    /// <summary>Reduce-scatter and all-gather by direct reads in one kernel.</summary>
    TwoShot,

    /// <summary>A ring with the low-latency protocol.</summary>
    LowLatencyRing,

    /// <summary>A ring with the full-bandwidth protocol.</summary>
    Ring,

    /// <summary>The switch adds the vectors up (NVLS).</summary>
    InSwitch,

    /// <summary>Every rank sends to every other at once.</summary>
    Direct,

    /// <summary>One message to one peer.</summary>
    Send,

    /// <summary>Inside each domain, then between domains by a ring of the ranks with the same place, overlapped.</summary>
    HierarchicalRing,

    /// <summary>As <see cref="HierarchicalRing"/>, by a double binary tree between domains.</summary>
    HierarchicalTree,

    /// <summary>A ring with the 128-byte low-latency protocol.</summary>
    MiddleRing,

    /// <summary>A serving engine's kernel over symmetric memory, with the switch's help where it has any.</summary>
    Symmetric,
}

/// <summary>The time of a collective and how it got it.</summary>
/// <param name="Seconds">Time.</param>
/// <param name="LatencySeconds">The part that does not depend on the size.</param>
/// <param name="Algorithm">The fastest algorithm.</param>
public readonly record struct CollectiveCost(double Seconds, double LatencySeconds, CollectiveAlgorithm Algorithm);
