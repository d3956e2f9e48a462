using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Lengths;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>The requests of a class, drawn one after another: an open loop without an end, which <see cref="Transforms.CutSource"/> gives one.</summary>
public sealed class GeneratedSource : IRequestSource
{
    private readonly ArrivalProcess _arrivals;
    private readonly PairDraw _lengths;
    private readonly int _class;
    private readonly long _idStep;
    private long _id;

    /// <summary>All requests of a class.</summary>
    /// <exception cref="Catalog.Reading.InputException">A rate, gap or length is out of range.</exception>
    public GeneratedSource(TrafficClass traffic, ulong seed)
        : this(new ArrivalProcess(traffic.Arrivals, seed, traffic.Name), traffic.Lengths.Start(seed, traffic.Name), traffic.Class, 0, 1)
    {
    }

    internal GeneratedSource(ArrivalProcess arrivals, PairDraw lengths, int @class, long id, long idStep)
    {
        (_arrivals, _lengths, _class, _id, _idStep) = (arrivals, lengths, @class, id, idStep);
        NextArrival = arrivals.Next();
    }

    /// <inheritdoc/>
    public long NextArrival { get; private set; }

    /// <summary>
    /// What replica <paramref name="part"/> of <paramref name="parts"/> sees of a class, without drawing what the others see, so that each can be
    /// simulated by itself on any thread. A random rate (<see cref="OnOffRate"/>) is the same for all. Numbers of requests are part, part + parts, …
    /// </summary>
    /// <exception cref="Catalog.Reading.InputException">The arrivals do not split by the rule, or a value is out of range.</exception>
    public static GeneratedSource Part(TrafficClass traffic, ulong seed, int part, int parts, SplitRule rule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        string entity = FormattableString.Invariant($"{traffic.Name}/{part}");
        return new GeneratedSource(
            new ArrivalProcess(traffic.Arrivals.Split(parts, rule), seed, entity, traffic.Name), traffic.Lengths.Start(seed, entity), traffic.Class, part, parts);
    }

    /// <inheritdoc/>
    public Request Take()
    {
        long arrival = NextArrival;
        if (arrival == Ticks.Never)
        {
            throw new InvalidOperationException("no request is left");
        }

        int prompt = _lengths.Next(arrival, out int output);
        long id = _id;
        _id += _idStep;
        NextArrival = _arrivals.Next();
        return new Request(id, arrival, prompt, output, _class);
    }
}
