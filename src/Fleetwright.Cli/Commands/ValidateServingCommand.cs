using System.CommandLine;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Published;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright validate serving --rows IN --out OUT</c>: predicts a table of closed-loop servers row by row.</summary>
internal static class ValidateServingCommand
{
    public static Command Create(CommandContext context)
    {
        var rows = new Option<string>("--rows") { Required = true, Description = "A table with the columns of silicon/measured_serving.csv.gz; what was measured may be empty." };
        var output = new Option<string>("--out") { Required = true, Description = "Where to write the same rows with predicted_ttft_ms, predicted_tpot_ms and status." };
        var command = new Command("serving", "Predict a table of measured servers: each row's closed loop is simulated from its start-up burst to its last answer.") { rows, output };
        command.SetAction(parsed =>
        {
            string to = CommonOptions.InFolder(parsed.GetRequiredValue(output), output.Name)!;
            (int all, int predicted) found = default;
            WholeFile.Write(to, writer => found = ServerTable.Predict(context.Catalog, parsed.GetRequiredValue(rows), writer, context.Cancellation));
            context.Output.WriteLine(FormattableString.Invariant($"{found.predicted:#,0} of {found.all:#,0} rows predicted; the column status says why others are not: {Path.GetFullPath(to)}"));
            return ExitCode.Success;
        });
        return command;
    }
}
