using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright supply [SCENARIO] [--solver S] [--gap G]</c>: the chain up to the buying plan, and the plan alone.</summary>
internal static class SupplyCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string?> file = ScenarioOptions.File();
        var solver = new Option<string?>("--solver") { Description = "cbc or highs; cbc where it is installed when left out." };
        Option<string?> gap = CommonOptions.QuantityOption("--gap", "Stop when the plan is proven to lie this close to the best one; the scenario's own when left out.", Dimension.Fraction);
        Option<int> threads = ScenarioOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("supply", "What to buy, when and from whom, under the scenario's risks.") { file, solver, gap, threads, json };
        command.SetAction(parsed =>
        {
            Scenario scenario = ScenarioReader.Read(ScenarioOptions.Path(parsed, file));
            ChainOutcome outcome = ChainRunner.Run(ScenarioOptions.Chain(context, scenario, CommonOptions.Whole(parsed, threads, 1, 1024)) with
            {
                Solver = Choice(parsed.GetValue(solver), solver.Name),
                Gap = CommonOptions.Quantity(parsed, gap, Dimension.Fraction, 1e-6, 0.5),
            });
            if (outcome.Results.Supply is not { } plan)
            {
                context.Error.WriteLine($"fleetwright: {outcome.Results.SupplyProblem}");
            }
            else if (parsed.GetValue(json))
            {
                context.WriteJson(plan);
            }
            else
            {
                Write(context, plan, outcome.Results.Warnings);
            }

            return Code(outcome);
        });
        return command;
    }

    private static SolverChoice Choice(string? text, string option) => text switch
    {
        null => SolverChoice.Auto,
        "cbc" => SolverChoice.Cbc,
        "highs" => SolverChoice.Highs,
        _ => throw new InputException(option, $"found '{text}'; allowed: cbc, highs"),
    };

    private static int Code(ChainOutcome outcome) =>
        outcome.Cancelled ? ExitCode.Cancelled : outcome.Supply switch
        {
            SupplyStatus.Solved => ExitCode.Success,
            SupplyStatus.Infeasible => ExitCode.Infeasible,
            SupplyStatus.NoSolver => ExitCode.BadInput,
            _ => ExitCode.Defect,
        };

    private static void Write(CommandContext context, Fleetwright.Scenarios.Results.SupplyResult plan, IReadOnlyList<string> warnings)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        TextWriter output = context.Output;
        output.WriteLine(string.Create(c, $"{plan.Solver}: {Quantity.FormatDollars(plan.Cost.Expected)} expected over {plan.Futures} futures, {Quantity.FormatDollars(plan.Cost.Tail)} in the worst {(1 - plan.TailLevel) * 100:0.##} %, proven within {plan.Gap * 100:0.####} %"));
        output.WriteLine(string.Create(
            c,
            $"  chips {Quantity.FormatDollars(plan.Cost.Chips)} net of what they are still worth, contracts {Quantity.FormatDollars(plan.Cost.Contracts)}, energy {Quantity.FormatDollars(plan.Cost.Energy)}, operations {Quantity.FormatDollars(plan.Cost.Operations)}, rental {Quantity.FormatDollars(plan.Cost.Rental)}, unserved demand {Quantity.FormatDollars(plan.Cost.Unserved)}"));
        context.WriteTable(
            ["order", "offer", "chip", "maker", "site", "chips>", "price>", "delivery"],
            plan.Orders.Select(o => (IReadOnlyList<string>)
                [o.Quarter, o.Offer, o.Chip, o.Maker, o.Site, o.Chips.ToString("#,0", c), Quantity.FormatDollars(o.Dollars), o.DeliveryQuarter]));
        if (plan.ShadowPrices.Count > 0)
        {
            context.WriteTable(
                ["limit that binds", "quarter", "one more", "is worth>"],
                plan.ShadowPrices.OrderByDescending(p => p.Dollars).Select(p => (IReadOnlyList<string>)[p.Limit, p.Quarter, p.Unit, Quantity.FormatDollars(p.Dollars)]));
        }

        foreach (OutageResult stop in plan.Outages)
        {
            output.WriteLine(string.Create(c, $"{stop.Place} stops in {stop.Start} for {stop.Quarters} quarters: {Quantity.FormatDollars(stop.ExtraCost)} more, {stop.LostChips:#,0} chips do not come, unharmed for {stop.SurvivesQuarters} quarters"));
        }

        foreach (string warning in warnings)
        {
            output.WriteLine($"Note: {warning}");
        }
    }
}
