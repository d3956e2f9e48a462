using System.CommandLine;
using Fleetwright.Catalog.Reading;
using Fleetwright.Cli.Commands;

namespace Fleetwright.Cli;

/// <summary>The command line: parses, runs one command, and turns what went wrong into one clear message and an exit code.</summary>
public static class FleetwrightCli
{
    /// <summary>The commands, in the order of the help. A new command is one line here and one file in <c>Commands/</c>.</summary>
    private static readonly IReadOnlyList<Func<CommandContext, Command>> Registry =
    [
        RunCommand.Create,
        CatalogCommand.Create,
        EstimateCommand.Create,
        DeviceCommand.Create,
        SimulateCommand.Create,
        SizeCommand.Create,
        TrainCommand.Create,
        SupplyCommand.Create,
        OpCommand.Create,
        CalibrateCommand.Create,
        ChipCommand.Create,
        ValidateCommand.Create,
    ];

    /// <summary>Runs the program as if with <paramref name="args"/>.</summary>
    /// <param name="args">Words after the program's name.</param>
    /// <param name="context">Where to write and when to stop.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CommandContext context)
    {
        var root = new RootCommand("Plans and simulates AI compute from the headset to the data centre.");
        foreach (Func<CommandContext, Command> create in Registry)
        {
            root.Subcommands.Add(create(context));
        }

        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                foreach (System.CommandLine.Parsing.ParseError problem in parsed.Errors)
                {
                    await context.Error.WriteLineAsync($"fleetwright: {problem.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
                }

                string command = string.Join(' ', PathOf(parsed.CommandResult.Command));
                await context.Error.WriteLineAsync($"fleetwright: 'fleetwright {command}{(command.Length > 0 ? " " : "")}--help' lists what is allowed").ConfigureAwait(false);
                return ExitCode.BadInput;
            }

            var settings = new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = context.Output, Error = context.Error, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(settings, context.Cancellation).ConfigureAwait(false);
        }
        catch (InputException e)
        {
            foreach (Diagnostic problem in e.Diagnostics)
            {
                await context.Error.WriteLineAsync($"fleetwright: {problem}").ConfigureAwait(false);
            }

            return ExitCode.BadInput;
        }
        catch (OperationCanceledException)
        {
            await context.Error.WriteLineAsync("fleetwright: stopped").ConfigureAwait(false);
            return ExitCode.Cancelled;
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException) && Environment.GetEnvironmentVariable("FLEETWRIGHT_TRACE") is null)
        {
            await context.Error.WriteLineAsync($"fleetwright: this is a defect of the program, not of its input: {e.Message.ReplaceLineEndings(" ")} (FLEETWRIGHT_TRACE=1 shows where)").ConfigureAwait(false);
            return ExitCode.Defect;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await context.Error.WriteLineAsync($"fleetwright: {e.Message}").ConfigureAwait(false);
            return ExitCode.BadInput;
        }
    }

    private static IEnumerable<string> PathOf(Command command) =>
        command is RootCommand ? [] : command.Parents.OfType<Command>().SelectMany(PathOf).Append(command.Name);
}
