namespace Fleetwright.Serving.Simulation.Results;

/// <summary>What a request must keep to count as good.</summary>
/// <param name="TtftSeconds">Time to the first token.</param>
/// <param name="TpotSeconds">Mean time per further token.</param>
/// <param name="EndToEndSeconds">Time to the last token.</param>
public readonly record struct ServiceTarget(
    double TtftSeconds = double.PositiveInfinity, double TpotSeconds = double.PositiveInfinity, double EndToEndSeconds = double.PositiveInfinity)
{
    /// <summary>Whether a request kept all of it.</summary>
    public bool Met(in CompletedRequest request) =>
        request.Ttft <= TtftSeconds && request.Tpot <= TpotSeconds && request.EndToEnd <= EndToEndSeconds;
}
