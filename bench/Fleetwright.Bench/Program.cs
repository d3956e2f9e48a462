using System.Diagnostics;
using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;

if (args is ["calibrate", string data, string output])
{
    var watch = Stopwatch.StartNew();
    foreach (CalibrationLine line in Calibrator.Run(FleetCatalog.OpenDefault(), data, output))
    {
        Console.WriteLine(FormattableString.Invariant($"{line.Name,-14} {line.Family,-18} {line.Format,-6} n {line.Quality.Rows,7} dropped {line.Dropped,5}  MAPE {line.Quality.Error,6:P1}  median {line.Quality.Median,6:P1}"));
    }

    Console.WriteLine(FormattableString.Invariant($"{watch.Elapsed.TotalSeconds:F0} s"));
    return 0;
}

return 1;
