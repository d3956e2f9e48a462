using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Generated;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>
/// Replicas that start, serve, drain and fail behind a router, in one order of time: ends of runs first, then what happens to the fleet, then arrivals. A replica is advanced only when somebody looks at it,
/// except where its end matters: while it drains, in closed loops, and when no more requests come.
/// </summary>
internal sealed partial class ChangingFleet : IReplicaLoads
{
    private const int Window = 1 << 16;
    private readonly FleetPart[] _parts;
    private readonly FleetBehaviour _behaviour;
    private readonly Func<int, FleetPart, IReplicaEngine> _create;
    private readonly RunStatistics[] _statistics;
    private readonly RequestBook _book;
    private readonly Router _router;
    private readonly int[] _partOf;
    private readonly int[] _epochs;
    private readonly long[] _repairs;
    private readonly bool[] _leaves;
    private readonly bool[] _believed;
    private readonly int[] _firstEngine;
    private readonly int[] _replicaOf;
    private readonly IReplicaEngine?[] _engines;
    private readonly ReplicaWork[] _work;
    private readonly int[] _routable;
    private readonly TimeHeap _ends;
    private readonly FleetEvents _events = new();
    private readonly Queue<long> _parked = new();
    private readonly List<UnfinishedRequest> _unfinished = [];
    private readonly List<Scaling> _scalings = [];
    private readonly Roster _roster;
    private readonly Hardware? _hardware;
    private readonly Autoscaler? _autoscaler;
    private readonly RestartRound? _round;
    private IClosedLoop? _loop;
    private int _routableCount;
    private bool _watchesAll;
    private long _now;
    private long _arrivals;
    private long _arrivalsSeen;
    private long _scalingCount;
    private int _fewest;
    private int _most;

    /// <param name="request">What is simulated.</param>
    /// <param name="parts">The kinds, with sinks of <paramref name="book"/>.</param>
    /// <param name="book">What is known of requests.</param>
    /// <param name="statistics">Of each kind.</param>
    /// <param name="create">Makes one of the engines of a kind.</param>
    public ChangingFleet(SimulationRequest request, IReadOnlyList<FleetPart> parts, RequestBook book, RunStatistics[] statistics, Func<int, FleetPart, IReplicaEngine> create)
    {
        (_parts, _book, _statistics, _create, _behaviour) = ([.. parts], book, statistics, create, request.Behaviour ?? new FleetBehaviour());
        _partOf = [.. parts.SelectMany((p, i) => Enumerable.Repeat(i, Slots(p, _behaviour)))];
        _firstEngine = [0, .. _partOf];
        for (int i = 0; i < _partOf.Length; i++)
        {
            _firstEngine[i + 1] = _firstEngine[i] + parts[_partOf[i]].Stages;
        }

        _replicaOf = [.. _partOf.SelectMany((p, i) => Enumerable.Repeat(i, parts[p].Stages))];
        int engines = _replicaOf.Length;
        (_engines, _routable, _ends) = (new IReplicaEngine?[engines], new int[engines], new TimeHeap(engines));
        (_epochs, _repairs, _leaves, _believed) = (new int[_partOf.Length], new long[_partOf.Length], new bool[_partOf.Length], new bool[_partOf.Length]);
        (_work, _roster) = (new ReplicaWork[parts.Count], new Roster(_partOf, parts.Count));
        _router = RouterKinds.Create(request, [.. _partOf.Select(p => parts[p].Stages)]);
        if (_behaviour.Failures is { } failures)
        {
            _hardware = new Hardware(failures, parts, _partOf, request.Seed, _events);
        }

        if (_behaviour.Autoscaling is { } scaling)
        {
            _autoscaler = new Autoscaler(scaling);
            _events.Add(Ticks.Of(scaling.SyncSeconds), FleetEventKind.Look, 0);
        }

        if (_behaviour.Restarts is { } restarts)
        {
            _round = new RestartRound(restarts.AtOnce);
            _events.Add(Ticks.Of(restarts.EverySeconds), FleetEventKind.Round, 0);
        }

        _fewest = _most = parts.Sum(p => p.Kind.Replicas);
        int first = 0;
        foreach (FleetPart part in parts)
        {
            for (int i = 0; i < part.Kind.Replicas; i++)
            {
                Create(first + i);
            }

            first += Slots(part, _behaviour);
        }

        Reroute();
    }

