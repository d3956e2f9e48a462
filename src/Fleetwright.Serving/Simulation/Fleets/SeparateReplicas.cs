using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets;

/// <summary>
/// Replicas that have a source each and so nothing to do with one another: a few run at a time, one after another in every shard, and only those are in memory.
/// </summary>
internal sealed class SeparateReplicas : IState
{
    // How long a replica runs, in real time, between looks at the watch.
    private const long LeastMilliseconds = 20, MostMilliseconds = 100;
    private static readonly long FirstStretch = Ticks.Of(1);
    private readonly Part[] _parts;
    private readonly int _replicas;
    private readonly ParallelOptions _options;
    private readonly Func<int, IRequestSource> _sources;
    private readonly Func<int, IRequestSource, IReplicaEngine> _create;

    /// <param name="replicas">Replicas.</param>
    /// <param name="shards">Parts that may run at once; replicas whose numbers have the same rest by it never do, so they may share a sink.</param>
    /// <param name="threads">Threads to use.</param>
    /// <param name="sources">The requests of each replica.</param>
    /// <param name="create">Makes a replica for them.</param>
    public SeparateReplicas(int replicas, int shards, int threads, Func<int, IRequestSource> sources, Func<int, IRequestSource, IReplicaEngine> create)
    {
        (_replicas, _sources, _create) = (replicas, sources, create);
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        _parts = [.. Enumerable.Range(0, shards).Select(i => new Part { Next = i })];
    }

    /// <summary>What all have done.</summary>
    public ReplicaWork Work
    {
        get
        {
            ReplicaWork all = default;
            foreach (Part part in _parts)
            {
                all.Add(part.Done);
                if (part.Engine is { } engine)
                {
                    all.Add(engine.Work);
                }
            }

            return all;
        }
    }

    /// <summary>Takes all requests to their ends.</summary>
    /// <param name="watch">May stop the run: the rest of it is then left out.</param>
    /// <returns>Whether the run came to its end.</returns>
    public bool Run(RunWatch watch)
    {
        bool done;
        do
        {
            done = true;
            Parallel.For(0, _parts.Length, _options, shard =>
            {
                if (!Run(_parts[shard], watch))
                {
                    Volatile.Write(ref done, false);
                }
            });
            if (!done && !watch.GoesOn())
            {
                return false;
            }
        }
        while (!done);
        return true;
    }

    /// <inheritdoc/>
    public void Transfer(StateTransfer state)
    {
        foreach (Part part in _parts)
        {
            part.Next = state.Of(part.Next);
            part.Done = state.Of(part.Done);
            if (!state.Of(part.Engine is not null))
            {
                continue;
            }

            if (state.Loads)
            {
                Begin(part, saves: true);
            }

            IState.Of(part.Source!).Transfer(state);
            IState.Of(part.Engine!).Transfer(state);
        }
    }

    private bool Run(Part part, RunWatch watch)
    {
        for (; part.Next < _replicas; part.Next += _parts.Length)
        {
            if (part.Engine is null)
            {
                // Nothing is begun that would have to be put down at once.
                if (watch.Pauses(0))
                {
                    return false;
                }

                Begin(part, watch.Saves);
            }

            if (!Run(part.Engine!, part.Source!, watch))
            {
                return false;
            }

            part.Done.Add(part.Engine!.Work);
            (part.Engine, part.Source) = (null, null);
        }

        return true;
    }

    private static bool Run(IReplicaEngine engine, IRequestSource source, RunWatch watch)
    {
        long stretch = FirstStretch;
        while (Math.Min(source.NextArrival, engine.End) is var now && now != Ticks.Never)
        {
            long before = Environment.TickCount64;
            if (engine.RunUntil(source, Math.Min(Later.Than(now, stretch), Ticks.Never - 1)))
            {
                return true;
            }

            if (watch.Pauses(now))
            {
                return false;
            }

            long took = Environment.TickCount64 - before;
            stretch = took < LeastMilliseconds ? Later.Than(stretch, stretch) : took > MostMilliseconds ? Math.Max(1, stretch / 2) : stretch;
        }

        return true;
    }

    private void Begin(Part part, bool saves)
    {
        IRequestSource source = _sources(part.Next);
        part.Source = saves ? new ResumableSource(source) : source;
        part.Engine = _create(part.Next, part.Source);
    }

    // What one shard does: the replica that runs, and what those before it did.
    private sealed class Part
    {
        public int Next;
        public ReplicaWork Done;
        public IReplicaEngine? Engine;
        public IRequestSource? Source;
    }
}
