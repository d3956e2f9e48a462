using System.CommandLine;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip cost|compare</c>: chips as things that are made.</summary>
internal static class ChipCommand
{
    public static Command Create(CommandContext context) =>
        new("chip", "What a chip costs to make, here or at another foundry.") { ChipCostCommand.Create(context), ChipCompareCommand.Create(context) };
}