    /// <summary>Replicas that a kind may have at once: with an autoscaler, also those that drain while others start.</summary>
    public static int Slots(FleetPart part, FleetBehaviour? behaviour) => behaviour?.Autoscaling is { } scaling ? 2 * Math.Max(scaling.Maximum, part.Kind.Replicas) : part.Kind.Replicas;

    /// <inheritdoc/>
    public int Count => _routableCount;

    /// <summary>The time in ticks.</summary>
    public long Now => _now;

    /// <summary>What the replicas of a kind have done.</summary>
    public ReadOnlySpan<ReplicaWork> Work => _work;

    /// <summary>Engines of a replica, a mean over kinds.</summary>
    public double EnginesEach => (double)_engines.Length / _partOf.Length;

    /// <summary>Runs that were stepped through so far.</summary>
    public long Runs
    {
        get
        {
            long runs = 0;
            foreach (ref readonly ReplicaWork work in _work.AsSpan())
            {
                runs += work.Runs;
            }

            foreach (IReplicaEngine? engine in _engines)
            {
                runs += engine?.Work.Runs ?? 0;
            }

            return runs;
        }
    }

    /// <summary>Takes all requests to their ends.</summary>
    /// <param name="source">The requests.</param>
    /// <param name="window">Called from time to time with the ticks reached; when it says false, the rest of the run is left out.</param>
    public void Run(IRequestSource source, Func<long, bool> window)
    {
        _loop = source is IClosedLoop { Waits: true } loop ? loop : null;
        _watchesAll = _loop is not null;
        for (long count = 1; ; count++)
        {
            long arrival = source.NextArrival;
            if (arrival == Ticks.Never && _book.Open == 0)
            {
                break;
            }

            if (arrival == Ticks.Never && !_watchesAll)
            {
                WatchAll();
                continue;
            }

            long end = _ends.FirstTime, happens = _events.FirstTime, now = Math.Min(arrival, Math.Min(end, happens));
            if (now == Ticks.Never)
            {
                // Repairs or start-ups that end after all simulated time: nobody will come for those that wait.
                GiveUp();
                continue;
            }

            _now = now;
            if (end == now)
            {
                EndRun(_ends.First);
            }
            else if (happens == now)
            {
                Happen(_events.Take());
            }
            else
            {
                Arrive(source.Take());
            }

            if (count % Window == 0 && !window(now))
            {
                break;
            }
        }
    }

    /// <summary>Ends the accounts and says what became of the replicas.</summary>
    /// <param name="end">When the run ended, in ticks.</param>
    /// <param name="joules">The energy of a kind's work in so many replica-seconds with power on.</param>
    public FleetOutcome Finish(long end, Func<FleetPart, ReplicaWork, double, double> joules)
    {
        _roster.Advance(Math.Max(end, _now));
        for (int i = 0; i < _engines.Length; i++)
        {
            Retire(i);
        }

        double spares = _behaviour.Failures?.Spares * Ticks.Seconds(Math.Max(end, _now)) ?? 0;
        return new FleetOutcome
        {
            Kinds = [.. _parts.Select(Outcome)],
            Failures = _hardware is null ? null : _book.Failures,
            Scalings = _scalings,
            ScalingCount = _scalingCount,
            FewestReplicas = _fewest,
            MostReplicas = _most,
            Restarts = _round?.Restarted ?? 0,
            Series = _roster.Series,
        };

        KindOutcome Outcome(FleetPart part, int kind)
        {
            double up = _roster.Seconds(kind, ReplicaStatus.Up), starting = _roster.Seconds(kind, ReplicaStatus.Starting), draining = _roster.Seconds(kind, ReplicaStatus.Draining);
            return new KindOutcome(
                part.Kind.Name, part.Replica, part.Kind.Replicas, part.Kind.Weight, _statistics[kind], _work[kind],
                up, starting, draining, _roster.Seconds(kind, ReplicaStatus.Down), spares, joules(part, _work[kind], up + starting + draining));
        }
    }

