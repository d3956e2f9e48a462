using System.Globalization;
using System.Text;
using Fleetwright.Supply.Linear;

namespace Fleetwright.Supply.Solvers;

/// <summary>COIN-OR CBC as the <c>cbc</c> command (Debian package <c>coinor-cbc</c>), on one thread.</summary>
internal sealed class CbcSolver(string command) : ISolver
{
    public string Name => "cbc";

    public LinearSolution Solve(LinearModel model, double relativeGap, int maximumNodes, CancellationToken cancellation)
    {
        using SolverFolder folder = new();
        using (StreamWriter writer = new(folder.File("model.mps"), append: false, new UTF8Encoding(false)))
        {
            MpsWriter.Write(model, writer);
        }

        string log = SolverProcess.Run(command, Arguments(model.HasIntegers, relativeGap, maximumNodes), folder.FullName, cancellation);
        return File.Exists(folder.File("solution.txt"))
            ? Read(model, log, File.ReadAllLines(folder.File("solution.txt")))
            : throw new SolverException("cbc wrote no solution; its last words: " + log.TrimEnd().Split('\n')[^1]);
    }

    private static string[] Arguments(bool hasIntegers, double relativeGap, int maximumNodes) =>
    [
        "model.mps",
        "-ratioGap", relativeGap.ToString("R", CultureInfo.InvariantCulture),
        "-maxNodes", maximumNodes.ToString(CultureInfo.InvariantCulture),
        "-printingOptions", "all",
        hasIntegers ? "-solve" : "-initialSolve",
        "-solution", "solution.txt",
    ];

    /// <summary>The file's first line is the status; then a line for each row and column: mark, index, name, value, dual.</summary>
    private static LinearSolution Read(LinearModel model, string log, string[] lines)
    {
        LinearStatus status = Status(lines[0]);
        string solver = "cbc " + After(log, "Version:", "unknown");
        if (status != LinearStatus.Solved)
        {
            return new LinearSolution(status, double.NaN, double.NaN, [], [], solver);
        }

        double[] values = new double[model.Columns.Count];
        double[] duals = new double[model.Rows.Count];
        foreach (string line in lines.AsSpan(1))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

            // Two asterisks in front mark a value outside its bounds by more than the tolerance.
            int shift = parts[0] == "**" ? 1 : 0;
            string name = parts[shift + 1];
            int index = int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture);
            if (name[0] == 'C')
            {
                values[index] = Number(parts[shift + 2]);
            }
            else
            {
                duals[index] = Number(parts[shift + 3]);
            }
        }

        double objective = Number(lines[0][(lines[0].LastIndexOf(' ') + 1)..]);
        double bound = model.HasIntegers && After(log, "Lower bound:", "") is { Length: > 0 } text ? Number(text) : objective;
        return new LinearSolution(status, objective, bound, values, model.HasIntegers ? [] : duals, solver)
        {
            CpuSeconds = CpuSeconds(log),
        };
    }

    private static double CpuSeconds(string log) =>
        double.TryParse(After(log, "Total time (CPU seconds):", "").Split(' ')[0], CultureInfo.InvariantCulture, out double seconds) ? seconds : double.NaN;

    private static LinearStatus Status(string line) =>
        line.Contains("infeasible", StringComparison.OrdinalIgnoreCase) ? LinearStatus.Infeasible
        : line.StartsWith("Unbounded", StringComparison.Ordinal) ? LinearStatus.Unbounded
        : line.Contains("no integer solution", StringComparison.Ordinal) ? LinearStatus.NothingFound
        : line.StartsWith("Optimal", StringComparison.Ordinal) || line.StartsWith("Stopped", StringComparison.Ordinal) ? LinearStatus.Solved
        : throw new SolverException("cbc ended with: " + line);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string After(string log, string label, string otherwise)
    {
        int at = log.LastIndexOf(label, StringComparison.Ordinal);
        return at < 0 ? otherwise : log[(at + label.Length)..].Split('\n')[0].Trim();
    }
}
