namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// The links that caches are sent over. A replica sends one cache at a time and receives one at a time, first come first served (TensorRT-LLM's
/// default, <c>TRTLLM_PARALLEL_CACHE_SEND=0</c>). A cache takes bytes ÷ bandwidth of its sender's link and, from then on that it leaves, as long of its
/// receiver's; a latency later it has landed. A sender whose receiver is busy goes on with its next: if it stood still, links of large pools would be full
/// far below what they carry.
/// </summary>
/// <param name="senders">Replicas that send.</param>
/// <param name="receivers">Replicas that receive.</param>
/// <param name="link">Between any two of them.</param>
internal sealed class KvLinks(int senders, int receivers, KvLink link)
{
    private readonly long[] _sends = new long[senders];
    private readonly long[] _receives = new long[receivers];

    /// <summary>Puts a transfer at the end of its sender's queue.</summary>
    /// <returns>When it leaves, in ticks.</returns>
    public long Leave(int sender, double bytes, long now)
    {
        long leaves = Math.Max(now, _sends[sender]);
        _sends[sender] = leaves + Time(bytes);
        return leaves;
    }

    /// <summary>Puts a transfer that leaves now at the end of its receiver's queue.</summary>
    /// <returns>When it is begun there, and when all of it has landed, in ticks.</returns>
    public (long Start, long Landed) Reach(int receiver, double bytes, long now)
    {
        long start = Math.Max(now, _receives[receiver]);
        _receives[receiver] = start + Time(bytes);
        return (start, _receives[receiver] + Ticks.Of(link.LatencySeconds));
    }

    private long Time(double bytes) => Ticks.Of(bytes / link.BytesPerSecond);
}
