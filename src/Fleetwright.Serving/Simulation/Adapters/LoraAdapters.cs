namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>
/// LoRA adapters that a fleet serves beside its base model, all of one rank: which requests use which, how many a replica computes with at once, and where
/// the others are. Source: S-LoRA (Sheng et al., MLSys 2024); vLLM 0.19, <c>config/lora.py</c>.
/// </summary>
public sealed record LoraAdapters
{
    /// <summary>Adapters that requests ask for.</summary>
    public required int Count { get; init; }

    /// <summary>Rows of the low-rank product.</summary>
    public required int Rank { get; init; }

    /// <summary>Adapters that a replica holds on its chips, and so at most computes with in one iteration (vLLM's <c>max_loras</c>). Their memory is taken from the start.</summary>
    public required int Slots { get; init; }

    /// <summary>Bytes per second between each chip and its host, in one direction; all chips of a replica load their parts at once.</summary>
    public required double HostLink { get; init; }

    /// <summary>Popularity of the i-th adapter is i^−<see cref="Skew"/>; 0 for all alike.</summary>
    public double Skew { get; init; }

    /// <summary>Share of requests (of conversations, where there are any) that use an adapter; the others use the base model.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Adapters that the host memory of a replica keeps, those on its chips included (vLLM's <c>max_cpu_loras</c>); null for all.</summary>
    public int? HostCount { get; init; }

    /// <summary>Bytes per second that the replica's disk reads, where host memory does not keep all.</summary>
    public double DiskBandwidth { get; init; }
}
