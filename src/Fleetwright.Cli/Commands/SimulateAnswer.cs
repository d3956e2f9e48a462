using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Steady;

namespace Fleetwright.Cli.Commands;

/// <summary>What a simulation of a fleet says, as it is printed, drawn and written as JSON.</summary>
internal sealed record SimulateAnswer
{
    public bool Fits { get; init; } = true;

    public required bool Partial { get; init; }

    public required string Model { get; init; }

    public required string Chip { get; init; }

    public required long Chips { get; init; }

    public required int Replicas { get; init; }

    public required string Sharding { get; init; }

    public required Precision Precision { get; init; }

    public required string Engine { get; init; }

    public required SchedulerKind Scheduler { get; init; }

    public required RouterKind Router { get; init; }

    public required ulong Seed { get; init; }

    public required string Traffic { get; init; }

    public required double SimulatedSeconds { get; init; }

    public required long Completed { get; init; }

    public required long Rejected { get; init; }

    public required long Preemptions { get; init; }

    public required IReadOnlyList<Latency> Latencies { get; init; }

    public required Rates Throughput { get; init; }

    public required Targets Goodput { get; init; }

    public required Load Replica { get; init; }

    public required Money Cost { get; init; }

    public required Power Energy { get; init; }

    public required BottleneckKind Binding { get; init; }

    public required bool Overloaded { get; init; }

    public required string Bottleneck { get; init; }

    public required IReadOnlyList<TimePart> Time { get; init; }

    /// <summary>The two pools and what went between them, where prompts have a pool of their own; <see cref="Replica"/> is then the one that decodes.</summary>
    public SplitAnswer? Split { get; init; }

    /// <summary>What speculative decoding brought, where there was any.</summary>
    public SpeculationAnswer? Speculation { get; init; }

    /// <summary>What the prefix cache found and what moved, where there is one or evicted sequences are swapped.</summary>
    public CacheAnswer? Cache { get; init; }

    /// <summary>What the adapters did, where there are any.</summary>
    public AdapterAnswer? Adapters { get; init; }

    /// <summary>By class, where there are several.</summary>
    public IReadOnlyList<ClassAnswer>? Classes { get; init; }

