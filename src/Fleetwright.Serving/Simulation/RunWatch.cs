namespace Fleetwright.Serving.Simulation;

/// <summary>
/// Looks after a long run from outside: has it tell how far it is, stops it, and has its state written from time to time. The engine asks often
/// and goes by real time only here; what comes out of a run does not depend on when it was asked.
/// </summary>
/// <param name="cancellation">Stops the run.</param>
/// <param name="tell">Tells how far it is, in ticks; from any thread, one at a time.</param>
/// <param name="save">Writes the state, at a moment at which it is whole; null for a run that is not kept.</param>
/// <param name="every">Real time between two savings.</param>
internal sealed class RunWatch(CancellationToken cancellation, Action<long>? tell = null, Action? save = null, TimeSpan every = default)
{
    // Often enough that a second never passes without a word.
    private const long QuietMilliseconds = 250;

    // A run must come on between two savings.
    private const double LeastMilliseconds = 10;
    private long _told = Environment.TickCount64;
    private long _saved = Environment.TickCount64;

    /// <summary>Whether the state is written at all.</summary>
    public bool Saves => save is not null;

    private bool IsSaveDue => save is not null && Environment.TickCount64 - _saved >= Math.Max(every.TotalMilliseconds, LeastMilliseconds);

    /// <summary>Whether the run should come to a point at which <see cref="GoesOn"/> can be asked; any thread.</summary>
    public bool Pauses(long now)
    {
        long time = Environment.TickCount64, told = Volatile.Read(ref _told);
        if (time - told >= QuietMilliseconds && Interlocked.CompareExchange(ref _told, time, told) == told)
        {
            tell?.Invoke(now);
        }

        return cancellation.IsCancellationRequested || IsSaveDue;
    }

    /// <summary>Writes the state if it is time, and says whether the run goes on; while nothing runs.</summary>
    public bool GoesOn()
    {
        bool goesOn = !cancellation.IsCancellationRequested;
        if (save is not null && (!goesOn || IsSaveDue))
        {
            save();
            _saved = Environment.TickCount64;
        }

        return goesOn;
    }
}
