using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Adapters of a replica without any cleverness, written from docs/serving-adapters.md: sets of numbers, and who stopped when.</summary>
internal sealed class PlainAdapters(Func<Request, int> of, LoraAdapters adapters, AdapterSizes sizes, AdaptedTimes times)
{
    private readonly HashSet<int> _chip = [];
    private readonly HashSet<int> _host = [.. (adapters.HostCount ?? int.MaxValue) >= adapters.Count ? Enumerable.Range(1, adapters.Count) : []];
    private readonly Dictionary<int, long> _stopped = [];
    private double _loading;

    public long Loads { get; private set; }

    public long DiskLoads { get; private set; }

    public bool MayStart(Request request, IEnumerable<PlainReplica.Sequence> running)
    {
        HashSet<int> active = Active(running);
        return of(request) == 0 || active.Contains(of(request)) || active.Count < adapters.Slots;
    }

    public void Start(Request request, IEnumerable<PlainReplica.Sequence> running)
    {
        int adapter = of(request);
        if (adapter == 0 || _chip.Contains(adapter))
        {
            return;
        }

        HashSet<int> active = Active(running);
        Loads++;
        _loading += _host.Contains(adapter) ? sizes.HostSeconds : sizes.DiskSeconds;
        DiskLoads += _host.Contains(adapter) ? 0 : 1;
        Leave(_chip, adapters.Slots, active);
        Leave(_host, adapters.HostCount ?? adapters.Count, [.. active, adapter]);
        _chip.Add(adapter);
        _host.Add(adapter);

        void Leave(HashSet<int> place, int most, HashSet<int> kept)
        {
            if (place.Count == most && !place.Contains(adapter))
            {
                place.Remove(place.Where(a => !kept.Contains(a)).OrderBy(a => _stopped.GetValueOrDefault(a, -1)).ThenBy(a => a).First());
            }
        }
    }

    public void Stop(Request request, long iteration) => _stopped[of(request)] = iteration;

    public double Seconds(List<(PlainReplica.Sequence Sequence, int Tokens)> batch)
    {
        (PlainReplica.Sequence Sequence, int Tokens)[] own = [.. batch.Where(b => of(b.Sequence.Request) > 0)];
        double seconds = _loading + times.More(new AdapterBatch(own.Sum(b => b.Tokens), own.Select(b => of(b.Sequence.Request)).Distinct().Count()));
        _loading = 0;
        return seconds;
    }

    private HashSet<int> Active(IEnumerable<PlainReplica.Sequence> running) => [.. running.Select(s => of(s.Request)).Where(a => a > 0)];
}

/// <summary>Affine iterations that take longer with adapters.</summary>
/// <param name="Times">Iterations of the base model.</param>
/// <param name="PerToken">Further seconds for each token with an adapter.</param>
/// <param name="PerAdapter">Further seconds for each different adapter.</param>
internal readonly record struct AdaptedTimes(AffineTimes Times, double PerToken, double PerAdapter) : IIterationTimes
{
    public double More(in AdapterBatch batch) => (PerToken * batch.Tokens) + (PerAdapter * batch.Adapters);

    public double Iteration(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks) => Times.Iteration(decodes, contextTokens, longestContext, chunks);

    public int Decode(int decodes, long contextTokens, long longestContext, int iterations, double untilSeconds, out double seconds) =>
        Times.Decode(decodes, contextTokens, longestContext, iterations, untilSeconds, out seconds);

    public double Adapted(int decodes, long contextTokens, ReadOnlySpan<PromptChunk> chunks, in AdapterBatch adapters) =>
        Times.Iteration(decodes, contextTokens, 0, chunks) + More(adapters);

    public int AdaptedRun(int decodes, long contextTokens, in AdapterBatch adapters, int iterations, double untilSeconds, out double seconds) =>
        ArithmeticRun.Take(Adapted(decodes, contextTokens, [], adapters), Times.PerContextToken * decodes, iterations, untilSeconds, out seconds);
}
