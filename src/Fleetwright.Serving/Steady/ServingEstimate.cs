using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Steady;

/// <summary>A value with a band: the central estimate, and the tenth quantiles that calibrated errors of operator times give it. Errors of the engine's own form are not in it.</summary>
/// <param name="Value">Central estimate.</param>
/// <param name="Low">Low end.</param>
/// <param name="High">High end.</param>
public readonly record struct Band(double Value, double Low, double High)
{
    /// <summary>A time whose steps may take from <paramref name="low"/> to <paramref name="high"/> times as long.</summary>
    public static Band OfTime(double value, double low, double high) => new(value, value * low, value * high);

    /// <summary>A rate of steps that may take from <paramref name="low"/> to <paramref name="high"/> times as long.</summary>
    public static Band OfRate(double value, double low, double high) => new(value, value / high, value / low);
}

/// <summary>The time that one part of the model takes in a mean step.</summary>
/// <param name="Role">Which part.</param>
/// <param name="Bound">What holds it back.</param>
/// <param name="Seconds">Seconds per mean step.</param>
/// <param name="Share">Share of the mean step, host included.</param>
public readonly record struct OperatorShare(OperatorRole Role, Bound Bound, double Seconds, double Share);

/// <summary>What a deployment does in steady state. When it does not fit, rates are those that it would have with more memory.</summary>
public sealed record ServingEstimate
{
    /// <summary>Whether weights, cache and activations fit.</summary>
    public required bool Fits { get; init; }

    /// <summary>Why it does not fit, by how much and what would; empty when it fits.</summary>
    public required string Problem { get; init; }

    /// <summary>Memory of the fullest chip.</summary>
    public required MemoryPlan Memory { get; init; }

    /// <summary>The most requests in flight per replica that fit.</summary>
    public required double MaximumConcurrency { get; init; }

    /// <summary>Mean time to the first token in seconds.</summary>
    public required Band Ttft { get; init; }

    /// <summary>Mean time per further token in seconds.</summary>
    public required Band Tpot { get; init; }

    /// <summary>Requests finished per second by the replica.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>Output tokens per second and chip.</summary>
    public required Band OutputTokensPerSecondPerChip { get; init; }

    /// <summary>Prompt and output tokens per second and chip.</summary>
    public required double TotalTokensPerSecondPerChip { get; init; }

    /// <summary>Energy of the servers per output token in joules.</summary>
    public required double JoulesPerOutputToken { get; init; }

    /// <summary>Dollars per million output tokens (prompts included in the price); null when the chip has no price.</summary>
    public required double? DollarsPerMillionOutputTokens { get; init; }

    /// <summary>Mean power of one chip with its share of the server in watts.</summary>
    public required double WattsPerChip { get; init; }

    /// <summary>Sequences being decoded in the replica on average.</summary>
    public required double Decoding { get; init; }

    /// <summary>The steps behind it.</summary>
    public required IterationMix Mix { get; init; }

    /// <summary>Where the time of a mean step goes, largest first.</summary>
    public required IReadOnlyList<OperatorShare> Operators { get; init; }
}
