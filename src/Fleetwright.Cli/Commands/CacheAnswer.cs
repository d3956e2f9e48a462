using System.Globalization;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Offload;

namespace Fleetwright.Cli.Commands;

/// <summary>What the prefix cache and the memories behind it found, and what moved between them.</summary>
/// <param name="Found">Of the tokens that prompts had when they were admitted; null without a prefix cache.</param>
/// <param name="Loads">From the tiers; null without any.</param>
/// <param name="Swaps">Evictions by swapping; null where they recompute.</param>
internal sealed record CacheAnswer(CacheAnswer.FoundTokens? Found, CacheAnswer.TierLoads? Loads, CacheAnswer.SwapCopies? Swaps)
{
    /// <summary>Tokens asked for, also of requests that came back after an eviction, and where they were; the rest was computed.</summary>
    internal sealed record FoundTokens(long PromptTokens, long Chip, long Host, long Disk, double Share);

    /// <summary>Requests that waited for a load, and those that computed because loading would have taken longer; bytes on all chips of a replica together.</summary>
    internal sealed record TierLoads(long Count, long Declined, double HostBytes, double DiskBytes, double MeanWaitSeconds, double MeanCopySeconds, double BusyShare, double HostBytesWritten, double DiskBytesWritten);

    /// <summary>Sequences copied out and back, those that recomputed because the swap space was full, and what the copies added to iterations.</summary>
    internal sealed record SwapCopies(long Out, long In, long Recomputed, double BytesOut, double BytesIn, double Seconds);

    /// <summary>Of a run; null when it had neither a prefix cache nor anything behind it.</summary>
    public static CacheAnswer? Of(SimulationRequest request, SimulationResult result)
    {
        if (result.Cache is not { } t)
        {
            return null;
        }

        bool tiers = request.Offload?.HasTiers == true, swaps = request.Offload?.Preemption == PreemptionKind.Swap;
        double loads = Math.Max(1, t.Loads), bytes = t.BlockBytes;
        return new CacheAnswer(
            !request.SharesPrefixes ? null : new FoundTokens(t.PromptTokens, t.ChipTokens, t.HostTokens, t.DiskTokens, t.FoundShare),
            !tiers ? null : new TierLoads(
                t.Loads, t.LoadsDeclined, t.HostBlocksRead * bytes, t.DiskBlocksRead * bytes, Ticks.Seconds(t.LoadWaitTicks) / loads, Ticks.Seconds(t.LoadTicks) / loads,
                Ticks.Seconds(t.LoadTicks) / Math.Max(double.Epsilon, result.Seconds * request.Replicas), t.BlocksKept * bytes, t.DiskBlocksWritten * bytes),
            !swaps ? null : new SwapCopies(t.SwapsOut, t.SwapsIn, t.SwapsDenied, t.SwapBlocksOut * bytes, t.SwapBlocksIn * bytes, Ticks.Seconds(t.SwapTicks)));
    }

    /// <summary>The same in words, by name.</summary>
    public IEnumerable<(string Name, string Value)> Facts()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        if (Found is { } f)
        {
            double all = Math.Max(1, f.PromptTokens);
            string where = Loads is null ? "" : string.Create(culture, $": {f.Chip / all:0.0 %} on the chips, {f.Host / all:0.0 %} in host memory, {f.Disk / all:0.0 %} on disk");
            yield return ("found", string.Create(culture, $"{f.Share:0.0 %} of {f.PromptTokens:#,0} prompt tokens{where}"));
        }

        if (Loads is { } l)
        {
            yield return ("loads", string.Create(culture, $"{l.Count:#,0}, {Bytes(l.HostBytes)} from host memory and {Bytes(l.DiskBytes)} from disk, {l.MeanWaitSeconds * 1e3:0.0} ms each of which {l.MeanCopySeconds * 1e3:0.0} ms copy; copy engines busy {l.BusyShare:0.0 %}; {l.Declined:#,0} computed as that was quicker"));
            yield return ("dropped", string.Create(culture, $"{Bytes(l.HostBytesWritten)} by the chips, {Bytes(l.DiskBytesWritten)} of it to disk"));
        }

        if (Swaps is { } s)
        {
            yield return ("swaps", string.Create(culture, $"{s.Out:#,0} out with {Bytes(s.BytesOut)}, {s.In:#,0} in with {Bytes(s.BytesIn)}, {s.Seconds:0.00} s of iterations; {s.Recomputed:#,0} recomputed as the host was full"));
        }
    }

    private static string Bytes(double bytes) => bytes switch
    {
        >= 1e12 => (bytes / 1e12).ToString("0.0 TB", CultureInfo.InvariantCulture),
        _ => (bytes / 1e9).ToString("0.0 GB", CultureInfo.InvariantCulture),
    };
}