    /// <summary>What became of replicas, where the fleet changes or is of several kinds.</summary>
    public FleetAnswer? Fleet { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public required long Iterations { get; init; }

    /// <summary>Runs of iterations, each taken in one step.</summary>
    public required long Leaps { get; init; }

    /// <summary>What the engine stepped through: arrivals and runs of iterations.</summary>
    public required long Events { get; init; }

    /// <summary>What the run took of this machine; the only part that is not the same each time.</summary>
    public double WallSeconds { get; init; }

    public double RequestsPerWallSecond { get; init; }

    public double RequestsPerCpuSecond { get; init; }

    public long PeakBytes { get; init; }

    /// <summary>A distribution of times, in seconds; percentiles by name, such as p99. Where the error is known, the mean has its band; percentiles may be off by as much of theirs.</summary>
    internal sealed record Latency(string Name, long Count, double? MeanSeconds, Band? MeanBand, IReadOnlyDictionary<string, double?> PercentileSeconds, double? MaximumSeconds)
    {
        public static Latency Of(string name, LatencySketch sketch, IReadOnlyList<double> percentiles, Func<double, Band>? band = null) => new(
            name, sketch.Count, Known(sketch.Mean), sketch.Count == 0 ? null : band?.Invoke(sketch.Mean), percentiles.ToDictionary(Key, p => Known(sketch.Quantile(p / 100))), sketch.Count == 0 ? null : sketch.Maximum);

        public static string Key(double percentile) => FormattableString.Invariant($"p{percentile:0.######}");

        private static double? Known(double value) => double.IsFinite(value) ? value : null;
    }

    internal sealed record Rates(double RequestsPerSecond, double PromptTokensPerSecond, double OutputTokensPerSecond, double OutputTokensPerSecondPerChip, double? OfferedRequestsPerSecond);

    /// <summary>Requests that kept all targets; a target that was not given is kept by all.</summary>
    internal sealed record Targets(double? TtftSeconds, double? TpotSeconds, double? EndToEndSeconds, long Good, double RequestsPerSecond, double Share);

    /// <summary>Of a replica (of a pipeline stage's micro-batch), on average over time; the cache as shares. How many wait is Little's law, those that lost their place not counted.</summary>
    internal sealed record Load(double BusyShare, double MeanBatch, double TokensPerIteration, double Running, double Waiting, int MaximumSequences, int TokenBudget, double CacheShare, double CachePeakShare, long CacheBlocks, int BlockTokens);

    internal sealed record Money(double? Dollars, double? DollarsPerMillionOutputTokens, double? DollarsPerMillionTokens, double? DollarsPerHour);

    /// <summary>Chips and the rest of their servers.</summary>
    internal sealed record Power(double KilowattHours, double JoulesPerOutputToken, double ChipJoulesPerOutputToken, double WattsPerChip);

    /// <summary>A class of requests, with the targets of its own and their goodput where it has any.</summary>
    internal sealed record ClassAnswer(string Name, int? Priority, long Completed, long Rejected, long Preemptions, long Good, Targets? Goodput, IReadOnlyList<Latency> Latencies)
    {
        public static ClassAnswer Of(string name, int? priority, ClassStatistics c, double seconds, IReadOnlyList<double> percentiles, LatencyBands bands)
        {
            ServiceTarget t = c.Target;
            bool has = double.IsFinite(t.TtftSeconds) || double.IsFinite(t.TpotSeconds) || double.IsFinite(t.EndToEndSeconds);
            Targets? goodput = has ? new Targets(Given(t.TtftSeconds), Given(t.TpotSeconds), Given(t.EndToEndSeconds), c.Good, c.Good / seconds, c.Good / (double)Math.Max(1, c.Completed + c.Rejected)) : null;
            return new ClassAnswer(name, priority, c.Completed, c.Rejected, c.Preemptions, c.Good, goodput, Distributions(c, null, percentiles, bands));
        }
    }

    public static SimulateAnswer Of(SimulationRequest request, SimulationResult result, TrafficPlan plan, ServiceTarget target, IReadOnlyList<double> percentiles, bool partial, IReadOnlyList<string> notes)
    {
        Replica replica = request.Replica;
        RunStatistics run = result.Statistics;
        ClassStatistics all = new(target);
        foreach (ClassStatistics statistics in run.Classes)
        {
            all.Add(statistics);
        }

        double seconds = result.Seconds, each = Math.Max(seconds, double.Epsilon);
        long chips = ((long)replica.Chips * request.Replicas) + request.Also.Sum(k => (long)k.Replica.Chips * k.Replicas), rejected = all.Rejected + plan.Rejected;
        FleetOutcome? fleet = result.Fleet;
        double engines = fleet is null ? request.Replicas * replica.Sharding.PipelineParallel : fleet.Kinds.Sum(k => k.MemberSeconds * k.Replica.Sharding.PipelineParallel) / each;
        double meanChips = fleet is null ? chips : Math.Max(double.Epsilon, FleetAnswer.ChipSeconds(fleet) / each);
        var basis = CostBasis.Default;
        double? dollars = fleet is null ? basis.DollarsPerSecond(replica.Chip.Chip) * chips * seconds : FleetAnswer.Dollars(fleet);
        double joules = result.Joules + (fleet is null ? basis.OverheadWatts(replica.Chip.Chip) * chips * seconds : FleetAnswer.OverheadJoules(fleet)), outputs = Math.Max(1, all.OutputTokens);
        var bottleneck = Serving.Simulation.Results.Bottleneck.Of(result, request);
        var bands = LatencyBands.Of(result, replica);
        var series = OccupancySeries.MeanOf(result.Occupancy);
        ReplicaWork work = result.Work;
        double Mean(Func<int, double> of) => Enumerable.Range(0, series.Count).Sum(i => of(i) * Math.Min(series.Interval, series.End - (i * series.Interval))) / Math.Max(1, series.End);
        return new SimulateAnswer
        {
            Partial = partial,
            Model = replica.Graph.Model.Name,
            Chip = replica.Chip.Chip.Name,
            Chips = chips,
            Replicas = request.Replicas,
            Sharding = replica.Sharding.ToString(),
            Precision = replica.Graph.Precision,
            Engine = replica.Engine.Name,
            Scheduler = result.Scheduler,
            Router = request.Router,
            Seed = request.Seed,
            Traffic = plan.Text,
            SimulatedSeconds = seconds,
            Completed = all.Completed,
            Rejected = rejected,
            Preemptions = all.Preemptions,
            Latencies = Distributions(all, run.InterToken, percentiles, bands),
            Throughput = new Rates(all.Completed / each, all.PromptTokens / each, all.OutputTokens / each, all.OutputTokens / each / meanChips, plan.Offered),
            Goodput = new Targets(Given(target.TtftSeconds), Given(target.TpotSeconds), Given(target.EndToEndSeconds), all.Good, all.Good / each, all.Good / (double)Math.Max(1, all.Completed + rejected)),
            Replica = new Load(
                1 - bottleneck.Split.Of(TimeUse.Idle), work.Decoded / (double)Math.Max(1, work.Iterations), work.Tokens / (double)Math.Max(1, work.Iterations), Mean(series.Running), all.Queue.SumSeconds / each / engines,
                result.Limits.MaximumSequences, result.Limits.TokenBudget, Mean(series.Cache), Enumerable.Range(0, series.Count).Select(series.Cache).DefaultIfEmpty().Max(), result.Limits.Blocks, result.Limits.BlockTokens),
            Cost = new Money(dollars, dollars / outputs * 1e6, dollars / Math.Max(1, all.OutputTokens + all.PromptTokens) * 1e6, dollars / each * 3600),
            Energy = new Power(joules / 3.6e6, joules / outputs, result.Joules / outputs, joules / each / meanChips),
            Binding = bottleneck.Kind,
            Overloaded = bottleneck.Overloaded,
            Bottleneck = bottleneck.Sentence,
            Time = bottleneck.Split.Parts,
            Classes = run.Classes.Count == 1 ? null : [.. run.Classes.Select((c, i) => ClassAnswer.Of(plan.Classes[i], request.Priorities?[i], c, each, percentiles, bands))],
            Speculation = SpeculationAnswer.Of(request, result),
            Adapters = AdapterAnswer.Of(request, result),
            Fleet = FleetAnswer.Of(request, result, percentiles),
            Cache = CacheAnswer.Of(request, result),
            Notes = notes,
            Iterations = work.Iterations,
            Leaps = work.Runs,
            Events = work.Runs + all.Completed + all.Rejected,
        };
    }

    private static double? Given(double target) => double.IsFinite(target) ? target : null;

    private static List<Latency> Distributions(ClassStatistics statistics, LatencySketch? interToken, IReadOnlyList<double> percentiles, LatencyBands bands) =>
    [
        Latency.Of("ttft", statistics.Ttft, percentiles, bands.Ttft),
        Latency.Of("tpot", statistics.Tpot, percentiles, bands.Tpot),
        .. interToken is null ? Array.Empty<Latency>() : [Latency.Of("inter_token", interToken, percentiles, bands.Tpot)],
        Latency.Of("end_to_end", statistics.EndToEnd, percentiles, mean => bands.EndToEnd(statistics.Ttft.Mean, mean)),
        Latency.Of("queue", statistics.Queue, percentiles),
        .. statistics.FrontEnd.Count == 0 ? Array.Empty<Latency>() : [Latency.Of("front_end", statistics.FrontEnd, percentiles)],
    ];
}
