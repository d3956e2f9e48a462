using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Planning;

/// <summary>How to solve.</summary>
public sealed record SupplyOptions
{
    /// <summary>Which solver.</summary>
    public SolverChoice Solver { get; init; } = SolverChoice.Auto;

    /// <summary>Stop when the plan's objective is proven to lie within this share of the best possible one.</summary>
    public double RelativeGap { get; init; } = 0.01;

    /// <summary>Stop after this many nodes of branch and bound, whatever the gap. Never a time: the answer must not depend on the machine.</summary>
    public int MaximumNodes { get; init; } = 2000;

    /// <summary>Whether to solve again for shadow prices of power, resources and capacities.</summary>
    public bool ShadowPrices { get; init; } = true;

    /// <summary>Most solver processes at a time, where several problems are independent. Answers do not depend on it.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Folders searched for solver commands; null for PATH.</summary>
    public string? SolverSearchPath { get; init; }
}
