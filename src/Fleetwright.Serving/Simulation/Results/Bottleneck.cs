using System.Globalization;
using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What keeps a fleet from answering sooner or more.</summary>
public enum BottleneckKind
{
    /// <summary>Nothing ran.</summary>
    None,

    /// <summary>Prompts, held by arithmetic.</summary>
    PromptCompute,

    /// <summary>Prompts, held by anything else.</summary>
    PromptOther,

    /// <summary>Decodes, held by the bandwidth of the memory.</summary>
    DecodeBandwidth,

    /// <summary>Decodes, held by arithmetic.</summary>
    DecodeCompute,

    /// <summary>Decodes, held by links between chips.</summary>
    DecodeNetwork,

    /// <summary>Decodes, held by the starting of operators and the host.</summary>
    DecodeOverhead,

    /// <summary>The cache is full while requests wait.</summary>
    Cache,

    /// <summary>As many sequences run as the engine takes, while requests wait.</summary>
    Sequences,

    /// <summary>As many adapters run as the engine takes at once, while requests wait for others.</summary>
    Adapters,

    /// <summary>The links from prefill to decode replicas.</summary>
    CacheLinks,

    /// <summary>The server's front end, which takes requests one after another, while requests wait for it.</summary>
    FrontEnd,
}

/// <summary>What binds in a run: what requests wait for, or, where none waits, what most of the busy time goes to.</summary>
/// <param name="Kind">What binds.</param>
/// <param name="Waits">Whether requests wait for it, or it only sets how fast a request is answered.</param>
/// <param name="Overloaded">Whether the queue grew as long as requests came.</param>
/// <param name="Sentence">All of it in words.</param>
/// <param name="Split">Where the time went.</param>
public sealed record Bottleneck(BottleneckKind Kind, bool Waits, bool Overloaded, string Sentence, TimeSplit Split)
{
    // Shares at which something counts as full: the last sequence that would not fit leaves a cache that is not quite.
    internal const double FullCache = 0.9;
    private const double FullSequences = 0.95;

    // Requests that come while nobody may start wait; of the time that replicas are busy this much is no accident.
    private const double BlockedShare = 0.2;

    // Requests wait when they spend this share of their time in the queue; the rest of an iteration on arrival is less.
    internal const double WaitingShare = 0.1;

    // A process at which requests spend this many times what it is busy with each is busy most of the time: M/D/1 at 75 %.
    private const double BusyFrontEnd = 2.5;

    // A mean wait of this share of the whole run is a queue that grew: nobody waits so long for a burst to pass.
    internal const double WaitingRun = 0.05;

    /// <summary>Finds what binds.</summary>
    /// <param name="result">The run.</param>
    /// <param name="request">What was run.</param>
    public static Bottleneck Of(SimulationResult result, SimulationRequest request)
    {
        TimeSplit split = TimeSplit.Of(result, request);
        if (result.Work.Iterations == 0 || result.Statistics.Completed == 0)
        {
            return new Bottleneck(BottleneckKind.None, false, false, "Nothing ran to its end", split);
        }

        var series = OccupancySeries.MeanOf(result.Occupancy);
        LatencySketch queue = Merged(result, c => c.Queue), whole = Merged(result, c => c.EndToEnd);
        double front = Merged(result, c => c.FrontEnd) is { Count: > 0 } passed ? passed.Mean : 0;
        long preemptions = result.Statistics.Classes.Sum(c => c.Preemptions);
        (double cache, double running) = WhileWaiting(series);
        bool waits = queue.Mean > WaitingShare * whole.Mean || preemptions > 0.01 * result.Statistics.Completed, overloaded = waits && (Grows(series) || queue.Mean > WaitingRun * result.Seconds);

        // A request that waits in front of the engine for longer than in it waits for the front end.
        bool behind = front > WaitingShare * whole.Mean && front > queue.Mean && front > BusyFrontEnd * FrontEndSeconds(request.Replica, result);
        overloaded |= behind && front > WaitingRun * result.Seconds;
        TimePart largest = split.Parts.First(p => p.Use != TimeUse.Idle);
        BottleneckKind kind = behind ? BottleneckKind.FrontEnd
            : waits && result.Adapters is { } a && a.BlockedTicks > BlockedShare * a.BusyTicks ? BottleneckKind.Adapters
            : waits && (cache > FullCache || preemptions > 0.01 * result.Statistics.Completed) ? BottleneckKind.Cache
            : waits && running > FullSequences * result.Limits.MaximumSequences ? BottleneckKind.Sequences
            : KindOf(largest);
        double busy = 1 - split.Of(TimeUse.Idle);
        string why = kind switch
        {
            BottleneckKind.FrontEnd => string.Create(CultureInfo.InvariantCulture, $"The servers' front ends bind: requests wait {front:0.0##} s on average for a process that takes one in {FrontEndSeconds(request.Replica, result) * 1e3:0.0} ms"),
            BottleneckKind.Cache => string.Create(CultureInfo.InvariantCulture, $"The cache binds: while requests wait it is {cache:0 %} full with {running:0.#} sequences a replica, and {preemptions:#,0} times one lost its place"),
            BottleneckKind.Adapters => string.Create(CultureInfo.InvariantCulture, $"The {request.Adapters!.Slots:#,0} adapter slots of a replica bind: {(double)result.Adapters!.BlockedTicks / result.Adapters.BusyTicks:0 %} of the time in which replicas work, all that wait ask for other adapters"),
            BottleneckKind.Sequences => string.Create(CultureInfo.InvariantCulture, $"The engine's limit of {result.Limits.MaximumSequences:#,0} sequences binds: as many run while requests wait, and the cache is {cache:0 %} full"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Words(largest)}: {largest.Share / busy:0 %} of the time in which replicas work"),
        };
        waits |= behind;
        string wait = waits && kind is not (BottleneckKind.Cache or BottleneckKind.Sequences or BottleneckKind.Adapters or BottleneckKind.FrontEnd) ? "; requests wait for it"
            : waits ? ""
            : "; nothing waits, so that it sets how fast a request is answered and not how many are";
        string load = overloaded ? ". The load is more than the fleet can serve: the queue grew as long as requests came"
            : string.Create(CultureInfo.InvariantCulture, $". Replicas are busy {busy:0 %} of the time and requests spend {queue.Mean / whole.Mean:0.0 %} of theirs in the queue");
        return new Bottleneck(kind, waits, overloaded, why + wait + load, split);
    }

