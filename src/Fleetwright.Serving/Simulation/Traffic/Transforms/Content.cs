namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>Tells the sessions and prompts of one source apart from those of another, in which the same numbers mean other content.</summary>
internal static class Content
{
    /// <summary>The request with its session and hashes moved to the <paramref name="index"/>th of several sources; the first one's stay.</summary>
    public static Request Of(in Request request, long index)
    {
        if (index == 0 || (request.Session == 0 && request.PrefixHashes is null))
        {
            return request;
        }

        // Numbers of sources are few, so their high bits are free; the product spreads them over all of these.
        long salt = (long)((ulong)index * 0x9E3779B97F4A7C15UL);
        long[]? hashes = request.PrefixHashes is null ? null : [.. request.PrefixHashes];
        for (int i = 0; i < hashes?.Length; i++)
        {
            hashes[i] ^= salt;
        }

        return request with { Session = request.Session == 0 ? 0 : request.Session ^ salt, PrefixHashes = hashes };
    }
}