    /// <inheritdoc/>
    int IReplicaLoads.Waiting(int replica) => Current(replica).Waiting;

    /// <inheritdoc/>
    int IReplicaLoads.Outstanding(int replica) => Current(replica).Waiting + _engines[_routable[replica]]!.Running;

    /// <inheritdoc/>
    double IReplicaLoads.CacheTaken(int replica) => Current(replica).CacheTaken;

    /// <inheritdoc/>
    int IReplicaLoads.FoundTokens(int replica, in Request request) => Current(replica).FoundTokens(request);

    /// <inheritdoc/>
    bool IReplicaLoads.HasAdapter(int replica, in Request request) => Current(replica).HasAdapter(request);

    /// <inheritdoc/>
    double IReplicaLoads.Weight(int replica) => _parts[_partOf[_replicaOf[_routable[replica]]]].Kind.Weight;

    /// <inheritdoc/>
    int IReplicaLoads.Number(int replica) => _routable[replica];

    private IReplicaEngine Current(int place)
    {
        IReplicaEngine engine = _engines[_routable[place]]!;
        engine.AdvanceTo(_now);
        return engine;
    }

    // Requests.

    private void Arrive(in Request request)
    {
        _arrivals++;
        _book.Arrive();
        if (_hardware is not null)
        {
            _book.Keep(request);
        }

        Route(request);
    }

    private void Route(in Request request)
    {
        int place = _routableCount == 0 ? -1 : _router.Choose(request, this);
        if (place < 0)
        {
            // It waits at the router until a replica comes that may take it.
            _book.Keep(request);
            _parked.Enqueue(request.Id);
            return;
        }

        int engine = _routable[place];
        _engines[engine]!.AdvanceTo(_now);
        _engines[engine]!.Offer(request);
        if (_engines[engine] is LostEngine)
        {
            _book.Misdirected(request.Id, _now);
        }

        if (_watchesAll)
        {
            _ends.Set(engine, _engines[engine]!.End);
        }
    }

    private void Unpark()
    {
        for (int left = _parked.Count; left > 0; left--)
        {
            Route(_book.Resume(_parked.Dequeue(), _now));
        }
    }

    private void GiveUp()
    {
        if (_parked.Count == 0)
        {
            throw new InvalidOperationException("requests are neither on a replica nor at the router");
        }

        while (_parked.TryDequeue(out long id))
        {
            Drop(id, 0);
        }
    }

    private void Drop(long id, int kind)
    {
        _book.Drop(id, _statistics[kind]);
        _loop?.Ended(id, _now, served: false);
    }

    private void EndRun(int engine)
    {
        _engines[engine]!.AdvanceTo(_now);
        _ends.Set(engine, _engines[engine]!.End);
        int replica = _replicaOf[engine];
        if (_roster[replica] == ReplicaStatus.Draining && IsIdle(replica))
        {
            Drained(replica);
        }
    }

    private void WatchAll()
    {
        _watchesAll = true;
        for (int i = 0; i < _engines.Length; i++)
        {
            if (_engines[i] is { } engine)
            {
                engine.AdvanceTo(_now);
                _ends.Set(i, engine.End);
            }
        }
    }

    // Replicas.

