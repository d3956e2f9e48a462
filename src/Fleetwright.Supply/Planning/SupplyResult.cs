namespace Fleetwright.Supply.Planning;

/// <summary>How planning ended.</summary>
public enum SupplyStatus
{
    /// <summary>There is a plan.</summary>
    Solved,

    /// <summary>No plan keeps unserved demand within the allowed shares.</summary>
    Infeasible,

    /// <summary>No solver is installed.</summary>
    NoSolver,

    /// <summary>The solver failed or met its node limit with nothing found.</summary>
    Failed,
}

/// <summary>A plan, or why there is none.</summary>
/// <param name="Status">How planning ended.</param>
/// <param name="Reason">Why there is no plan and what to do; empty when there is one.</param>
/// <param name="Plan">The plan; null unless <see cref="SupplyStatus.Solved"/>.</param>
public sealed record SupplyResult(SupplyStatus Status, string Reason, SupplyPlan? Plan);
