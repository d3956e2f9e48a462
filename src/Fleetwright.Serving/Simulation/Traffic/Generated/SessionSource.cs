using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>
/// Sessions of several turns, either started by an arrival process or held by a fixed number of users who begin a new one when theirs is over.
/// Every session has a random stream of its own, so session n has the same turns whatever the engine does.
/// </summary>
public sealed class SessionSource : IClosedLoop
{
    // A session that outgrows the context with its first prompt is drawn anew, but not for ever.
    private const int MostRedrawn = 1_000_000;
    private readonly SessionModel _model;
    private readonly LengthDraw _turns;
    private readonly LengthDraw _first;
    private readonly LengthDraw _user;
    private readonly LengthDraw _output;
    private readonly ArrivalProcess? _starts;
    private readonly TimeHeap _ready;
    private readonly Dictionary<long, int> _waiting = [];
    private readonly ulong _seed;
    private readonly long _step;
    private readonly long _idStep;
    private readonly int _class;
    private Session[] _sessions;
    private int[] _free;
    private int _freeCount;
    private int _used;
    private long _nextStart;
    private long _nextSession;
    private long _id;

    private SessionSource(string name, SessionModel model, ulong seed, int @class, ArrivalProcess? starts, int users, long first, long step, long idStep)
    {
        _ = model.Pause.Checked("pause");
        if (model.ContextTokens < 2 || users > 1 << 24)
        {
            throw new InputException("sessions", FormattableString.Invariant($"found a context of {model.ContextTokens} tokens and {users} users; allowed: at least 2 tokens, at most 16,777,216 users"));
        }

        (_model, _seed, _class, _starts, _step, _idStep) = (model, RandomStream.SeedOf(seed, name, "session"), @class, starts, step, idStep);
        (_turns, _first, _user, _output) = (model.Turns.Draw(), model.FirstPrompt.Draw(), model.UserTokens.Draw(), model.Output.Draw());
        int capacity = Math.Max(users, 16);
        (_ready, _sessions, _free) = (new TimeHeap(capacity), new Session[capacity], new int[capacity]);
        (_nextSession, _id) = (first, first);
        _nextStart = starts?.Next() ?? Ticks.Never;
    }

    /// <summary>Sessions that outgrew the context before their last turn.</summary>
    public long Outgrown { get; private set; }

    /// <inheritdoc/>
    public bool Waits => _model.WaitsForAnswer || _starts is null;

    /// <inheritdoc/>
    public long NextArrival => Math.Min(_nextStart, _ready.FirstTime);

    /// <summary>Sessions that an arrival process starts.</summary>
    /// <exception cref="InputException">A value is out of range.</exception>
    public static SessionSource Open(string name, SessionModel model, ArrivalModel starts, ulong seed, int @class = 0) =>
        new(name, model, seed, @class, new ArrivalProcess(starts, seed, name), 0, 0, 1, 1);

    /// <summary>The sessions that replica <paramref name="part"/> of <paramref name="parts"/> has, each drawn as in the whole; see <see cref="GeneratedSource.Part"/>.</summary>
    /// <exception cref="InputException">The starts do not split by the rule, or a value is out of range.</exception>
    public static SessionSource Part(string name, SessionModel model, ArrivalModel starts, ulong seed, int part, int parts, SplitRule rule, int @class = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        return new(name, model, seed, @class, new ArrivalProcess(starts.Split(parts, rule), seed, FormattableString.Invariant($"{name}/{part}"), name), 0, part, parts, parts);
    }

