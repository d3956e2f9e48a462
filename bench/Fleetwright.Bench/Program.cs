using System.Diagnostics;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;

// calibrate TABLES OUTPUT: fits all chips and writes their files. Anything else goes to BenchmarkDotNet.
if (args is ["calibrate", string data, string output])
{
    var watch = Stopwatch.StartNew();
    foreach (CalibrationLine line in Calibrator.Run(FleetCatalog.OpenDefault(), data, output))
    {
        Console.WriteLine(FormattableString.Invariant($"| {line.Name} | {line.Family} | {line.Format} | {line.Quality.Rows} | {line.Dropped} | {line.Quality.Error:P1} | {line.Quality.Median:P1} |"));
    }

    Console.WriteLine(FormattableString.Invariant($"{watch.Elapsed.TotalSeconds:F0} s"));
    return 0;
}

// In process: a benchmark process of its own would be built without this repository's properties.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
return 0;
