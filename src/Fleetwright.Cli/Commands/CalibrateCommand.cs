using System.CommandLine;
using System.Diagnostics;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright calibrate --data DIR [--out DIR]</c>: fits the coefficients of measured chips to public tables of kernels.</summary>
internal static class CalibrateCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Option<string>("--data") { Required = true, Description = "The folder of measured kernels, a folder a chip (shared/data/kernels, or the folder that holds it)." };
        var output = new Option<string?>("--out") { Description = "Where the coefficients go; the catalogue's calibration folder when left out." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("calibrate", "Fit the coefficients of measured chips and write them into the catalogue.") { data, output, json };
        command.SetAction(parsed =>
        {
            string folder = Kernels(parsed.GetRequiredValue(data)), to = parsed.GetValue(output) ?? Path.Combine(context.Catalog.Root, "calibration");
            Directory.CreateDirectory(to);
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<CalibrationLine> lines = Calibrator.Run(
                context.Catalog, folder, to, done => context.Error.WriteLine(FormattableString.Invariant($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s: {done}")), context.Cancellation);
            if (parsed.GetValue(json))
            {
                context.WriteJson(lines);
                return ExitCode.Success;
            }

            context.WriteTable(
                ["fit", "operator", "format", "rows>", "dropped>", "MAPE>", "median>", "p90>"],
                lines.Select(l => (IReadOnlyList<string>)[l.Name, l.Family, l.Format, FormattableString.Invariant($"{l.Quality.Rows:N0}"), FormattableString.Invariant($"{l.Dropped:N0}"), Percent(l.Quality.Error), Percent(l.Quality.Median), Percent(l.Quality.P90)]));
            context.Output.WriteLine(FormattableString.Invariant($"Errors are on shapes left out of the fit. {Path.GetFullPath(to)} in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Kernels(string folder)
    {
        string inside = Path.Combine(folder, "kernels");
        return Directory.Exists(inside) ? inside
            : Directory.Exists(folder) ? folder
            : throw new InputException("--data", $"found '{folder}'; there is no such folder");
    }

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.0} %");
}
