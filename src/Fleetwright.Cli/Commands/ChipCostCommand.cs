using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip cost CHIP [--node N] [--volume V]</c>: the bill of materials of a chip with ranges, and what moves it.</summary>
internal static class ChipCostCommand
{
    private const int SensitivitiesShown = 6;

    public static Command Create(CommandContext context)
    {
        var chip = new Argument<string>("chip") { Description = "A chip of the catalogue, or a design file (.yaml)." };
        var node = new Option<string?>("--node") { Description = "Foundry node to make it on, such as n5, n3, sf4 or sf2; its own when left out." };
        Option<bool> json = CommonOptions.Json();
        var options = new MakingOptions();
        var command = new Command("cost", "What a chip costs to make: dies, memory, package, losses, test, masks and design.") { chip, node, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<string> nodes = MakingOptions.Nodes(context, parsed.GetValue(node));
            if (nodes.Count > 1)
            {
                throw new InputException(node.Name, $"found {nodes.Count} nodes; one chip is made on one: 'fleetwright chip compare' takes several");
            }

            ChipCost cost = ChipCosting.Cost(context.Catalog, options.Describe(context, parsed, parsed.GetRequiredValue(chip)), options.Read(parsed) with { Node = nodes.Count == 1 ? nodes[0] : null });
            if (parsed.GetValue(json))
            {
                context.WriteJson(Answer.Of(cost));
            }
            else
            {
                Write(context, cost);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(CommandContext context, ChipCost cost)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        context.Output.WriteLine($"{cost.Chip} on {cost.NodeTitle}: {Dollars(cost.Unit.Central)} a good unit; p10 {Dollars(cost.Unit.P10)}, p50 {Dollars(cost.Unit.P50)}, p90 {Dollars(cost.Unit.P90)}");
        CostLine most = cost.Lines.MaxBy(l => l.Dollars.Central)!;
        context.Output.WriteLine(string.Create(c, $"  {most.Item} is {most.Dollars.Central / cost.Unit.Central:0 %} of it; {cost.AssemblyYield:0.0 %} of assemblies succeed")
            + (cost.OneTime is { } once ? $"; masks and design {Dollars(once.Central)} once ({Dollars(once.P10)}–{Dollars(once.P90)})" : ""));
        context.WriteTable(
            ["item", "detail", "central>", "p10>", "p90>", "share>"],
            cost.Lines.Select(l => (IReadOnlyList<string>)[l.Item, l.Detail, Dollars(l.Dollars.Central), Dollars(l.Dollars.P10), Dollars(l.Dollars.P90), (l.Dollars.Central / cost.Unit.Central).ToString("0 %", c)]));
        context.WriteTable(
            ["die", "node", "mm2>", "wafer>", "D0 /cm2>", "a wafer>", "yield>", "without spares>", "gross>", "known good>"],
            cost.Dies.Select(d => (IReadOnlyList<string>)
            [
                d.Name, d.Node, d.AreaSquareMillimetres.ToString("0", c), Dollars(d.WaferDollars), d.DefectsPerSquareCentimetre.ToString("0.00", c), d.GrossDies.ToString("0.0", c),
                d.Yield.ToString("0.0 %", c), d.YieldWithoutSpares.ToString("0.0 %", c), Dollars(d.GrossDollars), Dollars(d.KnownGoodDollars),
            ]));
        context.WriteTable(
            ["what moves it most", "p10>", "p90>", "unit at p10>", "unit at p90>"],
            cost.Sensitivities.Take(SensitivitiesShown).Select(s => (IReadOnlyList<string>)[s.Input, Number(s.Low), Number(s.High), Dollars(s.DollarsAtLow), Dollars(s.DollarsAtHigh)]));
        foreach (string note in cost.Notes)
        {
            context.Output.WriteLine($"  note: {note}");
        }
    }

    internal static string Number(double value) => value.ToString(Math.Abs(value) >= 1000 ? "#,0" : "0.###", CultureInfo.InvariantCulture);

    internal static string Dollars(double dollars) =>
        dollars is >= 10 and < 1000 ? string.Create(CultureInfo.InvariantCulture, $"${dollars:0}") : Quantity.FormatDollars(dollars);

    /// <summary>A cost without its draws.</summary>
    internal sealed record Answer(
        string Chip, string Node, CostRange UnitDollars, IReadOnlyList<CostLine> Lines, IReadOnlyList<DieCost> Dies, double AssemblyYield, double InterposerSquareMillimetres,
        CostRange? OneTimeDollars, IReadOnlyList<CostSensitivity> Sensitivities, IReadOnlyList<string> Notes)
    {
        public static Answer Of(ChipCost cost) => new(
            cost.Chip, cost.Node, cost.Unit, cost.Lines, cost.Dies, cost.AssemblyYield, cost.InterposerArea, cost.OneTime, cost.Sensitivities, cost.Notes);
    }
}
