namespace Fleetwright.Serving.Load;

/// <summary>
/// Waiting in a queue with Poisson arrivals and one server (M/G/1): the exact mean by Pollaczek and Khinchine, and a tail that is exact
/// for exponential service and close for others: P(W &gt; t) ≈ ρ · exp(−ρ · t / E[W]).
/// </summary>
/// <param name="Utilisation">Share of time that the server is busy, ρ; the queue is stable below 1.</param>
/// <param name="Mean">Mean wait before service in seconds, E[W].</param>
public readonly record struct WaitingTime(double Utilisation, double Mean)
{
    /// <summary>Whether the queue keeps up.</summary>
    public bool IsStable => Utilisation < 1;

    /// <summary>E[W] = λ · E[S²] / (2 · (1 − ρ)), ρ = λ · E[S]. Infinite at ρ ≥ 1.</summary>
    /// <param name="arrivalsPerSecond">λ.</param>
    /// <param name="meanService">E[S] in seconds.</param>
    /// <param name="meanSquareService">E[S²] in seconds².</param>
    public static WaitingTime PollaczekKhinchine(double arrivalsPerSecond, double meanService, double meanSquareService)
    {
        double utilisation = arrivalsPerSecond * meanService;
        return new WaitingTime(utilisation, utilisation < 1 ? arrivalsPerSecond * meanSquareService / (2 * (1 - utilisation)) : double.PositiveInfinity);
    }

    /// <summary>P(W &gt; <paramref name="seconds"/>); 1 for negative times.</summary>
    public double Exceeds(double seconds) =>
        seconds < 0 ? 1 : Mean <= 0 ? 0 : double.IsInfinity(Mean) ? 1 : Utilisation * Math.Exp(-Utilisation * seconds / Mean);

    /// <summary>The wait that a share <paramref name="quantile"/> of arrivals does not exceed.</summary>
    public double Quantile(double quantile) =>
        double.IsInfinity(Mean) ? double.PositiveInfinity : Utilisation <= 1 - quantile || Mean <= 0 ? 0 : Mean / Utilisation * Math.Log(Utilisation / (1 - quantile));
}
