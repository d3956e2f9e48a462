using System.CommandLine;
using System.Diagnostics;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Predicting;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright device predict --rows IN.csv --out OUT.csv</c>: predicts every row of a table of measured runs.</summary>
internal static class DevicePredictCommand
{
    public static Command Create(CommandContext context)
    {
        var rows = new Option<string>("--rows") { Required = true, Description = "A table with the columns of shared/data/devices/on_device_llm.csv; what was measured is not read." };
        var output = new Option<string>("--out") { Required = true, Description = "Where the rows go, with predicted_prefill_tok_s, predicted_decode_tok_s, band_low, band_high (of decode) and status." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("predict", "Predict a table of runs of language models on devices.") { rows, output, json };
        command.SetAction(parsed =>
        {
            long start = Stopwatch.GetTimestamp();
            string from = parsed.GetRequiredValue(rows), to = parsed.GetRequiredValue(output);
            var text = new StringWriter { NewLine = "\n" };
            IReadOnlyList<(string Status, int Rows)> counts = PredictionTable.Write(context.Catalog, from, text);
            try
            {
                File.WriteAllText(to, text.ToString());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException(output.Name, e.Message);
            }

            int all = counts.Sum(c => c.Rows), silent = counts.Where(c => c.Status == "no-size").Sum(c => c.Rows);
            if (parsed.GetValue(json))
            {
                context.WriteJson(new Answer(all, all - silent, counts.Where(c => c.Rows > 0).ToDictionary(c => c.Status, c => c.Rows)));
            }
            else
            {
                context.Output.WriteLine(FormattableString.Invariant(
                    $"{all:N0} rows, {all - silent:N0} predicted: {string.Join(", ", counts.Where(c => c.Rows > 0).Select(c => FormattableString.Invariant($"{c.Rows:N0} {c.Status}")))}; {Path.GetFullPath(to)} in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private sealed record Answer(int Rows, int Predicted, IReadOnlyDictionary<string, int> Statuses);
}
