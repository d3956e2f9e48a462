using System.Globalization;
using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Cli.Commands;

/// <summary>What became of the replicas of a fleet that changes or is of several kinds.</summary>
internal sealed record FleetAnswer
{
    /// <summary>Share of the time of replicas that should be there in which they computed.</summary>
    public required double Availability { get; init; }

    /// <summary>Replicas paid for on average, spares included.</summary>
    public required double MeanPaidReplicas { get; init; }

    public required double PaidReplicaSeconds { get; init; }

    public FailureAnswer? Failures { get; init; }

    public IReadOnlyList<Scaling>? Scalings { get; init; }

    public long? ScalingCount { get; init; }

    /// <summary>Replicas that were ordered at one time, at least and at most; null where nothing scales.</summary>
    public int? FewestReplicas { get; init; }

    public int? MostReplicas { get; init; }

    public long? Restarts { get; init; }

    public required IReadOnlyList<KindAnswer> Kinds { get; init; }

    /// <summary>Means over equal intervals.</summary>
    public required IReadOnlyList<Replicas> ReplicasOverTime { get; init; }

    internal sealed record FailureAnswer(
        long ChipFailures, long NodeFailures, long ReplicaFailures, long SparesUsed, long LostRequests, long LostAnswers, long Retries, long Drops, long LostTokens, long DroppedTokens, SimulateAnswer.Latency Interruption);

    internal sealed record KindAnswer(
        string Name, string Chip, string Sharding, Precision Precision, int Replicas, double Weight, double RequestShare, long Completed, double BusyShare, double UpSeconds, double StartingSeconds, double DrainingSeconds, double DownSeconds,
        double? Dollars, double KilowattHours, IReadOnlyList<SimulateAnswer.Latency> Latencies);

    internal readonly record struct Replicas(double Seconds, double Up, double Starting, double Draining, double Down);

    /// <summary>The answer; null of a fleet that is always the same.</summary>
    public static FleetAnswer? Of(SimulationRequest request, SimulationResult result, IReadOnlyList<double> percentiles)
    {
        if (result.Fleet is not { } fleet)
        {
            return null;
        }

        long all = Math.Max(1, fleet.Kinds.Sum(k => k.Statistics.Completed));
        FleetSeries series = fleet.Series;
        return new FleetAnswer
        {
            Availability = fleet.Availability,
            MeanPaidReplicas = fleet.PaidSeconds / Math.Max(result.Seconds, double.Epsilon),
            PaidReplicaSeconds = fleet.PaidSeconds,
            Failures = fleet.Failures is not { } f ? null : new FailureAnswer(
                f.ChipFailures, f.NodeFailures, f.ReplicaFailures, f.SparesUsed, f.LostRequests, f.LostAnswers, f.Retries, f.Drops, f.LostTokens, f.DroppedTokens, SimulateAnswer.Latency.Of("interruption", f.Interruption, percentiles)),
            Scalings = request.Behaviour?.Autoscaling is null ? null : fleet.Scalings,
            ScalingCount = request.Behaviour?.Autoscaling is null ? null : fleet.ScalingCount,
            FewestReplicas = request.Behaviour?.Autoscaling is null ? null : fleet.FewestReplicas,
            MostReplicas = request.Behaviour?.Autoscaling is null ? null : fleet.MostReplicas,
            Restarts = request.Behaviour?.Restarts is null ? null : fleet.Restarts,
            Kinds = [.. fleet.Kinds.Select(k => Kind(k, all, percentiles))],
            ReplicasOverTime = request.Behaviour is null ? [] : [.. Enumerable.Range(0, series.Count).Select(i => new Replicas(
                Ticks.Seconds(i * series.Interval), series.Mean(ReplicaStatus.Up, i), series.Mean(ReplicaStatus.Starting, i), series.Mean(ReplicaStatus.Draining, i), series.Mean(ReplicaStatus.Down, i)))],
        };
    }

    /// <summary>Chip-seconds that were paid for.</summary>
    public static double ChipSeconds(FleetOutcome fleet) => fleet.Kinds.Sum(k => k.PaidSeconds * k.Replica.Chips);

    /// <summary>Dollars of all chip-seconds; null when a chip has no price.</summary>
    public static double? Dollars(FleetOutcome fleet) => fleet.Kinds.Select(Dollars).Aggregate((double?)0, (sum, d) => sum + d);

