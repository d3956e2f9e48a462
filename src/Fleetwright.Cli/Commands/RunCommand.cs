using System.CommandLine;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Output;
using Fleetwright.Scenarios.Reporting;
using Fleetwright.Scenarios.Results;
using Fleetwright.Supply.Planning;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright run [SCENARIO] [--out DIR] [--json]</c>: the whole chain and its report.</summary>
internal static class RunCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string?> file = ScenarioOptions.File();
        var output = new Option<string?>("--out") { Description = "The folder for results; out/ and the scenario's name when left out." };
        Option<int> threads = ScenarioOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("run", "Run the whole chain on a scenario and write its report.") { file, output, threads, json };
        command.SetAction(parsed => Run(context, ScenarioOptions.Path(parsed, file), parsed.GetValue(output), CommonOptions.Whole(parsed, threads, 1, 1024), parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string file, string? output, int threads, bool json)
    {
        Scenario scenario = ScenarioReader.Read(file);
        ChainContext chain = ScenarioOptions.Chain(context, scenario, threads);
        ChainRunner.Check(chain);
        OutputFolder folder = OutputFolder.Open(output ?? Path.Combine("out", scenario.Name));
        ChainOutcome outcome = ChainRunner.Run(chain);
        string results = ResultsJson.Write(outcome.Results);
        folder.Write("results.json", results + "\n");
        foreach ((string name, string text) in CsvTables.Of(outcome.Results))
        {
            folder.Write(name, text);
        }

        string report = Path.Combine(folder.Path, "report.html");
        if (HtmlReport.TryFindTemplate(out string template, out string problem))
        {
            HtmlReport.Write(template, results, report);
        }

        if (json)
        {
            context.Output.WriteLine(results);
        }
        else
        {
            Summarise(context, outcome.Results);
            context.Output.WriteLine(problem.Length == 0 ? $"Report: {Path.GetFullPath(report)}" : $"No report page: {problem}");
            context.Output.WriteLine($"Results: {Path.GetFullPath(folder.Path)}");
        }

        return outcome.Cancelled ? ExitCode.Cancelled
            : outcome.Supply == SupplyStatus.Infeasible ? ExitCode.Infeasible
            : outcome.Supply == SupplyStatus.Failed ? ExitCode.Defect
            : ExitCode.Success;
    }

    private static void Summarise(CommandContext context, RunResults results)
    {
        context.Output.WriteLine(results.Scenario.Title);
        context.Output.WriteLine();
        foreach (Answer answer in results.Answers)
        {
            context.Output.WriteLine($"{answer.Question}  {answer.Headline}");
            foreach (string line in Wrap(answer.Detail, 110))
            {
                context.Output.WriteLine($"    {line}");
            }
        }

        foreach (string warning in results.Warnings)
        {
            context.Output.WriteLine($"Note: {warning}");
        }

        if (results.SupplyProblem is { } problem)
        {
            context.Output.WriteLine($"Supply was not planned: {problem}");
        }

        context.Output.WriteLine(FormattableString.Invariant($"{results.Assumptions.Count} values are assumptions; the report lists them."));
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }
}
