using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>A fixed number of clients, each with one request at a time: it waits for the answer, thinks, and sends the next.</summary>
public sealed class ClosedLoopSource : IClosedLoop, IState
{
    // A limit that nothing fits under would be searched for ever.
    private const int MostTurnedAway = 1_000_000;
    private readonly PairDraw _lengths;
    private readonly DelayModel _think;
    private readonly TimeHeap _ready;
    private readonly ContextLimit? _limit;
    private readonly int _class;
    private readonly int[] _idle;
    private readonly int _idStep;
    private RandomStream _pauses;
    private int _idleCount;
    private long _id;
    private int _turnedAway;
    private long _drawn;

    /// <param name="name">Names its streams of random numbers.</param>
    /// <param name="lengths">How long requests are; request n has the same lengths whatever the engine does.</param>
    /// <param name="concurrency">Clients, 1 to 16,777,216.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="think">The pause between an answer and the next request.</param>
    /// <param name="spreadSeconds">Over how long the clients start, evenly; 0 for all at once.</param>
    /// <param name="class">The class that requests are counted in.</param>
    /// <param name="limit">The model's context.</param>
    /// <exception cref="InputException">A value is out of range.</exception>
    public ClosedLoopSource(string name, RequestLengths lengths, int concurrency, ulong seed, DelayModel think = default, double spreadSeconds = 0, int @class = 0, ContextLimit? limit = null)
        : this(name, lengths, concurrency, seed, think, spreadSeconds, @class, limit, 0, 1)
    {
    }

    private ClosedLoopSource(string name, RequestLengths lengths, int concurrency, ulong seed, DelayModel think, double spreadSeconds, int @class, ContextLimit? limit, int part, int parts)
    {
        if (concurrency is < 1 or > 1 << 24 || spreadSeconds is not (>= 0 and <= Ticks.MostSeconds))
        {
            throw new InputException("concurrency", FormattableString.Invariant($"found {concurrency} clients that start within {spreadSeconds} s; allowed: 1 to 16,777,216 clients, 0 to 9,000,000 s"));
        }

        // Of an empty part nothing is drawn; the heap wants room for one.
        int own = Math.Max(1, (concurrency - part + parts - 1) / parts);
        string entity = parts == 1 ? name : FormattableString.Invariant($"{name}/{part}");
        (_lengths, _think, _class, _limit) = (lengths.Start(seed, entity), think.Checked("think time"), @class, limit);
        (_pauses, _id, _idStep) = (new RandomStream(seed, entity, "think"), part, parts);
        (_ready, _idle) = (new TimeHeap(own), new int[own]);
        for (int client = part; client < concurrency; client += parts)
        {
            _ready.Set(client / parts, Ticks.Of(spreadSeconds * client / concurrency));
        }
    }

    /// <inheritdoc/>
    public bool Waits => true;

    /// <inheritdoc/>
    public long NextArrival => _ready.FirstTime;

    /// <summary>
    /// The clients of replica <paramref name="part"/> of <paramref name="parts"/> when clients are dealt out in turn and stay with their replica, so that each can be
    /// simulated by itself. Numbers of requests are part, part + parts, …
    /// </summary>
    /// <exception cref="InputException">A value is out of range.</exception>
    public static ClosedLoopSource Part(string name, RequestLengths lengths, int concurrency, ulong seed, int part, int parts, DelayModel think = default, double spreadSeconds = 0, int @class = 0, ContextLimit? limit = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        return new ClosedLoopSource(name, lengths, concurrency, seed, think, spreadSeconds, @class, limit, part, parts);
    }

    /// <inheritdoc/>
    public Request Take()
    {
        long arrival = _ready.FirstTime;
        _idle[_idleCount++] = _ready.Pop();
        while (true)
        {
            int prompt = _lengths.Next(arrival, out int output);
            _drawn++;
            if (_limit is null || _limit.Fit(ref prompt, ref output))
            {
                long id = _id;
                _id += _idStep;
                return new Request(id, arrival, prompt, output, _class);
            }

            Count(1);
        }
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served)
    {
        // Clients are alike, so any that waits may be the one.
        _ready.Set(_idle[--_idleCount], _think.EndAfter(now, ref _pauses));
        Count(served ? 0 : 1);
    }

    private void Count(int turnedAway)
    {
        _turnedAway = turnedAway == 0 ? 0 : _turnedAway + 1;
        if (_turnedAway == MostTurnedAway)
        {
            throw new InputException("concurrency", FormattableString.Invariant($"{MostTurnedAway} requests in a row were turned away; allowed: lengths that the model's context and the cache can hold"));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Lengths are drawn again; what the context changed in them is counted by whoever owns the limit.</remarks>
    void IState.Transfer(StateTransfer state)
    {
        _ready.Transfer(state);
        state.All(_idle.AsSpan());
        (_idleCount, _id, _turnedAway, _pauses, _drawn) = (state.Of(_idleCount), state.Of(_id), state.Of(_turnedAway), state.Of(_pauses), state.Of(_drawn));
        for (long i = 0; state.Loads && i < _drawn; i++)
        {
            _ = _lengths.Next(0, out _);
        }
    }
}