    /// <summary>Joules of hosts, network and fans of the chips with power on.</summary>
    public static double OverheadJoules(FleetOutcome fleet) => fleet.Kinds.Sum(OverheadJoules);

    /// <summary>What there is to say, by name.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(FleetAnswer a)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        if (a.ReplicasOverTime.Count > 0)
        {
            yield return ("fleet", string.Create(culture, $"{ChipExploreCommand.Number(a.MeanPaidReplicas)} replicas paid for on average, available {a.Availability:0.00 %} of the time{(a.Restarts is { } restarts ? $", {restarts:#,0} restarts" : "")}"));
        }

        if (a.Scalings is { } scalings)
        {
            yield return ("scaling", scalings.Count == 0 ? "never" : string.Create(culture, $"{a.ScalingCount:#,0} times, from {a.FewestReplicas:#,0} to {a.MostReplicas:#,0} replicas ordered; first {scalings[0].From:#,0} to {scalings[0].To:#,0} at {SimulationWatch.Time(scalings[0].Seconds)}"));
        }

        if (a.Failures is { } f)
        {
            string gap = f.Interruption.MeanSeconds is { } mean ? $", which then waited {SimulationWatch.Time(mean)} for their next token on average" : "";
            yield return ("failures", string.Create(culture, $"{f.ReplicaFailures:#,0} of replicas (by {f.ChipFailures:#,0} chips and {f.NodeFailures:#,0} nodes), {f.SparesUsed:#,0} spares used"));
            yield return ("lost", string.Create(culture, $"{f.LostRequests:#,0} requests and {f.LostTokens:#,0} tokens in the cache; {f.Retries:#,0} retries{gap}, {f.Drops:#,0} dropped"));
        }

        foreach (KindAnswer k in a.Kinds.Count > 1 ? a.Kinds : [])
        {
            SimulateAnswer.Latency ttft = k.Latencies[0], tpot = k.Latencies[1];
            yield return ("kind", string.Create(culture, $"{k.Replicas:#,0} × {k.Name}: {k.RequestShare:0.0 %} of requests, TTFT {Mean(ttft)}, TPOT {Mean(tpot)}, {(k.Dollars is { } d ? $"${ChipExploreCommand.Number(d)}" : "no price known")}, {ChipExploreCommand.Number(k.KilowattHours)} kWh"));
        }
    }

    private static string Mean(SimulateAnswer.Latency latency) => latency.MeanSeconds is { } mean ? SimulationWatch.Time(mean) : "–";

    private static KindAnswer Kind(KindOutcome k, long all, IReadOnlyList<double> percentiles)
    {
        ClassStatistics classes = new(default);
        foreach (ClassStatistics c in k.Statistics.Classes)
        {
            classes.Add(c);
        }

        double busy = Ticks.Seconds(k.Work.BusyTicks) / Math.Max(double.Epsilon, k.MemberSeconds * k.Replica.Sharding.PipelineParallel);
        return new KindAnswer(
            FleetOptions.Name(k.Replica.Chip, k.Replica.Sharding), k.Replica.Chip.Chip.Name, k.Replica.Sharding.ToString(), k.Replica.Graph.Precision, k.Replicas, k.Weight, classes.Completed / (double)all, classes.Completed, busy,
            k.UpSeconds, k.StartingSeconds, k.DrainingSeconds, k.DownSeconds, Dollars(k), (k.Joules + OverheadJoules(k)) / 3.6e6,
            [SimulateAnswer.Latency.Of("ttft", classes.Ttft, percentiles), SimulateAnswer.Latency.Of("tpot", classes.Tpot, percentiles), SimulateAnswer.Latency.Of("end_to_end", classes.EndToEnd, percentiles), SimulateAnswer.Latency.Of("queue", classes.Queue, percentiles)]);
    }

    private static double? Dollars(KindOutcome k) => CostBasis.Default.DollarsPerSecond(k.Replica.Chip.Chip) * k.Replica.Chips * k.PaidSeconds;

    private static double OverheadJoules(KindOutcome k) => CostBasis.Default.OverheadWatts(k.Replica.Chip.Chip) * k.Replica.Chips * k.PoweredSeconds;
}