    private void Happen(in FleetEvent what)
    {
        int subject = what.Subject;
        switch (what.Kind)
        {
            case FleetEventKind.Started when _epochs[subject] == what.Epoch:
                Create(subject);
                _round?.Leave(subject, restarted: true);
                Reroute();
                Restart();
                break;
            case FleetEventKind.Detected when _epochs[subject] == what.Epoch:
                Detect(subject);
                break;
            case FleetEventKind.Repaired when _hardware!.Return(subject, _epochs, out int replica):
                Start(replica, StartUpTicks(replica));
                break;
            case FleetEventKind.ChipFails:
                _events.Add(_hardware!.NextOfChips(subject, _now), FleetEventKind.ChipFails, subject);
                _book.Failures.ChipFailures += Fail(subject, _hardware.Repair(subject)) ? 1 : 0;
                break;
            case FleetEventKind.NodeFails:
                _events.Add(_hardware!.NextOfNode(subject, _now), FleetEventKind.NodeFails, subject);
                FailNode(subject);
                break;
            case FleetEventKind.Look:
                _events.Add(Later.Than(_now, Ticks.Of(_behaviour.Autoscaling!.SyncSeconds)), FleetEventKind.Look, 0);
                Scale(_behaviour.Autoscaling);
                break;
            case FleetEventKind.Round:
                _events.Add(Later.Than(_now, Ticks.Of(_behaviour.Restarts!.EverySeconds)), FleetEventKind.Round, 0);
                _round!.Due();
                Restart();
                break;
        }
    }

    private void Set(int replica, ReplicaStatus status)
    {
        _epochs[replica]++;
        _roster.Set(replica, status, _now);
    }

    private void Create(int replica)
    {
        Set(replica, ReplicaStatus.Up);
        for (int i = _firstEngine[replica]; i < _firstEngine[replica + 1]; i++)
        {
            _engines[i] = _create(i, _parts[_partOf[replica]]);
        }
    }

    private long StartUpTicks(int replica) => Ticks.Of(_behaviour.StartUp.Of(_parts[_partOf[replica]].Replica));

    private void Start(int replica, long ticks)
    {
        Set(replica, ReplicaStatus.Starting);
        _events.Add(Later.Than(_now, ticks), FleetEventKind.Started, replica, _epochs[replica]);
    }

    private void Drain(int replica)
    {
        Set(replica, ReplicaStatus.Draining);
        for (int i = _firstEngine[replica]; i < _firstEngine[replica + 1]; i++)
        {
            _engines[i]!.AdvanceTo(_now);
            _ends.Set(i, _engines[i]!.End);
        }

        Reroute();
        if (IsIdle(replica))
        {
            Drained(replica);
        }
    }

    private void Drained(int replica)
    {
        for (int i = _firstEngine[replica]; i < _firstEngine[replica + 1]; i++)
        {
            Retire(i);
        }

        if (_round?.Has(replica) == true)
        {
            Start(replica, _behaviour.Restarts!.RestartSeconds is { } seconds ? Ticks.Of(seconds) : StartUpTicks(replica));
        }
        else
        {
            TurnOff(replica);
        }
    }

    private void TurnOff(int replica)
    {
        _leaves[replica] = false;
        Set(replica, ReplicaStatus.Off);
        _round?.Leave(replica, restarted: false);
    }

    private bool IsIdle(int replica)
    {
        for (int i = _firstEngine[replica]; i < _firstEngine[replica + 1]; i++)
        {
            if (_engines[i]!.Waiting + _engines[i]!.Running > 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Retire(int engine)
    {
        if (_engines[engine] is { } gone)
        {
            _work[_partOf[_replicaOf[engine]]].Add(gone.Work);
            _engines[engine] = null;
            _ends.Set(engine, Ticks.Never);
        }
    }

    private bool IsRouted(int replica) => _roster[replica] == ReplicaStatus.Up || _believed[replica];

    // Those that the router believes to be up; then what waits for one is routed.
    private void Reroute()
    {
        _routableCount = 0;
        for (int i = 0; i < _engines.Length; i++)
        {
            if (IsRouted(_replicaOf[i]))
            {
                _routable[_routableCount++] = i;
            }
        }

        Unpark();
    }
}
