using System.Diagnostics;
using System.Globalization;
using Fleetwright.Serving.Simulation;

namespace Fleetwright.Cli.Commands;

/// <summary>Tells of a long run as it goes: requests, simulated time, speed, and how long it still takes where that can be known.</summary>
/// <param name="context">Where to tell it.</param>
/// <param name="requests">Requests of the whole run, as far as known.</param>
/// <param name="seconds">Simulated seconds in which requests come, as far as known.</param>
/// <param name="together">Whether all replicas are at one time; else the time of one says nothing of the run.</param>
/// <param name="quiet">Time before the first line and between two; two seconds and then one when null.</param>
internal sealed class SimulationWatch(CommandContext context, double? requests, double? seconds, bool together, TimeSpan? quiet = null)
{
    // On a terminal each line takes the place of the one before.
    private readonly bool _inPlace = ReferenceEquals(context.Error, Console.Error) && !Console.IsErrorRedirected;
    private readonly TimeSpan _first = quiet ?? TimeSpan.FromSeconds(2);
    private readonly TimeSpan _quiet = quiet ?? TimeSpan.FromSeconds(1);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _told = Stopwatch.GetTimestamp();
    private int _begun;
    private int _width;

    /// <summary>Real time since the start.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>The run has come so far; may be called from several threads.</summary>
    public void Report(SimulationProgress progress)
    {
        if (!IsDue())
        {
            return;
        }

        double done = Math.Max(requests is { } all ? progress.Completed / all : 0, together && seconds is { } end ? progress.Seconds / end : 0);
        string simulated = !together ? "" : $", {Time(progress.Seconds)} simulated";
        Tell(string.Create(CultureInfo.InvariantCulture, $"{progress.Completed:#,0} requests{simulated}, {progress.Completed / Elapsed.TotalSeconds:#,0} requests/s, {(progress.Completed + progress.Runs) / Elapsed.TotalSeconds:#,0} events/s"), done);
    }

    /// <summary>The run is over: what is told next begins a line.</summary>
    public void Done()
    {
        if (_width > 0)
        {
            context.Error.WriteLine();
        }
    }

    /// <summary>One more of replicas that are simulated one by one begins; may be called from several threads.</summary>
    /// <param name="replicas">All of them.</param>
    public void Begin(int replicas)
    {
        int begun = Interlocked.Increment(ref _begun) - 1;
        if (IsDue())
        {
            Tell(string.Create(CultureInfo.InvariantCulture, $"{begun:#,0} of {replicas:#,0} replicas"), (double)begun / replicas);
        }
    }

    private bool IsDue()
    {
        long told = Interlocked.Read(ref _told), now = Stopwatch.GetTimestamp();
        return Stopwatch.GetElapsedTime(_started, now) >= _first && Stopwatch.GetElapsedTime(told, now) >= _quiet && Interlocked.CompareExchange(ref _told, now, told) == told;
    }

    private void Tell(string what, double done)
    {
        string left = done is > 0 and <= 1 ? string.Create(CultureInfo.InvariantCulture, $", {done:0 %}, {Time(Elapsed.TotalSeconds * ((1 / done) - 1))} left") : "";
        string line = $"fleetwright: {what}{left}";
        if (_inPlace)
        {
            context.Error.Write($"\r{line.PadRight(_width)}");
            _width = line.Length;
        }
        else
        {
            context.Error.WriteLine(line);
        }
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
