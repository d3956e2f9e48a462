using System.Text;

namespace Fleetwright.Serving.Simulation.Timelines;

/// <summary>
/// What some replicas do in a window of simulated time, as a file for viewers of traces (chrome://tracing, ui.perfetto.dev): single iterations, how many run and wait,
/// how full the cache is, and the phases of every request. Leaps are drawn as the iterations that they stand for; the run and its results are the same as without.
/// </summary>
/// <remarks>Format: Trace Event Format of the Chromium project (JSON object format). Every replica writes to a stream of its own, so that the file does not depend on threads.</remarks>
public sealed class Timeline
{
    private readonly SortedDictionary<int, (ReplicaTimeline Replica, StreamWriter Part)> _replicas = [];
    private readonly Func<int, Stream> _open;
    private readonly int _first;
    private readonly int _last;

    /// <param name="fromSeconds">Start of the window.</param>
    /// <param name="toSeconds">Its end.</param>
    /// <param name="firstReplica">The first of the replicas that are drawn.</param>
    /// <param name="lastReplica">The last of them.</param>
    /// <param name="open">Opens an empty stream that can be written, and read from its start, by number; closed by <see cref="WriteTo"/>.</param>
    public Timeline(double fromSeconds, double toSeconds, int firstReplica, int lastReplica, Func<int, Stream> open)
    {
        (From, To) = (Ticks.Of(fromSeconds), Ticks.Of(toSeconds));
        (_first, _last, _open) = (firstReplica, lastReplica, open);
    }

    /// <summary>Start of the window in ticks.</summary>
    public long From { get; }

    /// <summary>Its end in ticks.</summary>
    public long To { get; }

    /// <summary>Writes the file, once the run is over.</summary>
    public void WriteTo(Stream file)
    {
        file.Write("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"generator\":\"fleetwright simulate\"},\"traceEvents\":["u8);
        bool first = true;
        foreach ((ReplicaTimeline replica, StreamWriter part) in _replicas.Values)
        {
            replica.Finish();
            part.Flush();

            // Every event begins with a comma, which the first of all must not.
            part.BaseStream.Position = first ? 1 : 0;
            first = false;
            part.BaseStream.CopyTo(file);
            part.Dispose();
        }

        file.Write("\n]}\n"u8);
    }

    /// <summary>The timeline of an engine, to be put in front of its sink; null for one that is not drawn. Any thread.</summary>
    /// <param name="engine">Its number.</param>
    /// <param name="stages">Engines of a replica: its pipeline stages.</param>
    /// <param name="ranks">Ranks of an engine that run in lockstep.</param>
    /// <param name="overhead">Ticks that requests take beyond their iterations.</param>
    /// <param name="sink">Hears of all that ends.</param>
    internal ReplicaTimeline? Of(int engine, int stages, int ranks, long overhead, ICompletionSink sink)
    {
        int replica = engine / stages;
        if (replica < _first || replica > _last)
        {
            return null;
        }

        lock (_replicas)
        {
            var part = new StreamWriter(_open(engine), new UTF8Encoding(false), 1 << 16);
            string name = stages == 1 ? FormattableString.Invariant($"replica {replica}") : FormattableString.Invariant($"replica {replica}, micro-batch {engine % stages}");
            var timeline = new ReplicaTimeline(this, new TraceEventWriter(part, engine + 1), name, ranks, overhead, sink);
            _replicas.Add(engine, (timeline, part));
            return timeline;
        }
    }
}
