using System.Globalization;
using System.Text;
using Fleetwright.Supply.Linear;

namespace Fleetwright.Supply.Solvers;

/// <summary>HiGHS as the native <c>highs</c> command, or as the npm package of that name (WebAssembly) under Node.</summary>
internal sealed class HighsSolver : ISolver
{
    private readonly string _command;
    private readonly string[] _leading;

    private HighsSolver(string command, string[] leading)
    {
        _command = command;
        _leading = leading;
    }

    public string Name => "highs";

    /// <summary>The native command.</summary>
    public static HighsSolver Native(string command) => new(command, []);

    /// <summary>The npm package's module, run by our script, which takes the native command's arguments.</summary>
    public static HighsSolver Node(string node, string module) =>
        new(node, [Path.Combine(AppContext.BaseDirectory, "Solvers", "highs.mjs"), module]);

    public LinearSolution Solve(LinearModel model, double relativeGap, int maximumNodes, CancellationToken cancellation)
    {
        using SolverFolder folder = new();
        using (StreamWriter writer = new(folder.File("model.mps"), append: false, new UTF8Encoding(false)))
        {
            MpsWriter.Write(model, writer);
        }

        File.WriteAllText(folder.File("options.txt"), Options(relativeGap, maximumNodes));
        string[] arguments = [.. _leading, "--model_file", "model.mps", "--options_file", "options.txt", "--solution_file", "solution.txt"];
        string log = SolverProcess.Run(_command, arguments, folder.FullName, cancellation);
        return File.Exists(folder.File("solution.txt"))
            ? Read(model, log, File.ReadAllLines(folder.File("solution.txt")))
            : throw new SolverException("highs wrote no solution; its last words: " + log.TrimEnd().Split('\n')[^1]);
    }

    private static string Options(double relativeGap, int maximumNodes) => string.Create(
        CultureInfo.InvariantCulture,
        $"mip_rel_gap = {relativeGap:R}\nmip_max_nodes = {maximumNodes}\nthreads = 1\nparallel = off\nrandom_seed = 0\n");

    /// <summary>HiGHS' raw solution file: the status after <c>Model status</c>, then <c># Columns n</c> and <c># Rows n</c>
    /// with a line of name and value each, first in the section of primal, then in that of dual values.</summary>
    private static LinearSolution Read(LinearModel model, string log, string[] lines)
    {
        string version = Between(log, "Running HiGHS ", " ");
        string words = lines[Array.IndexOf(lines, "Model status") + 1].Trim();
        double[] values = Section(lines, "# Primal solution values", "# Columns", model.Columns.Count);
        LinearStatus status = Status(words, values.Length > 0);
        if (status != LinearStatus.Solved)
        {
            return new LinearSolution(status, double.NaN, double.NaN, [], [], "HiGHS " + version);
        }

        string line = lines.First(l => l.StartsWith("Objective ", StringComparison.Ordinal));
        double objective = double.Parse(line.AsSpan("Objective ".Length), CultureInfo.InvariantCulture);
        double[] duals = model.HasIntegers ? [] : Section(lines, "# Dual solution values", "# Rows", model.Rows.Count);
        return new LinearSolution(status, objective, model.HasIntegers ? Bound(log, objective) : objective, values, duals, "HiGHS " + version);
    }

    private static LinearStatus Status(string words, bool hasValues) => words switch
    {
        "Optimal" => LinearStatus.Solved,
        "Infeasible" or "Primal infeasible or unbounded" => LinearStatus.Infeasible,
        "Unbounded" => LinearStatus.Unbounded,
        _ when words.Contains("limit", StringComparison.Ordinal) => hasValues ? LinearStatus.Solved : LinearStatus.NothingFound,
        _ => throw new SolverException("highs ended with: " + words),
    };

    private static double[] Section(string[] lines, string heading, string part, int count)
    {
        int at = Array.IndexOf(lines, heading);
        if (at < 0 || lines[at + 1].StartsWith("None", StringComparison.Ordinal) || count == 0)
        {
            return [];
        }

        at = Array.FindIndex(lines, at, l => l.StartsWith(part, StringComparison.Ordinal));
        double[] values = new double[count];
        foreach (string line in lines.AsSpan(at + 1, count))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            values[int.Parse(line.AsSpan(1, space - 1), CultureInfo.InvariantCulture)] =
                double.Parse(line.AsSpan(space + 1), CultureInfo.InvariantCulture);
        }

        return values;
    }

    private static double Bound(string log, double objective) =>
        double.TryParse(Between(log, "Dual bound", "\n").Trim(), CultureInfo.InvariantCulture, out double bound) ? bound : objective;

    private static string Between(string text, string start, string end)
    {
        int at = text.LastIndexOf(start, StringComparison.Ordinal);
        return at < 0 ? "unknown" : text[(at + start.Length)..].Split(end)[0];
    }
}
