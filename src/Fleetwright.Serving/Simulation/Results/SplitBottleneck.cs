using System.Globalization;
using Fleetwright.Serving.Simulation.Fleets;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>
/// What binds in a split fleet. A full stage holds those before it back, so the last stage that requests wait for is named: blocks and places of the decode
/// pool, then the links, then the prefill pool. Where none waits, it is the decode pool that sets how fast answers come.
/// </summary>
/// <param name="Bottleneck">What binds; its time is that of the decode pool.</param>
/// <param name="Prefill">Where the time of the prefill pool went.</param>
public sealed record SplitBottleneck(Bottleneck Bottleneck, TimeSplit Prefill)
{
    /// <summary>Finds what binds.</summary>
    /// <param name="result">The run of a split fleet.</param>
    /// <param name="request">What was run.</param>
    public static SplitBottleneck Of(SimulationResult result, SimulationRequest request)
    {
        PrefillPool pool = request.Prefill!;
        PrefillResult first = result.Prefill!;
        TimeSplit prompts = TimeSplit.Of(result with { Work = first.Work, Limits = first.Limits, Scheduler = first.Scheduler }, SplitSimulation.PromptsOf(request, pool)), decodes = TimeSplit.Of(result, request);
        if (first.Work.Iterations == 0 || result.Statistics.Completed == 0)
        {
            return new SplitBottleneck(new Bottleneck(BottleneckKind.None, false, false, "Nothing ran to its end", decodes), prompts);
        }

        // Means over all requests, those that are not sent included.
        double whole = Bottleneck.Merged(result, c => c.EndToEnd).Mean, queue = Bottleneck.Merged(result, c => c.Queue).Mean, sent = (double)first.Transfers.Count / result.Statistics.Completed;
        double blocks = sent > 0 ? sent * first.Transfers.ForBlocks.Mean : 0, link = sent > 0 ? sent * first.Transfers.ForLink.Mean : 0, least = Bottleneck.WaitingShare * whole;
        double promptsBusy = 1 - prompts.Of(TimeUse.Idle), decodesBusy = 1 - decodes.Of(TimeUse.Idle);
        TimePart prompt = Largest(prompts), decode = Largest(decodes);
        var occupancy = OccupancySeries.MeanOf(result.Occupancy);
        (double cache, double running) = Bottleneck.WhileWaiting(occupancy);
        IFormatProvider c = CultureInfo.InvariantCulture;
        (BottleneckKind kind, bool waits, string why) = blocks > least
            ? (cache > Bottleneck.FullCache ? BottleneckKind.Cache : BottleneckKind.Sequences, true, string.Create(c, $"The decode pool binds: caches wait {blocks / whole:0 %} of a request's time for its blocks, with {running:0.#} sequences a replica and {cache:0 %} of the cache taken, and hold the prefill pool back"))
            : link > least ? (BottleneckKind.CacheLinks, true, string.Create(c, $"The links between the pools bind: caches wait {link / whole:0 %} of a request's time for them"))
            : queue > least ? (Bottleneck.KindOf(prompt), true, string.Create(c, $"The prefill pool binds: requests wait {queue / whole:0 %} of their time for it. {Bottleneck.Words(prompt)}"))
            : (Bottleneck.KindOf(decode), false, string.Create(c, $"Nothing waits long. {Bottleneck.Words(decode)}, which sets how fast an answer comes"));
        bool overloaded = waits && (Bottleneck.Grows(OccupancySeries.MeanOf(first.Occupancy)) || Bottleneck.Grows(occupancy) || queue + blocks + link > Bottleneck.WaitingRun * result.Seconds);
        string load = overloaded ? ". The load is more than the fleet can serve: the queue grew as long as requests came" : "";
        string busy = string.Create(c, $". Prefill replicas are busy {promptsBusy:0 %} of the time, decode replicas {decodesBusy:0 %}");
        return new SplitBottleneck(new Bottleneck(kind, waits, overloaded, why + busy + load, decodes), prompts);
    }

    private static TimePart Largest(TimeSplit split) => split.Parts.FirstOrDefault(p => p.Use != TimeUse.Idle, split.Parts[0]);
}
