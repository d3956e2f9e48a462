using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Fleets;

namespace Fleetwright.Serving.Search;

/// <summary>Whether a fleet is sized with prompts and answers on the same replicas.</summary>
public enum FleetPools
{
    /// <summary>Every replica does both.</summary>
    Together,

    /// <summary>Prompts have a pool of their own.</summary>
    Split,

    /// <summary>Both are sized.</summary>
    Both,
}

/// <summary>The cheapest prefill and decode pools of one pair of layouts that keep the targets in simulation.</summary>
/// <param name="PrefillOffer">The chip that computes prompts, at its price.</param>
/// <param name="Prefill">The prefill pool.</param>
/// <param name="Offer">The chip that decodes, at its price.</param>
/// <param name="Decode">A decode replica.</param>
/// <param name="DecodeReplicas">Decode replicas.</param>
/// <param name="Router">How requests are dealt out to both pools.</param>
/// <param name="Chips">Chips of both pools.</param>
/// <param name="AtLoad">The fleet at the load that was asked for.</param>
/// <param name="FewerPrefill">With one prefill replica less, which fails a target; null when one is enough.</param>
/// <param name="FewerDecode">With one decode replica less, which fails a target; null when one is enough.</param>
/// <param name="AtMore">With a fifth more load.</param>
/// <param name="DollarsPerSecond">Cost of all chips.</param>
/// <param name="DollarsPerMillionOutputTokens">Cost per million output tokens at the load.</param>
/// <param name="Requests">Requests simulated to find it.</param>
public sealed record SplitPlan(
    ChipOffer PrefillOffer, PrefillPool Prefill, ChipOffer Offer, Replica Decode, int DecodeReplicas, RouterKind Router, long Chips, SimulatedLoad AtLoad, SimulatedLoad? FewerPrefill, SimulatedLoad? FewerDecode, SimulatedLoad AtMore,
    double DollarsPerSecond, double DollarsPerMillionOutputTokens, long Requests)
{
    /// <summary>What keeps the prefill pool from being smaller.</summary>
    public Binding PrefillBinding(SizingRequest request) => Held(request, FewerPrefill);

    /// <summary>What keeps the decode pool from being smaller.</summary>
    public Binding DecodeBinding(SizingRequest request) => Held(request, FewerDecode);

    private static Binding Held(SizingRequest request, SimulatedLoad? fewer) => fewer is null ? Binding.RequestRate
        : fewer.Preemptions > 0.01 ? Binding.Memory
        : fewer.Ttft.Value / request.Targets.TtftSeconds >= fewer.Tpot.Value / request.Targets.TpotSeconds ? Binding.Ttft : Binding.Tpot;
}
