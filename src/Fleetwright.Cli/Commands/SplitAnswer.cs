using System.Globalization;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;

namespace Fleetwright.Cli.Commands;

/// <summary>What a simulation says of the two pools of a split fleet and of the caches that went between them.</summary>
internal sealed record SplitAnswer(SplitAnswer.Pool Prefill, SplitAnswer.Pool Decode, SplitAnswer.Sent Transfers, FirstToken FirstToken)
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>One pool; shares are means over time and replicas.</summary>
    internal sealed record Pool(
        string Chip, long Chips, int Replicas, string Sharding, SchedulerKind Scheduler, RouterKind Router, double BusyShare, double TokensPerIteration, double Running, double Waiting, double CacheShare, double CachePeakShare, long CacheBlocks,
        double? DollarsPerHour, double KilowattHours, IReadOnlyList<TimePart> Time);

    /// <summary>Caches that were sent; the link's share is that of the time in which a replica of the smaller pool sends or receives.</summary>
    internal sealed record Sent(long Count, double Bytes, double BytesPerRequest, double LinkBytesPerSecond, double LinkLatencySeconds, double LinkBusyShare, IReadOnlyList<SimulateAnswer.Latency> Latencies);

    /// <summary>Both pools in a few words.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Title => Prefill.Chip == Decode.Chip
        ? string.Create(s_culture, $"{Prefill.Chips + Decode.Chips:#,0} × {Decode.Chip}: prefill {Prefill.Replicas:#,0} × {Prefill.Sharding}, decode {Decode.Replicas:#,0} × {Decode.Sharding}")
        : string.Create(s_culture, $"prefill {Prefill.Chips:#,0} × {Prefill.Chip}: {Prefill.Replicas:#,0} × {Prefill.Sharding}, decode {Decode.Chips:#,0} × {Decode.Chip}: {Decode.Replicas:#,0} × {Decode.Sharding}");

    /// <summary>What there is to say besides what is said of the decode pool.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<(string Name, string Value)> Facts =>
    [
        ("prefill", string.Create(s_culture, $"busy {Prefill.BusyShare:0.0 %}, {SimulateText.Number(Prefill.TokensPerIteration)} tokens an iteration; {SimulateText.Number(Prefill.Running)} prompts run, {SimulateText.Number(Prefill.Waiting)} wait; cache {Prefill.CacheShare:0.0 %} full on average, {Prefill.CachePeakShare:0.0 %} at most, of {Prefill.CacheBlocks:#,0} blocks")),
        ("transfers", string.Create(s_culture, $"{Transfers.Count:#,0} caches of {Transfers.BytesPerRequest / 1e6:#,0.0} MB over {Transfers.LinkBytesPerSecond / 1e9:0.#} GB/s, whose links are busy {Transfers.LinkBusyShare:0.0 %}; first token {TrafficOptions.Key(FirstToken.ToString()).Replace('-', ' ')}")),
    ];

    /// <summary>Puts what is of both pools into an answer that speaks of the decode pool; the answer itself when the fleet is not split.</summary>
    public static SimulateAnswer Of(SimulateAnswer answer, SimulationRequest request, SimulationResult result, IReadOnlyList<double> percentiles)
    {
        if (request.Prefill is not { } pool || result.Prefill is not { } first)
        {
            return answer;
        }

        SplitBottleneck found = SplitBottleneck.Of(result, request);
        Pool prefill = PoolOf(pool.Replica, pool.Replicas, first.Scheduler, pool.Router, first.Work, first.Occupancy, first.Limits, found.Prefill, first.Joules, result.Seconds);
        Pool decode = PoolOf(request.Replica, request.Replicas, result.Scheduler, request.Router, result.Work, result.Occupancy, result.Limits, found.Bottleneck.Split, result.Joules - first.Joules, result.Seconds);
        KvTransfers t = first.Transfers;
        double each = Math.Max(result.Seconds, double.Epsilon), outputs = Math.Max(1, result.Statistics.Classes.Sum(c => c.OutputTokens)), prompts = result.Statistics.Classes.Sum(c => c.PromptTokens);
        long chips = prefill.Chips + decode.Chips;
        double? dollars = (prefill.DollarsPerHour + decode.DollarsPerHour) / 3600 * result.Seconds;
        double joules = (prefill.KilowattHours + decode.KilowattHours) * 3.6e6;
        return answer with
        {
            Chip = prefill.Chip == decode.Chip ? decode.Chip : $"{prefill.Chip} and {decode.Chip}",
            Chips = chips,
            Throughput = answer.Throughput with { OutputTokensPerSecondPerChip = answer.Throughput.OutputTokensPerSecond / chips },
            Cost = new SimulateAnswer.Money(dollars, dollars / outputs * 1e6, dollars / (outputs + prompts) * 1e6, dollars / each * 3600),
            Energy = new SimulateAnswer.Power(joules / 3.6e6, joules / outputs, result.Joules / outputs, joules / each / chips),
            Binding = found.Bottleneck.Kind,
            Overloaded = found.Bottleneck.Overloaded,
            Bottleneck = found.Bottleneck.Sentence,
            Time = [.. Parts(prefill, chips).Concat(Parts(decode, chips)).GroupBy(p => (p.Use, p.Cause)).Select(g => new TimePart(g.Key.Use, g.Key.Cause, g.Sum(p => p.Share))).OrderByDescending(p => p.Share).ThenBy(p => p.Use).ThenBy(p => p.Cause)],
            Iterations = answer.Iterations + first.Work.Iterations,
            Leaps = answer.Leaps + first.Work.Runs,
            Events = answer.Events + first.Work.Runs + t.Count,
            Split = new SplitAnswer(
                prefill,
                decode,
                new Sent(
                    t.Count, t.Bytes, t.Count > 0 ? t.Bytes / t.Count : 0, pool.Link.BytesPerSecond, pool.Link.LatencySeconds, t.Bytes / pool.Link.BytesPerSecond / each / Math.Min(pool.Replicas, request.Replicas),
                    [
                        SimulateAnswer.Latency.Of("wait_for_blocks", t.ForBlocks, percentiles), SimulateAnswer.Latency.Of("wait_for_link", t.ForLink, percentiles),
                        SimulateAnswer.Latency.Of("transfer", t.Transfer, percentiles), SimulateAnswer.Latency.Of("hand_over", t.HandOver, percentiles),
                    ]),
                pool.FirstToken),
        };
    }

    // The time of a pool counts by its chips.
    private static IEnumerable<TimePart> Parts(Pool pool, long chips) => pool.Time.Select(p => p with { Share = p.Share * pool.Chips / chips });

    private static Pool PoolOf(
        Replica replica, int replicas, SchedulerKind scheduler, RouterKind router, in ReplicaWork work, IReadOnlyList<OccupancySeries> occupancy, SchedulerLimits limits, TimeSplit split, double joules, double seconds)
    {
        var series = OccupancySeries.MeanOf(occupancy);
        double Mean(Func<int, double> of) => Enumerable.Range(0, series.Count).Sum(i => of(i) * Math.Min(series.Interval, series.End - (i * series.Interval))) / Math.Max(1, series.End);
        long chips = (long)replica.Chips * replicas;
        var basis = CostBasis.Default;
        return new Pool(
            replica.Chip.Chip.Name, chips, replicas, replica.Sharding.ToString(), scheduler, router, 1 - split.Of(TimeUse.Idle), work.Tokens / (double)Math.Max(1, work.Iterations),
            Mean(series.Running), Mean(series.Waiting), Mean(series.Cache), Enumerable.Range(0, series.Count).Select(series.Cache).DefaultIfEmpty().Max(), limits.Blocks,
            basis.DollarsPerSecond(replica.Chip.Chip) * chips * 3600, (joules + (basis.OverheadWatts(replica.Chip.Chip) * chips * seconds)) / 3.6e6, split.Parts);
    }
}