    /// <summary>A fixed number of users, each in one session at a time, who pause between sessions as between turns and always wait for answers.</summary>
    /// <param name="name">Names its streams of random numbers.</param>
    /// <param name="model">The sessions.</param>
    /// <param name="users">Users.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="spreadSeconds">Over how long they start, evenly; 0 for all at once.</param>
    /// <param name="class">The class that requests are counted in.</param>
    /// <param name="part">Which of the parts this is, when users are dealt out in turn to replicas that are simulated apart.</param>
    /// <param name="parts">The parts.</param>
    /// <exception cref="InputException">A value is out of range.</exception>
    public static SessionSource Closed(string name, SessionModel model, int users, ulong seed, double spreadSeconds = 0, int @class = 0, int part = 0, int parts = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        if (users < 1 || spreadSeconds is not (>= 0 and <= Ticks.MostSeconds))
        {
            throw new InputException("users", FormattableString.Invariant($"found {users} users who start within {spreadSeconds} s; allowed: at least 1, 0 to 9,000,000 s"));
        }

        var source = new SessionSource(name, model with { WaitsForAnswer = true }, seed, @class, null, (users + parts - 1) / parts, part, users, parts);
        for (int user = part; user < users; user += parts)
        {
            int slot = source._used++;
            source.Begin(slot, user);
            source._ready.Set(slot, Ticks.Of(spreadSeconds * user / users));
        }

        return source;
    }

    /// <inheritdoc/>
    public Request Take()
    {
        long arrival = NextArrival;
        int slot;
        if (_ready.FirstTime <= _nextStart)
        {
            slot = _ready.Pop();
        }
        else
        {
            slot = TakeSlot();
            Begin(slot, _nextSession);
            _nextSession += _step;
            _nextStart = _starts!.Next();
        }

        ref Session s = ref _sessions[slot];
        long id = _id;
        _id += _idStep;
        var request = new Request(id, arrival, s.Prompt, s.Output, _class) { Session = s.Number + 1 };
        if (Waits)
        {
            _waiting.Add(id, slot);
        }
        else
        {
            Follow(slot, arrival, true);
        }

        return request;
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served)
    {
        if (_waiting.Remove(id, out int slot))
        {
            Follow(slot, now, served);
        }
    }

    // The turn after one that was sent (or answered) at a time, if there is one.
    private void Follow(int slot, long now, bool goesOn)
    {
        ref Session s = ref _sessions[slot];
        if (goesOn && s.TurnsLeft > 0)
        {
            s.TurnsLeft--;
            if (Draw(ref s, s.Prompt + s.Output, _user))
            {
                _ready.Set(slot, _model.Pause.EndAfter(now, ref s.Random));
                return;
            }

            Outgrown++;
        }

        if (_starts is null)
        {
            long next = _model.Pause.EndAfter(now, ref s.Random);
            Begin(slot, s.Number + _step);
            _ready.Set(slot, next);
        }
        else
        {
            _free[_freeCount++] = slot;
        }
    }

    private void Begin(int slot, long number)
    {
        ref Session s = ref _sessions[slot];
        (s.Number, s.Random) = (number, RandomStream.Numbered(_seed, number));
        s.TurnsLeft = _turns.Next(ref s.Random) - 1;
        for (int i = 0; !Draw(ref s, 0, _first); i++)
        {
            if (i == MostRedrawn)
            {
                throw new InputException("sessions", FormattableString.Invariant($"no first prompt in {MostRedrawn} fits a context of {_model.ContextTokens} tokens; allowed: lengths that fit"));
            }
        }
    }

    private bool Draw(ref Session s, int context, in LengthDraw added)
    {
        long prompt = context + (long)added.Next(ref s.Random);
        s.Output = _output.Next(ref s.Random);
        s.Prompt = (int)prompt;
        return prompt + s.Output <= _model.ContextTokens;
    }

    private int TakeSlot()
    {
        if (_freeCount > 0)
        {
            return _free[--_freeCount];
        }

        if (_used == _sessions.Length)
        {
            Array.Resize(ref _sessions, _used * 2);
            Array.Resize(ref _free, _used * 2);
        }

        return _used++;
    }

    private struct Session
    {
        public long Number;
        public int TurnsLeft;
        public int Prompt;
        public int Output;
        public RandomStream Random;
    }
}
