using System.CommandLine;
using System.Diagnostics;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Calibration;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright calibrate --data DIR [--out DIR] [--only kernels|devices]</c>: fits the coefficients of measured chips and devices to public tables.</summary>
internal static class CalibrateCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Option<string>("--data") { Required = true, Description = "The folder of public measurements (shared/data): kernels/ with a folder a chip, devices/on_device_llm.csv." };
        var output = new Option<string?>("--out") { Description = "Where the coefficients go; the catalogue's calibration and device-calibration folders when left out." };
        var only = new Option<string?>("--only") { Description = "kernels or devices; both when left out." };
        var table = new Option<string?>("--rows") { Description = "Another table of devices, with the columns of on_device_llm.csv, in place of the one below --data." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("calibrate", "Fit the coefficients of measured chips and write them into the catalogue.") { data, output, only, table, json };
        command.SetAction(parsed =>
        {
            string? part = parsed.GetValue(only);
            if (part is not (null or "kernels" or "devices"))
            {
                throw new InputException(only.Name, $"found '{part}'; allowed: kernels, devices");
            }

            string measured = parsed.GetValue(table) ?? Path.Combine(parsed.GetRequiredValue(data), DeviceCalibrator.File);
            if (part == "devices" || (part is null && File.Exists(measured)))
            {
                string folderOut = parsed.GetValue(output) is not { } named ? Path.Combine(context.Catalog.Root, "device-calibration") : part is null ? Path.Combine(named, "device-calibration") : named;
                IReadOnlyList<DeviceCalibration> fitted = DeviceCalibrator.Run(context.Catalog, measured, folderOut);
                if (part == "devices")
                {
                    WriteDevices(context, fitted, parsed.GetValue(json));
                    return ExitCode.Success;
                }

                if (!parsed.GetValue(json))
                {
                    WriteDevices(context, fitted, false);
                }
            }

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

    private static void WriteDevices(CommandContext context, IReadOnlyList<DeviceCalibration> fitted, bool json)
    {
        if (json)
        {
            context.WriteJson(fitted);
            return;
        }

        context.WriteTable(
            ["engine", "unit", "family", "phase", "rows>", "chips>", "left out>", "chip left out>"],
            from e in fitted
            from c in e.Classes
            from phase in new[] { ("decode", c.Decode), ("prefill", c.Prefill) }
            where phase.Item2 is not null
            let fit = phase.Item2!
            select (IReadOnlyList<string>)[e.Name, c.Unit.ToString().ToLowerInvariant(), c.Family, phase.Item1, FormattableString.Invariant($"{fit.Rows}"), FormattableString.Invariant($"{fit.Chips.Count}"), fit.Error is { } error ? Percent(error) : "", fit.TransferError is { } transfer ? Percent(transfer) : ""]);
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
