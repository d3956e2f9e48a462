using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Fleets;

namespace Fleetwright.Serving.Search;

/// <summary>A simulated figure with the range that holds its true value in 19 of 20 cases, from independent runs.</summary>
/// <param name="Value">Mean over the runs.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Value, double Low, double High)
{
    /// <summary>Student's interval of the mean of a few runs; the value alone when there is one run.</summary>
    /// <remarks>Quantiles of Student's t at 97.5 % for 1 to 9 degrees of freedom (Fisher and Yates).</remarks>
    public static Interval Of(ReadOnlySpan<double> runs)
    {
        ReadOnlySpan<double> student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
        double sum = 0, squares = 0;
        foreach (double run in runs)
        {
            sum += run;
        }

        double mean = sum / runs.Length;
        foreach (double run in runs)
        {
            squares += (run - mean) * (run - mean);
        }

        double half = runs.Length < 2 ? 0 : student[Math.Min(runs.Length - 2, student.Length - 1)] * Math.Sqrt(squares / (runs.Length - 1) / runs.Length);
        return new Interval(mean, mean - half, mean + half);
    }
}

/// <summary>What a fleet does under a load; seconds at the quantile of the targets.</summary>
/// <param name="Replicas">Replicas that serve.</param>
/// <param name="RequestsPerSecond">Requests that arrive.</param>
/// <param name="Ttft">Time to the first token.</param>
/// <param name="Tpot">Time per further token.</param>
/// <param name="EndToEnd">Time to the last token.</param>
/// <param name="Good">Share of requests that keep all targets.</param>
/// <param name="MeanBatch">Mean sequences decoded in an iteration.</param>
/// <param name="Preemptions">Times that a request lost its cache, per request.</param>
/// <param name="Meets">Whether the targets are met at the quantile.</param>
public sealed record SimulatedLoad(
    int Replicas, double RequestsPerSecond, Interval Ttft, Interval Tpot, Interval EndToEnd, double Good, double MeanBatch, double Preemptions, bool Meets);

/// <summary>The fewest replicas of one layout that keep the targets in simulation.</summary>
/// <param name="Offer">The chip at its price.</param>
/// <param name="Replica">The replica.</param>
/// <param name="Router">How requests are dealt out.</param>
/// <param name="Chips">Chips of all replicas.</param>
/// <param name="AtLoad">The fleet at the load that was asked for.</param>
/// <param name="Fewer">The same with one replica less, which fails a target; null when one replica is enough.</param>
/// <param name="AtMore">With a fifth more load.</param>
/// <param name="ServerDown">With one server less; null when none would be left.</param>
/// <param name="Binding">What fails first with one replica less, or with a fifth more load where one is enough.</param>
/// <param name="DollarsPerSecond">Cost of all chips.</param>
/// <param name="DollarsPerMillionOutputTokens">Cost per million output tokens at the load.</param>
/// <param name="Requests">Requests whose times were counted to find it.</param>
public sealed record SimulatedPlan(
    ChipOffer Offer, Replica Replica, RouterKind Router, long Chips, SimulatedLoad AtLoad, SimulatedLoad? Fewer, SimulatedLoad AtMore, SimulatedLoad? ServerDown, Binding Binding,
    double DollarsPerSecond, double DollarsPerMillionOutputTokens, long Requests);

/// <summary>What a chip reaches that no plan was found for.</summary>
/// <param name="Offer">The chip at its price.</param>
/// <param name="Nearest">Of the largest fleets that were simulated the one that is nearest to the targets; null when the steady state leaves no layout to simulate.</param>
/// <param name="Problem">What the steady state says then: the best that any layout reaches, or that none fits.</param>
public sealed record SimulatedUnmet(ChipOffer Offer, SimulatedLoad? Nearest, string Problem);

/// <summary>What a search by simulation found.</summary>
/// <param name="Plans">A plan for each offer that has one, the cheapest first.</param>
/// <param name="Unmet">The other offers.</param>
/// <param name="IsPartial">Whether it was cancelled before all offers were done with.</param>
public sealed record SimulatedSizing(IReadOnlyList<SimulatedPlan> Plans, IReadOnlyList<SimulatedUnmet> Unmet, bool IsPartial);
