using System.Diagnostics;
using System.Globalization;
using Fleetwright.Serving.Simulation;

namespace Fleetwright.Cli.Commands;

/// <summary>Tells of a long run as it goes: requests, simulated time, speed, and how long it still takes where that can be known.</summary>
/// <param name="context">Where to tell it.</param>
/// <param name="requests">Requests of the whole run, as far as known.</param>
/// <param name="seconds">Simulated seconds in which requests come, as far as known.</param>
/// <param name="together">Whether all replicas are at one time; else the time of one says nothing of the run.</param>
internal sealed class SimulationWatch(CommandContext context, double? requests, double? seconds, bool together)
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _told = Stopwatch.GetTimestamp();

    /// <summary>Real time since the start.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>The run has come so far; may be called from several threads.</summary>
    public void Report(SimulationProgress progress)
    {
        long told = Interlocked.Read(ref _told), now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(told, now) < s_quiet || Interlocked.CompareExchange(ref _told, now, told) != told)
        {
            return;
        }

        double done = Math.Max(requests is { } all ? progress.Completed / all : 0, together && seconds is { } end ? progress.Seconds / end : 0), elapsed = Elapsed.TotalSeconds;
        string left = done is > 0 and <= 1 ? string.Create(CultureInfo.InvariantCulture, $", {done:0 %}, {Time(elapsed * ((1 / done) - 1))} left") : "";
        string simulated = !together ? "" : $", {Time(progress.Seconds)} simulated";
        context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fleetwright: {progress.Completed:#,0} requests{simulated}, {progress.Completed / elapsed:#,0} requests/s{left}"));
    }

    /// <summary>A time in the unit that suits it.</summary>
    public static string Time(double seconds) => seconds switch
    {
        >= 2 * 86400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400:0.0} d"),
        >= 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.00} h"),
        >= 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.0} min"),
        >= 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.0} ms"),
    };
}
