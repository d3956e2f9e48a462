using Fleetwright.Models;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Search;

/// <summary>What keeps a replica from taking more load.</summary>
public enum Binding
{
    /// <summary>Nothing: the request rate does not fill the replicas.</summary>
    RequestRate,

    /// <summary>The time to the first token.</summary>
    Ttft,

    /// <summary>The time per further token.</summary>
    Tpot,

    /// <summary>Room for the cache, or the engine's limit of sequences.</summary>
    Memory,

    /// <summary>Prompts fill every step.</summary>
    Prefill,
}

/// <summary>A fleet for the request: equal replicas of one layout.</summary>
/// <param name="Replica">The replica, for further questions.</param>
/// <param name="Replicas">How many.</param>
/// <param name="Chips">Chips of all replicas.</param>
/// <param name="AtLoad">A replica at its share of the request rate.</param>
/// <param name="AtCapacity">A replica at the highest load that meets the targets.</param>
/// <param name="Memory">Memory of the fullest chip at the load, with the sequences that are in flight at the quantile.</param>
/// <param name="Binding">What keeps a replica from more load.</param>
/// <param name="DollarsPerSecond">Cost of all chips.</param>
/// <param name="DollarsPerMillionOutputTokens">Cost per million output tokens at the request rate.</param>
/// <param name="DollarsPerRequest">Cost per request at the request rate.</param>
/// <param name="Watts">Power of all servers at the load.</param>
/// <param name="JoulesPerOutputToken">Energy of the servers per output token at the load.</param>
public sealed record ServingPlan(
    Replica Replica, int Replicas, long Chips, LoadEstimate AtLoad, LoadEstimate AtCapacity, MemoryPlan Memory, Binding Binding,
    double DollarsPerSecond, double DollarsPerMillionOutputTokens, double DollarsPerRequest, double Watts, double JoulesPerOutputToken)
{
    /// <summary>The split of a replica over chips.</summary>
    public Sharding Sharding => Replica.Sharding;

    /// <summary>Number formats.</summary>
    public Precision Precision => Replica.Graph.Precision;

    /// <summary>Chips per request a second, for scaling the plan to other rates.</summary>
    public double ChipsPerRequestPerSecond => Replica.Chips / AtCapacity.RequestsPerSecond;
}

/// <summary>A layout at a load that no other beats in both speed for the user and throughput of the chip.</summary>
/// <param name="TokensPerSecondPerUser">1 ÷ mean time per further token.</param>
/// <param name="OutputTokensPerSecondPerChip">Throughput.</param>
/// <param name="Sharding">The split.</param>
/// <param name="Precision">Number formats.</param>
/// <param name="Decoding">Sequences in decode per replica.</param>
/// <param name="TtftTail">Time to the first token at the quantile.</param>
public readonly record struct FrontPoint(
    double TokensPerSecondPerUser, double OutputTokensPerSecondPerChip, Sharding Sharding, Precision Precision, double Decoding, double TtftTail);

/// <summary>What one chip can do for the request.</summary>
/// <param name="Offer">The chip at its price.</param>
/// <param name="Plan">The cheapest fleet that meets the targets; null when none does.</param>
/// <param name="Problem">Why there is no plan; empty when there is one.</param>
/// <param name="BestTtftSeconds">The least time to the first token at the quantile, over all layouts; infinite when the model fits none.</param>
/// <param name="BestTpotSeconds">The least time per further token at the quantile, over all layouts (not necessarily the same one).</param>
/// <param name="Front">The Pareto front, fastest for the user first.</param>
/// <param name="Evaluated">Deployments evaluated.</param>
public sealed record ChipSizing(
    ChipOffer Offer, ServingPlan? Plan, string Problem, double BestTtftSeconds, double BestTpotSeconds, IReadOnlyList<FrontPoint> Front, long Evaluated);

/// <summary>The answer for all chips.</summary>
/// <param name="Chips">One entry an offer, in the order of the offers.</param>
public sealed record SizingResult(IReadOnlyList<ChipSizing> Chips)
{
    /// <summary>The offer with the cheapest plan; null when no chip meets the targets. The first of equals.</summary>
    public ChipSizing? Cheapest => Chips.Where(c => c.Plan is not null).MinBy(c => c.Plan!.DollarsPerSecond);

    /// <summary>Deployments evaluated over all chips.</summary>
    public long Evaluated => Chips.Sum(c => c.Evaluated);
}
