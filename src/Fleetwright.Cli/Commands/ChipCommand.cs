using System.CommandLine;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip …</c>: chips that do not exist yet, by their structure. Each subcommand is a file of its own.</summary>
internal static class ChipCommand
{
    public static Command Create(CommandContext context) =>
        new("chip", "Chips by their structure: rates, area, power and prices of a design.") { ChipShowCommand.Create(context) };
}
