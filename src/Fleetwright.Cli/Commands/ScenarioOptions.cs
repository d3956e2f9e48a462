using System.CommandLine;
using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;

namespace Fleetwright.Cli.Commands;

/// <summary>What the commands that run a scenario share.</summary>
internal static class ScenarioOptions
{
    public static Argument<string?> File()
    {
        var file = new Argument<string?>("scenario") { Arity = ArgumentArity.ZeroOrOne, Description = "A scenario file; examples/meta-2024.yaml when left out." };

        // A mistyped option would otherwise be taken for the file.
        file.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option)
            {
                result.AddError($"unknown option '{option.Value}'");
            }
        });
        return file;
    }

    public static Option<int> Threads() => new("--threads") { Description = "Threads to use; no answer depends on it.", DefaultValueFactory = _ => Environment.ProcessorCount };

    public static string Path(ParseResult parsed, Argument<string?> file) => parsed.GetValue(file) ?? Default();

    public static ChainContext Chain(CommandContext context, Scenario scenario, int threads) => new()
    {
        Scenario = scenario,
        Catalog = context.Catalog,
        Threads = threads,
        Progress = text => context.Error.WriteLine($"fleetwright: {text}"),
        Cancellation = context.Cancellation,
    };

    // The nearest examples/meta-2024.yaml at or above the working folder, then the program.
    private static string Default()
    {
        foreach (string start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        {
            for (string? folder = start; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
            {
                string candidate = System.IO.Path.Combine(folder, "examples", "meta-2024.yaml");
                if (System.IO.File.Exists(candidate))
                {
                    return System.IO.Path.GetRelativePath(Environment.CurrentDirectory, candidate);
                }
            }
        }

        throw new InputException("scenario", "name a scenario file; the default one, examples/meta-2024.yaml, was not found");
    }
}
