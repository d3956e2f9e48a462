using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>
/// One way in which a class of turns can be answered: a tier with a model, as placement and population see it. With a prompt of <i>n</i> tokens
/// the first sound comes after end of turn + <see cref="Wait"/> + <see cref="ReadSeconds"/>(n) + <see cref="PhraseSeconds"/> + <see cref="After"/>;
/// only reading depends on the prompt, and the others are independent of each other.
/// </summary>
public sealed record AnswerPath
{
    /// <summary>Where the model runs.</summary>
    public required Tiers Tier { get; init; }

    /// <summary>Catalogue name of the model; null for the tier's own.</summary>
    public string? Model { get; init; }

    /// <summary>What it is, for people, such as <c>the cloud</c>.</summary>
    public required string Title { get; init; }

    /// <summary>Seconds from the end of the turn to the first token besides reading: recogniser, network, queue.</summary>
    public required LatencyDistribution Wait { get; init; }

    /// <summary>Seconds that the model reads a prompt of so many tokens.</summary>
    public required Func<double, double> ReadSeconds { get; init; }

    /// <summary>The same with so many tokens at its start kept from before: (prompt, cached). Null when nothing is kept.</summary>
    public Func<double, double, double>? ReadCachedSeconds { get; init; }

    /// <summary>Seconds from the first token to the end of the first phrase; 0 in a text turn.</summary>
    public double PhraseSeconds { get; init; }

    /// <summary>Seconds from the first phrase to the first sound; none in a text turn.</summary>
    public LatencyDistribution After { get; init; } = LatencyDistribution.Zero;

    /// <summary>Seconds that the worn device itself computes for a prompt and a reply; 0 where another machine does.</summary>
    public Func<double, double, double> BusySeconds { get; init; } = static (_, _) => 0;

    /// <summary>Joules that a prompt and its reply take from the device's battery above use without the assistant, the radio's tail apart.</summary>
    public Func<double, double, double> Joules { get; init; } = static (_, _) => 0;

    /// <summary>Watts of the radio after the last byte.</summary>
    public double TailWatts { get; init; }

    /// <summary>Seconds that the radio stays awake after the last byte, unless the next turn comes before.</summary>
    public double TailSeconds { get; init; }

    /// <summary>Dollars for a prompt and its reply besides the device's own electricity.</summary>
    public Func<double, double, double> Dollars { get; init; } = static (_, _) => 0;

    /// <summary>Longest prompt that memory or the model's context holds beside a reply; 0 when the model does not fit.</summary>
    public double LongestPromptTokens { get; init; } = double.PositiveInfinity;

    /// <summary>Bytes that the model holds on its machine; 0 for a data centre's.</summary>
    public double RamBytes { get; init; }

    /// <summary>Bytes that it may hold there.</summary>
    public double RamLimitBytes { get; init; } = double.PositiveInfinity;

    /// <summary>Reply tokens per second.</summary>
    public double TokensPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>Reading and first phrase may take this factor longer or shorter.</summary>
    public double BandFactor { get; init; } = 1;

    /// <summary>Whether a data centre or a server near the user answers, so that the turn is load for it.</summary>
    public bool IsRemote => Tier is Tiers.Cloud or Tiers.Edge;
}
