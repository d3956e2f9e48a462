using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>
/// Several sources as one, in the order of arrival (ties in the order of the sources) and numbered anew. Any of them may be a closed loop.
/// </summary>
public sealed class MergedSource : IClosedLoop
{
    private readonly IRequestSource[] _sources;
    private readonly IClosedLoop?[] _loops;
    private readonly TimeHeap _next;
    private readonly Dictionary<long, (int Source, long Id)> _waiting = [];
    private long _id;

    /// <exception cref="InputException">Two of the sources have prompt hashes of different lengths.</exception>
    public MergedSource(IEnumerable<IRequestSource> sources)
    {
        _sources = [.. sources];
        _loops = [.. _sources.Select(s => s is IClosedLoop { Waits: true } loop ? loop : null)];
        Waits = _loops.Any(l => l is not null);
        int[] hashTokens = [.. _sources.Select(s => s.HashTokens).Where(t => t > 0).Distinct()];
        HashTokens = hashTokens.Length <= 1 ? hashTokens.FirstOrDefault() : throw new InputException(
            "traces", $"found prompt hashes of {string.Join(" and ", hashTokens)} tokens; allowed: the same in all that are mixed");
        _next = new TimeHeap(Math.Max(_sources.Length, 1));
        for (int i = 0; i < _sources.Length; i++)
        {
            _next.Set(i, _sources[i].NextArrival);
        }
    }

    /// <inheritdoc/>
    public bool Waits { get; }

    /// <inheritdoc/>
    public int HashTokens { get; }

    /// <inheritdoc/>
    public long NextArrival => _next.FirstTime;

    /// <inheritdoc/>
    public Request Take()
    {
        int from = _next.First;
        Request request = _sources[from].Take();
        _next.Set(from, _sources[from].NextArrival);
        long id = _id++;
        if (_loops[from] is not null)
        {
            _waiting.Add(id, (from, request.Id));
        }

        return Content.Of(request, from) with { Id = id };
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served)
    {
        if (_waiting.Remove(id, out (int Source, long Id) of))
        {
            _loops[of.Source]!.Ended(of.Id, now, served);
            _next.Set(of.Source, _sources[of.Source].NextArrival);
        }
    }
}
