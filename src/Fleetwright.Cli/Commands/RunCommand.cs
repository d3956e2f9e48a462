using System.CommandLine;
using Fleetwright.Catalog.Reading;
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
        var file = new Argument<string?>("scenario") { Arity = ArgumentArity.ZeroOrOne, Description = "A scenario file; examples/meta-2024.yaml when left out." };
        var output = new Option<string?>("--out") { Description = "The folder for results; out/ and the scenario's name when left out." };
        var threads = new Option<int>("--threads") { Description = "Threads to use; no answer depends on it.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("run", "Run the whole chain on a scenario and write its report.") { file, output, threads, json };
        command.SetAction(parsed => Run(context, parsed.GetValue(file) ?? DefaultScenario(), parsed.GetValue(output), CommonOptions.Whole(parsed, threads, 1, 1024), parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string file, string? output, int threads, bool json)
    {
        Scenario scenario = ScenarioReader.Read(file);
        OutputFolder folder = OutputFolder.Open(output ?? Path.Combine("out", scenario.Name));
        ChainOutcome outcome = ChainRunner.Run(new ChainContext
        {
            Scenario = scenario,
            Catalog = context.Catalog,
            Threads = threads,
            Progress = text => context.Error.WriteLine($"fleetwright: {text}"),
            Cancellation = context.Cancellation,
        });
        string results = ResultsJson.Write(outcome.Results);
        folder.Write("results.json", results + "\n");
        foreach ((string name, string text) in CsvTables.Of(outcome.Results))
        {
            folder.Write(name, text);
        }

        string report = Path.Combine(folder.Path, "report.html");
        string? problem = HtmlReport.Write(results, report);
        if (json)
        {
            context.Output.WriteLine(results);
        }
        else
        {
            Summarise(context, outcome.Results);
            context.Output.WriteLine(problem is null ? $"Report: {Path.GetFullPath(report)}" : $"No report page: {problem}");
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

    // The nearest examples/meta-2024.yaml at or above the working folder, then the program.
    private static string DefaultScenario()
    {
        foreach (string start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        {
            for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                string candidate = Path.Combine(folder, "examples", "meta-2024.yaml");
                if (File.Exists(candidate))
                {
                    return Path.GetRelativePath(Environment.CurrentDirectory, candidate);
                }
            }
        }

        throw new InputException("scenario", "name a scenario file; the default one, examples/meta-2024.yaml, was not found");
    }
}
