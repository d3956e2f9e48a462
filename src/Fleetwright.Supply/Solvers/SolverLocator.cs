namespace Fleetwright.Supply.Solvers;

/// <summary>Finds the solvers that this machine has.</summary>
internal static class SolverLocator
{
    /// <summary>How to get a solver, for a user who has none.</summary>
    public const string Advice =
        "No solver for the buying plan was found. Install one with 'apt-get install coinor-cbc' (the cbc command), or 'npm install highs' in this folder.";

    /// <summary>The solver of the given choice, or null when it is not here.</summary>
    /// <param name="choice">Which one.</param>
    /// <param name="searchPath">Folders with commands, separated as in PATH; null for PATH itself.</param>
    public static ISolver? Find(SolverChoice choice, string? searchPath = null)
    {
        string folders = searchPath ?? Environment.GetEnvironmentVariable("PATH") ?? "";
        return choice switch
        {
            SolverChoice.Cbc => Cbc(folders),
            SolverChoice.Highs => Highs(folders),
            _ => Cbc(folders) ?? Highs(folders),
        };
    }

    private static ISolver? Cbc(string folders) => Command(folders, "cbc") is { } path ? new CbcSolver(path) : null;

    private static HighsSolver? Highs(string folders) =>
        Command(folders, "highs") is { } native ? HighsSolver.Native(native)
        : Command(folders, "node") is { } node && Module() is { } module ? HighsSolver.Node(node, module)
        : null;

    private static string? Command(string folders, string name) =>
        folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name))
            .FirstOrDefault(File.Exists);

    /// <summary>The npm package, looked for as Node does: in <c>node_modules</c> here and upwards, then beside the program, then in NODE_PATH.</summary>
    private static string? Module() =>
        Upwards(Environment.CurrentDirectory)
            .Concat(Upwards(AppContext.BaseDirectory))
            .Select(folder => Path.Combine(folder, "node_modules"))
            .Concat((Environment.GetEnvironmentVariable("NODE_PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Select(folder => Path.Combine(folder, "highs", "build", "highs.mjs"))
            .FirstOrDefault(File.Exists);

    private static IEnumerable<string> Upwards(string start)
    {
        for (string? folder = Path.TrimEndingDirectorySeparator(start); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }
}
