namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// The links that caches are sent over. A replica sends one cache at a time and receives one at a time, first come first served (TensorRT-LLM's
/// default, <c>TRTLLM_PARALLEL_CACHE_SEND=0</c>): a transfer holds its sender's and its receiver's link for bytes ÷ bandwidth and has landed a latency later.
/// </summary>
/// <param name="senders">Replicas that send.</param>
/// <param name="receivers">Replicas that receive.</param>
/// <param name="link">Between any two of them.</param>
internal sealed class KvLinks(int senders, int receivers, KvLink link)
{
    private readonly long[] _sends = new long[senders];
    private readonly long[] _receives = new long[receivers];

    /// <summary>Puts a transfer at the end of the queues of its two links.</summary>
    /// <param name="sender">From where.</param>
    /// <param name="receiver">Where to.</param>
    /// <param name="bytes">How much.</param>
    /// <param name="ready">From when on, in ticks.</param>
    /// <returns>When it starts and when all of it has landed.</returns>
    public (long Start, long Landed) Queue(int sender, int receiver, double bytes, long ready)
    {
        long start = Math.Max(ready, Math.Max(_sends[sender], _receives[receiver]));
        _sends[sender] = _receives[receiver] = start + Ticks.Of(bytes / link.BytesPerSecond);
        return (start, _sends[sender] + Ticks.Of(link.LatencySeconds));
    }
}
