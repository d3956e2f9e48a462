using Fleetwright.Supply.Linear;

namespace Fleetwright.Supply.Solvers;

/// <summary>A solver of linear models.</summary>
internal interface ISolver
{
    /// <summary>What the user calls it.</summary>
    string Name { get; }

    /// <summary>Minimises the model, to a relative gap or a number of branch-and-bound nodes and never to a time, so that answers do not depend on the machine.</summary>
    /// <exception cref="SolverException">The solver could not be run or broke off.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the solver's process has been ended and its files removed.</exception>
    LinearSolution Solve(LinearModel model, double relativeGap, int maximumNodes, CancellationToken cancellation);
}

/// <summary>A solver's process failed; the message says what it said.</summary>
public sealed class SolverException : Exception
{
    /// <summary>A failure with what the solver said.</summary>
    public SolverException(string message)
        : base(message)
    {
    }
}
