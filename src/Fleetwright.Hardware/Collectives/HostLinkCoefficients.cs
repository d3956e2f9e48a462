using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Collectives;

/// <summary>Collectives over PCIe for a chip without a fabric that nobody has measured.</summary>
internal static class HostLinkCoefficients
{
    // What oneCCL's rings reach of PCIe 5 × 8 between Arc Pro B60 (shared/data/kernels/b60): 17.2, 17.1 and 20.2 of 28 GB/s with 2, 4 and 8 chips.
    private const double Share = 0.65;

    // NCCL's tuner (src/graph/tuning.cc): base latencies of ring LL 6.6 us and Simple 8.4 us; a PCIe hop 1.0 us with LL (0.6 over NVLink) and
    // 5.7 us with Simple. LL sends a flag with every 4 bytes, so half of the wire. LL128 is not used over PCIe.
    private const double LowBase = 6.6e-6, LowHop = 1.0e-6, Base = 8.4e-6, Hop = 5.7e-6, LowHopOverFabric = 0.6e-6;

    /// <summary>Host and launch as the relative has them; links by the constants above.</summary>
    public static CollectiveCoefficients Of(CollectiveCoefficients relative) => relative with
    {
        // A flag there and back more than over the fabric.
        OneShotLatency = relative.OneShotLatency + (2 * (LowHop - LowHopOverFabric)),
        OneShotEfficiency = Share,
        TwoShotLatency = relative.TwoShotLatency + (4 * (LowHop - LowHopOverFabric)),
        TwoShotEfficiency = Share,
        SymmetricEfficiency = 0,
        LowRingLatency = LowBase,
        LowRingHop = LowHop,
        LowRingEfficiency = Share / 2,
        MiddleRingEfficiency = 0,
        RingLatency = Base,
        RingHop = Hop,
        RingEfficiency = Share,
        InSwitchEfficiency = 0,
        DirectLowEfficiency = 0,
        OverHost = true,
        Quality = default,
    };
}
