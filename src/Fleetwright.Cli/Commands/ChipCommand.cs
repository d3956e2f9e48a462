using System.CommandLine;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip …</c>: chips by their structure, those that do not exist yet too, and what they cost to make. Each subcommand is a file of its own.</summary>
internal static class ChipCommand
{
    public static Command Create(CommandContext context) =>
        new("chip", "Chips by their structure, and as things that are made.") { ChipShowCommand.Create(context), ChipCostCommand.Create(context), ChipCompareCommand.Create(context), ChipExploreCommand.Create(context) };
}
