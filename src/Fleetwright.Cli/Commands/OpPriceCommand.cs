using System.CommandLine;
using System.Diagnostics;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright op price --chip NAME --table KIND IN --out OUT [--refine DIR]</c>: prices every row of a table of operators.</summary>
internal static class OpPriceCommand
{
    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("IN") { Description = "A table of operators, .csv or .csv.gz, with the columns of shared/data/kernels (docs/hardware.md)." };
        var chip = new Option<string>("--chip") { Required = true, Description = "A chip of the catalogue, or a design file (.yaml)." };
        var kind = new Option<string>("--table") { Required = true, Description = $"What its rows are: {string.Join(", ", OperatorTable.All.Select(t => t.Name))}." };
        var output = new Option<string>("--out") { Required = true, Description = "Where to write the same rows with predicted_ms, bound and status; gzipped when it ends in .gz." };
        var refine = new Option<string?>("--refine") { Description = "A folder of tables measured on this chip, between whose rows the model is interpolated." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("price", "Price every row of a table of operators.") { input, chip, kind, output, refine, json };
        command.SetAction(parsed =>
        {
            OperatorTable table = OperatorTable.Get(parsed.GetRequiredValue(kind));
            ChipModel model = DesignedChip.ModelFor(context.Catalog, parsed.GetRequiredValue(chip));
            string path = parsed.GetRequiredValue(input), to = parsed.GetRequiredValue(output);
            if (!File.Exists(path))
            {
                throw new InputException(path, "there is no such file");
            }

            long start = Stopwatch.GetTimestamp();
            Refinement? refinement = parsed.GetValue(refine) is { } folder ? Refinement.Read(folder, table, model) : null;
            TableSummary summary = new TablePricer(model, table, refinement).Run(path, to, Progress(context, start), context.Cancellation);
            if (parsed.GetValue(json))
            {
                context.WriteJson(summary);
                return ExitCode.Success;
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            context.Output.WriteLine(FormattableString.Invariant($"{to}: {summary.Rows:N0} rows priced on {model.Chip.Name} in {seconds:0.0} s"));
            if (refinement is not null)
            {
                context.Output.WriteLine(FormattableString.Invariant($"  refined with {refinement.Rows:N0} measured rows ({refinement.Defective:N0} defective ones left out)"));
            }

            if (summary.Noted > 0)
            {
                context.Output.WriteLine(FormattableString.Invariant($"  {summary.Noted:N0} rows are in a number format that {model.Chip.Name} lacks: see the column status"));
            }

            if (summary.Scored > 0)
            {
                context.Output.WriteLine(FormattableString.Invariant($"  against the measured column: MAPE {summary.Mape:P1}, median {summary.Median:P1}, n {summary.Scored:N0} ({summary.Defective:N0} defective rows left out)"));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Action<long> Progress(CommandContext context, long start)
    {
        double told = 2;
        return rows =>
        {
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (seconds >= told)
            {
                told = seconds + 2;
                context.Error.WriteLine(FormattableString.Invariant($"{rows:N0} rows, {rows / seconds:N0} a second"));
            }
        };
    }
}
