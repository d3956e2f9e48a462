using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>
/// Sources one after another, numbered anew. Each is opened when the one before has ended and starts as long after its last request as that one's requests were apart
/// on average, or after a given period. Sessions and prompts of different parts are told apart, also when a part is a repetition.
/// </summary>
public sealed class SplicedSource : IRequestSource
{
    private readonly Func<int, IRequestSource?> _open;
    private readonly long _period;
    private IRequestSource _part;
    private int _index;
    private long _start;
    private long _first = -1;
    private long _last;
    private long _count;
    private long _id;

    /// <param name="open">Opens part 0, 1, …; null after the last. Only open loops.</param>
    /// <param name="periodSeconds">Time from the start of a part to the start of the next; 0 to go by their requests.</param>
    /// <exception cref="InputException">A part is a closed loop, there is none, or the period is negative.</exception>
    public SplicedSource(Func<int, IRequestSource?> open, double periodSeconds = 0)
    {
        if (periodSeconds is not (>= 0 and <= Ticks.MostSeconds))
        {
            throw new InputException("period", FormattableString.Invariant($"found {periodSeconds} s; allowed: 0 to 9,000,000 s"));
        }

        (_open, _period) = (open, Ticks.Of(periodSeconds));
        _part = Opened() ?? throw new InputException("traces", "found none; allowed: at least one");
        HashTokens = _part.HashTokens;
        Advance();
    }

    /// <summary>The parts that a list opens.</summary>
    public static SplicedSource Of(IReadOnlyList<Func<IRequestSource>> parts, double periodSeconds = 0) =>
        new(i => i < parts.Count ? parts[i]() : null, periodSeconds);

    /// <summary>One source again and again.</summary>
    public static SplicedSource Repeat(Func<IRequestSource> open, int times, double periodSeconds = 0) =>
        new(i => i < times ? open() : null, periodSeconds);

    /// <inheritdoc/>
    public long NextArrival { get; private set; }

    /// <inheritdoc/>
    public int HashTokens { get; private set; }

    /// <inheritdoc/>
    public Request Take()
    {
        Request request = _part.Take();
        (_first, _last) = (_first < 0 ? request.Arrival : _first, request.Arrival);
        _count++;
        Request own = Content.Of(request, _index) with { Id = _id++, Arrival = NextArrival };
        Advance();
        return own;
    }

    private void Advance()
    {
        while (_part.NextArrival == Ticks.Never)
        {
            (_part as IDisposable)?.Dispose();
            _index++;
            if (_first >= 0 || _period > 0)
            {
                // A part of one request says nothing of a gap; the next then follows at once.
                long gap = _count > 1 ? (_last - _first) / (_count - 1) : 0;
                _start = Later.Than(_start, _period > 0 ? _period : Later.Than(_last, gap));
            }

            (_first, _last, _count) = (-1, 0, 0);
            if (_start > Ticks.Of(Ticks.MostSeconds) || Opened() is not { } next)
            {
                NextArrival = Ticks.Never;
                _part = new ListSource([]);
                return;
            }

            if (next.HashTokens > 0 && HashTokens > 0 && next.HashTokens != HashTokens)
            {
                throw new InputException("traces", $"found prompt hashes of {HashTokens} and {next.HashTokens} tokens; allowed: the same in all that are joined");
            }

            (_part, HashTokens) = (next, Math.Max(HashTokens, next.HashTokens));
        }

        // A period shorter than its part must not turn time back.
        NextArrival = Math.Max(Later.Than(_start, _part.NextArrival), NextArrival);
    }

    private IRequestSource? Opened() => _open(_index) is not IClosedLoop { Waits: true } and var part ? part
        : throw new InputException("traces", "found a closed loop; allowed: open loops, whose end does not wait for answers");
}
