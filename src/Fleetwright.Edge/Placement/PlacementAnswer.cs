namespace Fleetwright.Edge.Placement;

/// <summary>How good a policy is, by distributions.</summary>
public sealed record PolicyMetrics
{
    /// <summary>Share of all turns in time.</summary>
    public required double ShareWithinTarget { get; init; }

    /// <summary>End of turn to first sound (first token of a text turn) at the median of the turns that are served, in seconds.</summary>
    public required double P50Seconds { get; init; }

    /// <summary>The same at p95.</summary>
    public required double P95Seconds { get; init; }

    /// <summary>p95 with models that are as slow or as fast as their bands allow.</summary>
    public required Band P95Band { get; init; }

    /// <summary>Joules that a turn takes from the device's battery, on average.</summary>
    public required double JoulesPerTurn { get; init; }

    /// <summary>Share of a full battery that a turn takes; null on mains.</summary>
    public double? BatteryPerTurn { get; init; }

    /// <summary>Hours of use from a full battery; null on mains.</summary>
    public double? BatteryHours { get; init; }

    /// <summary>Minutes of use until the case is warm; infinite when it never is.</summary>
    public required double MinutesToThrottle { get; init; }

    /// <summary>Bytes that the models hold on the device.</summary>
    public required double RamBytes { get; init; }

    /// <summary>Dollars of a turn: the data centre's and the device's electricity.</summary>
    public required double DollarsPerTurn { get; init; }

    /// <summary>Requests to servers per turn; above the share that they answer when turns are sent twice.</summary>
    public required double CloudTurnsPerTurn { get; init; }

    /// <summary>Share of turns that nothing answers.</summary>
    public required double UnservedShare { get; init; }

    /// <summary>By class in the product's order: share in time, p95 and what a turn costs.</summary>
    public required IReadOnlyList<ClassMetrics> Classes { get; init; }
}

/// <summary>How good a policy is for one class.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="ShareWithinTarget">Share of its turns in time.</param>
/// <param name="P95Seconds">End of turn to first sound or token at p95.</param>
/// <param name="JoulesPerTurn">Joules from the device's battery.</param>
/// <param name="DollarsPerTurn">Dollars.</param>
/// <param name="CloudTurnsPerTurn">Requests to servers per turn.</param>
/// <param name="UnservedShare">Share that nothing answers.</param>
public sealed record ClassMetrics(
    string Class, double ShareWithinTarget, double P95Seconds, double JoulesPerTurn, double DollarsPerTurn, double CloudTurnsPerTurn, double UnservedShare);

/// <summary>A policy with its metrics.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Metrics">How good it is.</param>
/// <param name="Missed">What it misses, in sentences; empty when it is admissible.</param>
public sealed record JudgedPolicy(Policy Policy, PolicyMetrics Metrics, IReadOnlyList<string> Missed);

/// <summary>Where the winner changes.</summary>
/// <param name="Variable">What was varied, such as <c>prompt tokens</c>.</param>
/// <param name="Unit">Its unit; empty when the name says it.</param>
/// <param name="Value">The value at which both are equal.</param>
/// <param name="Below">Who wins below.</param>
/// <param name="Above">Who wins above.</param>
/// <param name="Class">The class of turns that it holds for; empty for all.</param>
public sealed record FlipPoint(string Variable, string Unit, double Value, string Below, string Above, string Class = "")
{
    /// <summary>The flip point as a sentence, such as <c>above 580 prompt tokens the cloud wins</c>.</summary>
    public override string ToString()
    {
        string amount = Value >= 100 ? FormattableString.Invariant($"{Value:#,0}") : FormattableString.Invariant($"{Value:0.##}");
        string head = Unit.Length == 0 ? $"above {amount} {Variable}" : $"above {amount} {Unit} of {Variable}";
        return $"{(Class.Length == 0 ? "" : Class + ": ")}{head} {Above} wins over {Below}";
    }
}

/// <summary>The cheapest admissible policy of a device, and what was weighed.</summary>
public sealed record PlacementAnswer
{
    /// <summary>The cheapest admissible policy; when none is, the one that misses least.</summary>
    public required JudgedPolicy Best { get; init; }

    /// <summary>Whether <see cref="Best"/> misses nothing.</summary>
    public bool Admissible => Best.Missed.Count == 0;

    /// <summary>Simple policies for comparison: everything that may go to one tier and model does.</summary>
    public required IReadOnlyList<JudgedPolicy> Alternatives { get; init; }

    /// <summary>Where the winner changes.</summary>
    public required IReadOnlyList<FlipPoint> Flips { get; init; }

    /// <summary>Why paths were left out, in sentences.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Policies that were weighed, over all classes before they were joined.</summary>
    public required long Weighed { get; init; }
}
