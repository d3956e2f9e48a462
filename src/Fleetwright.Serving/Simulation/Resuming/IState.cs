namespace Fleetwright.Serving.Simulation.Resuming;

/// <summary>
/// A part of a run that can be written down and brought back. One method does both, so that what is read is what was written: it hands every value
/// that the rest of the run depends on to the transfer and takes what comes back.
/// </summary>
public interface IState
{
    /// <summary>A part that must have a state.</summary>
    /// <exception cref="NotSupportedException">It has none.</exception>
    static IState Of(object part) => part as IState ?? throw new NotSupportedException($"a run with {part.GetType().Name} cannot be taken up again");

    /// <summary>Writes the state, or replaces it by what was written.</summary>
    void Transfer(StateTransfer state);
}
