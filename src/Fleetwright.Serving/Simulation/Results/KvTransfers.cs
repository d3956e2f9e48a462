namespace Fleetwright.Serving.Simulation.Results;

/// <summary>Caches sent from prefill to decode replicas.</summary>
public sealed class KvTransfers
{
    /// <summary>Caches whose transfer has ended: one for every request of more than one token.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of all of them.</summary>
    public double Bytes { get; private set; }

    /// <summary>From the whole prompt until the decode replica had reserved its blocks.</summary>
    public LatencySketch ForBlocks { get; } = new();

    /// <summary>From then until the links of both replicas were free.</summary>
    public LatencySketch ForLink { get; } = new();

    /// <summary>From the first byte to all of it landed.</summary>
    public LatencySketch Transfer { get; } = new();

    /// <summary>From the whole prompt to the start of the iteration that computes the second token: all that splitting puts between them.</summary>
    public LatencySketch HandOver { get; } = new();

    internal void Add(double bytes, long forBlocks, long forLink, long transfer)
    {
        Count++;
        Bytes += bytes;
        ForBlocks.Add(forBlocks);
        ForLink.Add(forLink);
        Transfer.Add(transfer);
    }
}
