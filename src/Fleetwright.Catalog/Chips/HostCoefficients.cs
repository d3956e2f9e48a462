namespace Fleetwright.Catalog.Chips;

/// <summary>What a framework adds to an operator that is called on its own and waited for: time = max(<see cref="HostSeconds"/>, <see cref="LaunchSeconds"/> + the kernel's time).</summary>
/// <param name="HostSeconds">The host's work for one call, whatever the kernel takes.</param>
/// <param name="LaunchSeconds">From the call until the kernel works, and from its end until the host knows.</param>
public readonly record struct FrameworkCall(double HostSeconds, double LaunchSeconds);

/// <summary>
/// What a framework adds to operators that are called one by one on this chip's host, without a captured graph: measured tables of
/// single calls hold it. A serving engine's captured graph pays none of it.
/// </summary>
public sealed record FrameworkCalls
{
    /// <summary>The framework and its version, such as <c>PyTorch 2.0</c>.</summary>
    public required string Framework { get; init; }

    /// <summary>Matrix products, single or batched.</summary>
    public required FrameworkCall Product { get; init; }

    /// <summary>Vector operators by kind.</summary>
    public required IReadOnlyDictionary<VectorKind, FrameworkCall> Vector { get; init; }
}

/// <summary>
/// What an engine that launches every kernel from the host (no captured graph) adds to a step. Equations: docs/hardware.md,
/// "Engines without captured graphs".
/// </summary>
public sealed record EagerEngineCoefficients
{
    /// <summary>The engine and its time, such as <c>vLLM of 2023</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Host seconds of a step that no chip work hides: scheduling, sampling, answering.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Further host seconds of a decode step per sequence.</summary>
    public required double SequenceSeconds { get; init; }

    /// <summary>Host seconds of launching a layer of a decode step; chip work hides them.</summary>
    public required double DecodeLayerSeconds { get; init; }

    /// <summary>Host seconds of launching a layer of a prefill step; chip work hides them.</summary>
    public required double PrefillLayerSeconds { get; init; }

    /// <summary>Host seconds per token of the vocabulary; chip work hides them.</summary>
    public required double VocabularySeconds { get; init; }

    /// <summary>Time of prefill's matrix products ÷ that of today's kernels.</summary>
    public required double ProductTime { get; init; }

    /// <summary>Time of prefill's collectives ÷ that of the library as it was measured alone.</summary>
    public required double CollectiveTime { get; init; }

    /// <summary>Further seconds per reduced byte in steps of more than <see cref="LargeStepTokens"/> tokens on more than two chips.</summary>
    public required double LargeStepSecondsPerByte { get; init; }

    /// <summary>Tokens of a step above which its reductions slow down.</summary>
    public double LargeStepTokens { get; init; } = 2560;

    /// <summary>Error of decode steps of models and layouts that were left out of the fit.</summary>
    public FitQuality DecodeQuality { get; init; }

    /// <summary>Error of prefill steps of models and layouts that were left out of the fit.</summary>
    public FitQuality PrefillQuality { get; init; }
}
