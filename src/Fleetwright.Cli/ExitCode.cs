namespace Fleetwright.Cli;

/// <summary>What the process returns to the shell.</summary>
public static class ExitCode
{
    /// <summary>The answer was found.</summary>
    public const int Success = 0;

    /// <summary>A defect of the program.</summary>
    public const int Defect = 1;

    /// <summary>The input was wrong: a file, an option, an output folder.</summary>
    public const int BadInput = 2;

    /// <summary>The input was right, and there is no answer to it: nothing fits, no target can be met, the plan is infeasible.</summary>
    public const int Infeasible = 3;

    /// <summary>Stopped by Ctrl-C; results finished before that are kept.</summary>
    public const int Cancelled = 130;
}
