using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>What a cache is sent over between a prefill and a decode replica.</summary>
/// <param name="BytesPerSecond">Bandwidth between two replicas, of all their chips together; infinite for none.</param>
/// <param name="LatencySeconds">From the last byte sent to the sequence being ready to decode.</param>
public sealed record KvLink(double BytesPerSecond, double LatencySeconds = 0)
{
    /// <summary>A hop between servers as NCCL's tuner counts it, the same that collectives pay (docs/hardware.md, "Collectives").</summary>
    public const double HopSeconds = 14e-6;

    // What 400 Gb/s ports carry of their rate in large messages (NVIDIA GTC24 S62129; docs/hardware.md, "Collectives").
    private const double Carried = 0.96;

    /// <summary>The link that the chips' own scale-out ports give: those of the side that has less. Null when the catalogue has no bandwidth for one.</summary>
    public static KvLink? Of(Replica sender, Replica receiver) =>
        sender.Chip.Chip.ScaleOutBandwidth is { } from && receiver.Chip.Chip.ScaleOutBandwidth is { } to
            ? new KvLink(Carried * Math.Min(from * sender.Chips, to * receiver.Chips), HopSeconds)
            : null;
}

/// <summary>When the client has the first token.</summary>
public enum FirstToken
{
    /// <summary>When the decode replica has the cache, as it is what streams the answer: Dynamo, SGLang, vLLM's proxies.</summary>
    AfterTransfer,

    /// <summary>When the prompt is whole, sent from the prefill replica: TTFT as DistServe and Splitwise count it. The transfer then counts as a gap before the second token.</summary>
    FromPrefill,
}

/// <summary>The prefill pool of a split fleet: it computes prompts and first tokens, and sends the caches to the replicas that decode.</summary>
public sealed record PrefillPool
{
    /// <summary>A copy of the model as it computes prompts.</summary>
    public required Replica Replica { get; init; }

    /// <summary>Copies of it.</summary>
    public required int Replicas { get; init; }

    /// <summary>How iterations are filled; as the engine does when null.</summary>
    public SchedulerKind? Scheduler { get; init; }

    /// <summary>How requests are dealt out as they arrive.</summary>
    public RouterKind Router { get; init; }

    /// <summary>Between a replica of this pool and one that decodes.</summary>
    public required KvLink Link { get; init; }

    /// <summary>When the client has the first token.</summary>
    public FirstToken FirstToken { get; init; }

    /// <summary>Prices of its iterations that another run has filled already; null for a table of its own.</summary>
    internal ReplicaTable? Table { get; init; }
}

/// <summary>What the prefill pool did, and what went from it to the decode pool.</summary>
/// <param name="Work">What its replicas did together.</param>
/// <param name="Occupancy">How full the first of them were over time; held blocks count as taken.</param>
/// <param name="Limits">What the scheduler of each could fill.</param>
/// <param name="Scheduler">How iterations were filled.</param>
/// <param name="Joules">Energy of its chips.</param>
/// <param name="Transfers">The caches that were sent.</param>
public sealed record PrefillResult(ReplicaWork Work, IReadOnlyList<OccupancySeries> Occupancy, SchedulerLimits Limits, SchedulerKind Scheduler, double Joules, KvTransfers Transfers);
