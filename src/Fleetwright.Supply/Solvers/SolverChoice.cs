namespace Fleetwright.Supply.Solvers;

/// <summary>Which solver to use.</summary>
public enum SolverChoice
{
    /// <summary>CBC where it is installed, otherwise HiGHS.</summary>
    Auto,

    /// <summary>COIN-OR CBC, the <c>cbc</c> command.</summary>
    Cbc,

    /// <summary>HiGHS: the <c>highs</c> command, or the npm package <c>highs</c> under Node.</summary>
    Highs,
}
