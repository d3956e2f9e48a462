namespace Fleetwright.Serving.Simulation.Resuming;

/// <summary>Where the state of a long run is kept, so that it can go on after it was stopped.</summary>
public sealed class Checkpoints
{
    /// <summary>Real time between two of them; a run that is stopped leaves one too.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Puts a file in the place of the one before, written by what it is given; null to write none.</summary>
    public Action<Action<Stream>>? Write { get; init; }

    /// <summary>What an earlier run has written, from which this one goes on; null to begin.</summary>
    public Stream? Resumed { get; init; }

    /// <summary>What the caller keeps of each replica's traffic, where each has its own; transferred after all else.</summary>
    public IState? Beside { get; init; }
}
