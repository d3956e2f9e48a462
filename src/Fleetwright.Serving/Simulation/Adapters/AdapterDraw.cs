using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>
/// Which adapter a request uses: drawn by popularity from the number of its conversation, or its own where it stands alone, so that neither routing nor threads
/// change it and all turns of a conversation use one.
/// </summary>
internal sealed class AdapterDraw(LoraAdapters adapters, ulong seed)
{
    /// <summary>The number of the base model.</summary>
    public const int Base = 0;

    private readonly ulong _requests = RandomStream.SeedOf(seed, "adapters", "requests");
    private readonly ulong _sessions = RandomStream.SeedOf(seed, "adapters", "sessions");
    private readonly AliasTable _popular = new([.. Enumerable.Range(1, adapters.Count).Select(i => Math.Pow(i, -adapters.Skew))]);

    /// <summary>Its number from 1, the most popular first; <see cref="Base"/> for none.</summary>
    public int Of(in Request request)
    {
        RandomStream random = request.Session != 0 ? RandomStream.Numbered(_sessions, request.Session) : RandomStream.Numbered(_requests, request.Id);
        return random.NextUnit() < adapters.Share ? 1 + _popular.Next(ref random) : Base;
    }
}