    /// <summary>A use and a cause in words.</summary>
    public static string Words(in TimePart part) => $"{(part.Use == TimeUse.Prompts ? "Prefill" : "Decode")} is held by {Words(part.Cause)}";

    /// <summary>A cause in words.</summary>
    public static string Words(TimeCause cause) => cause switch
    {
        TimeCause.Compute => "compute",
        TimeCause.Bandwidth => "memory bandwidth",
        TimeCause.Network => "the links between chips",
        TimeCause.Overhead => "launches and the host",
        _ => "nothing",
    };

    internal static BottleneckKind KindOf(in TimePart part) => (part.Use, part.Cause) switch
    {
        (TimeUse.Prompts, TimeCause.Compute) => BottleneckKind.PromptCompute,
        (TimeUse.Prompts, _) => BottleneckKind.PromptOther,
        (_, TimeCause.Bandwidth) => BottleneckKind.DecodeBandwidth,
        (_, TimeCause.Compute) => BottleneckKind.DecodeCompute,
        (_, TimeCause.Network) => BottleneckKind.DecodeNetwork,
        _ => BottleneckKind.DecodeOverhead,
    };

    // What the front end is busy with a mean request.
    private static double FrontEndSeconds(Replica replica, SimulationResult result)
    {
        double prompt = result.Statistics.Classes.Sum(c => (double)c.PromptTokens) / Math.Max(1, result.Statistics.Completed);
        return replica.Engine.FrontEndSeconds(prompt);
    }

    internal static LatencySketch Merged(SimulationResult result, Func<ClassStatistics, LatencySketch> sketch)
    {
        var all = new LatencySketch();
        foreach (ClassStatistics statistics in result.Statistics.Classes)
        {
            all.Add(sketch(statistics));
        }

        return all;
    }

    // Means over time, each moment counted by how many wait.
    internal static (double Cache, double Running) WhileWaiting(OccupancySeries series)
    {
        double waiting = 0, cache = 0, running = 0;
        for (int i = 0; i < series.Count; i++)
        {
            waiting += series.Waiting(i);
            cache += series.Waiting(i) * series.Cache(i);
            running += series.Waiting(i) * series.Running(i);
        }

        return waiting > 0 ? (cache / waiting, running / waiting) : (0, 0);
    }

    // Twice as many wait around the middle of the run as at its beginning; its end may be the queue running dry.
    internal static bool Grows(OccupancySeries series)
    {
        double early = Mean(0.05, 0.25), late = Mean(0.4, 0.65);
        return late > 1 && late > 2 * early;

        double Mean(double from, double to)
        {
            int first = (int)(from * series.Count), last = Math.Max(first + 1, (int)(to * series.Count));
            return Enumerable.Range(first, last - first).Average(series.Waiting);
        }
    }
}
