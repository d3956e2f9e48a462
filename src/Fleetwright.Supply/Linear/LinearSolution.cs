namespace Fleetwright.Supply.Linear;

/// <summary>How a solver ended.</summary>
internal enum LinearStatus
{
    /// <summary>A solution within the asked gap, or the best one found when the node limit was met.</summary>
    Solved,

    /// <summary>No point satisfies every constraint.</summary>
    Infeasible,

    /// <summary>The cost has no lower end: a mistake in the model.</summary>
    Unbounded,

    /// <summary>The node limit was met before any solution was found.</summary>
    NothingFound,
}

/// <summary>A solver's answer.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Objective">The objective at <paramref name="Values"/>.</param>
/// <param name="Bound">A proven lower bound of the objective.</param>
/// <param name="Values">The value of each column; empty without a solution.</param>
/// <param name="Duals">The dual value of each row of a linear programme: change of the objective per unit of the row's bound; empty for a model with integers.</param>
/// <param name="Solver">Name and version of the solver.</param>
internal sealed record LinearSolution(
    LinearStatus Status, double Objective, double Bound, double[] Values, double[] Duals, string Solver)
{
    /// <summary>Processor time that the solver reports, for tests of speed; not a number where it does not say. No result depends on it.</summary>
    public double CpuSeconds { get; init; } = double.NaN;
}
