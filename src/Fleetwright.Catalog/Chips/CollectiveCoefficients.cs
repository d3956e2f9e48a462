namespace Fleetwright.Catalog.Chips;

/// <summary>Coefficients of collectives inside a scale-up domain, algorithm by algorithm. Equations: docs/hardware.md, "Collectives". Efficiencies are shares of the scale-up bandwidth, or of the host link's where there is no fabric.</summary>
public sealed record CollectiveCoefficients
{
    /// <summary>Seconds that a one-shot all-reduce costs at least (a serving engine's own kernel inside a graph).</summary>
    public required double OneShotLatency { get; init; }

    /// <summary>Further seconds per peer.</summary>
    public required double PeerLatency { get; init; }

    /// <summary>Bandwidth share of reading all peers' vectors.</summary>
    public required double OneShotEfficiency { get; init; }

    /// <summary>Seconds that a two-shot all-reduce (reduce-scatter and all-gather in one kernel) costs at least.</summary>
    public required double TwoShotLatency { get; init; }

    /// <summary>Bandwidth share of the two-shot all-reduce.</summary>
    public required double TwoShotEfficiency { get; init; }

    /// <summary>Seconds that a serving engine's all-reduce over symmetric memory costs at least.</summary>
    public double SymmetricLatency { get; init; }

    /// <summary>Bandwidth share of the all-reduce over symmetric memory; 0 where the engine has none.</summary>
    public double SymmetricEfficiency { get; init; }

    /// <summary>Seconds between two of a serving engine's all-reduces that are launched one by one, not from a graph: what its host takes.</summary>
    public double EagerFloor { get; init; }

    /// <summary>Further seconds of the host per doubling of the ranks.</summary>
    public double EagerPerDoubling { get; init; }

    /// <summary>Further seconds of the host for an all-reduce over symmetric memory.</summary>
    public double EagerSymmetricFloor { get; init; }

    /// <summary>Passes over the message, in memory, to copy it to where peers can read it; a graph has it there.</summary>
    public double EagerCopy { get; init; }

    /// <summary>Seconds that a ring with the low-latency protocol costs at least.</summary>
    public required double LowRingLatency { get; init; }

    /// <summary>Seconds per hop of that ring.</summary>
    public required double LowRingHop { get; init; }

    /// <summary>Bandwidth share of that ring.</summary>
    public required double LowRingEfficiency { get; init; }

    /// <summary>Seconds that a ring with the 128-byte low-latency protocol costs at least.</summary>
    public double MiddleRingLatency { get; init; }

    /// <summary>Seconds per hop of that ring.</summary>
    public double MiddleRingHop { get; init; }

    /// <summary>Bandwidth share of that ring; 0 where the library does not use it.</summary>
    public double MiddleRingEfficiency { get; init; }

    /// <summary>Seconds that a ring with the full-bandwidth protocol costs at least.</summary>
    public required double RingLatency { get; init; }

    /// <summary>Seconds per hop of that ring.</summary>
    public required double RingHop { get; init; }

    /// <summary>Bandwidth share of that ring.</summary>
    public required double RingEfficiency { get; init; }

    /// <summary>Seconds that a reduction inside the switch costs at least.</summary>
    public double InSwitchLatency { get; init; }

    /// <summary>Bandwidth share of the reduction inside the switch; 0 when the switch cannot reduce.</summary>
    public double InSwitchEfficiency { get; init; }

    /// <summary>Seconds that an all-to-all with the low-latency protocol costs at least.</summary>
    public double DirectLowLatency { get; init; }

    /// <summary>Bandwidth share of one peer's part in it (parts go side by side); 0 where the all-to-all is not measured: it then takes the rings' coefficients.</summary>
    public double DirectLowEfficiency { get; init; }

    /// <summary>Seconds that an all-to-all with the full-bandwidth protocol costs at least.</summary>
    public double DirectLatency { get; init; }

    /// <summary>Bandwidth share of it.</summary>
    public double DirectEfficiency { get; init; }

    /// <summary>Whether they were measured over the host's links (PCIe), without a fabric between the chips.</summary>
    public bool OverHost { get; init; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; init; }
}
