using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Search;

namespace Fleetwright.Serving.Ranking;

/// <summary>What is to be ranked, how fast, and on what.</summary>
public sealed record RankingRequest
{
    /// <summary>The ranking model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>Samples per second of the whole fleet.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>Longest time from a sample's arrival to its score in seconds. A sample waits for the running batch and then for its own, so a batch may take half of it.</summary>
    public required double LatencySeconds { get; init; }

    /// <summary>The engine, for its host overhead and memory share.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>Chips to choose from.</summary>
    public required IReadOnlyList<ChipOffer> Offers { get; init; }

    /// <summary>Number formats of the MLPs.</summary>
    public required Precision Precision { get; init; }

    /// <summary>Cost constants, for power.</summary>
    public CostBasis Basis { get; init; } = CostBasis.Default;
}

/// <summary>A fleet that ranks: equal replicas, each with all tables spread over its chips.</summary>
/// <param name="Sharding">Chips that share the tables.</param>
/// <param name="BatchSamples">Samples of a batch.</param>
/// <param name="StepSeconds">Time of a batch.</param>
/// <param name="SamplesPerSecondPerChip">Throughput at that batch.</param>
/// <param name="Replicas">Replicas for the rate.</param>
/// <param name="Chips">Chips of all replicas.</param>
/// <param name="Memory">Memory of each chip.</param>
/// <param name="DollarsPerSecond">Cost of all chips.</param>
/// <param name="DollarsPerMillionSamples">Cost per million samples at the rate.</param>
/// <param name="Watts">Power of all servers when the batches follow each other.</param>
/// <param name="JoulesPerSample">Energy of the servers per sample.</param>
/// <param name="LowRatio">What the batch's time is multiplied with to come to the one that one of ten such deployments is below, by the calibrated errors of operators.</param>
/// <param name="HighRatio">The same for the time that one of ten is above.</param>
public sealed record RankingPlan(
    Sharding Sharding, double BatchSamples, double StepSeconds, double SamplesPerSecondPerChip, int Replicas, long Chips, MemoryPlan Memory,
    double DollarsPerSecond, double DollarsPerMillionSamples, double Watts, double JoulesPerSample, double LowRatio, double HighRatio);

/// <summary>What one chip can do for a ranking request.</summary>
/// <param name="Offer">The chip at its price.</param>
/// <param name="Plan">The cheapest fleet; null when none meets the latency.</param>
/// <param name="Problem">Why there is no plan; empty when there is one.</param>
public sealed record RankingSizing(ChipOffer Offer, RankingPlan? Plan, string Problem);

/// <summary>Finds for each chip how many must share the tables of a ranking model and the largest batch within the latency.</summary>
public static class RankingSearch
{
    private const int LargestBatchExponent = 20;

    /// <summary>Runs the search; one entry an offer, in the order of the offers.</summary>
    public static IReadOnlyList<RankingSizing> Run(RankingRequest request) => [.. request.Offers.Select(o => Size(request, o))];

    private static RankingSizing Size(RankingRequest request, ChipOffer offer)
    {
        RankingPlan? best = null;
        double shortfall = double.PositiveInfinity, quickest = double.PositiveInfinity;
        for (int chips = 1; chips <= Math.Max(offer.Chip.Chip.ScaleUpDomain, offer.Chip.Chip.ChipsPerServer); chips *= 2)
        {
            var replica = new Replica(new ModelGraph(request.Model, request.Precision, new Sharding(chips)), offer.Chip, request.Engine);
            shortfall = Math.Min(shortfall, -replica.CacheRoomBytes);
            if (replica.CacheRoomBytes < 0)
            {
                continue;
            }

            quickest = Math.Min(quickest, replica.Step(StepShape.Decode(1, 0)).Seconds * 2);
            if (Plan(request, offer, replica) is { } plan && (best is null || plan.DollarsPerSecond < best.DollarsPerSecond))
            {
                best = plan;
            }
        }

        string problem = best is not null ? ""
            : shortfall > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{request.Model.Name} does not fit on the largest group of {offer.Chip.Chip.Name}: it lacks {shortfall / 1e9:0.0} GB a chip")
                : string.Create(CultureInfo.InvariantCulture, $"{request.Model.Name} on {offer.Chip.Chip.Name}: the best reachable latency is {quickest * 1e3:0.0} ms, asked were {request.LatencySeconds * 1e3:0.0} ms");
        return new RankingSizing(offer, best, problem);
    }

    private static RankingPlan? Plan(RankingRequest request, ChipOffer offer, Replica replica)
    {
        StepCost cost = default;
        double batch = 0;
        for (int exponent = 0; exponent <= LargestBatchExponent; exponent++)
        {
            double samples = 1 << exponent;
            StepCost step = replica.Step(StepShape.Decode(samples, 0));
            if (step.Seconds * 2 <= request.LatencySeconds && (batch == 0 || samples / step.Seconds > batch / cost.Seconds))
            {
                (batch, cost) = (samples, step);
            }
        }

        if (batch == 0)
        {
            return null;
        }

        double rate = batch / cost.Seconds;
        double replicas = Math.Max(1, Math.Ceiling((request.SamplesPerSecond / rate) - 1e-9));
        double chips = replicas * replica.Chips;
        double dollars = chips * offer.DollarsPerSecond;
        double busy = Math.Min(1, request.SamplesPerSecond / (rate * replicas));
        double watts = chips * ((busy * cost.Joules / cost.Seconds) + ((1 - busy) * replica.IdleWatts) + request.Basis.OverheadWatts(offer.Chip.Chip));
        return new RankingPlan(
            replica.Sharding, batch, cost.Seconds, rate / replica.Chips, (int)replicas, (long)chips,
            new MemoryPlan(offer.Chip.Chip.MemoryCapacity, replica.WeightBytes, 0, replica.ActivationBytes, replica.ReserveBytes),
            dollars, dollars / request.SamplesPerSecond * 1e6, watts, watts / request.SamplesPerSecond, cost.LowSeconds / cost.Seconds, cost.HighSeconds / cost.Seconds);
    }
}
