using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Serving.Engines;

/// <summary>How an engine fits prompts and decodes into steps.</summary>
public enum StepPolicy
{
    /// <summary>Decodes first, then chunks of prompts up to the token budget, in one step (vLLM V1, TensorRT-LLM, Sarathi).</summary>
    Mixed,

    /// <summary>Prompts that wait run in steps of their own, during which decodes stand still (SGLang without mixed chunks).</summary>
    PrefillFirst,
}

/// <summary>What a serving engine adds to the chip's work: how steps are filled, how much memory they may take, what the host costs.</summary>
public sealed record EngineOptions
{
    /// <summary>The catalogue name, such as <c>vllm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How prompts and decodes share steps.</summary>
    public required StepPolicy Policy { get; init; }

    /// <summary>New tokens that a step takes at most (decodes count one each); longer prompts are cut into chunks. Per group with data-parallel attention.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>Sequences that are in flight at most. Per group with data-parallel attention.</summary>
    public required int MaximumSequences { get; init; }

    /// <summary>Share of the chip's memory that the engine may fill.</summary>
    public required double MemoryFraction { get; init; }

    /// <summary>Bytes within that share that hold neither weights, cache nor activations.</summary>
    public required double RuntimeReserveBytes { get; init; }

    /// <summary>Seconds that a step takes beyond the work of the chip.</summary>
    public required double HostSecondsPerStep { get; init; }

    /// <summary>Seconds that a request takes beyond its steps, before its first token.</summary>
    public required double RequestOverheadSeconds { get; init; }

    /// <summary>Seconds that a step takes further for each of its sequences: scheduling, sampling, detokenising and streaming that the chip waits for.</summary>
    public double HostSecondsPerSequence { get; init; }

    /// <summary>Seconds that the server's one front-end process is busy with a request before the engine has it.</summary>
    public double FrontEndSecondsPerRequest { get; init; }

    /// <summary>Further seconds for each token of its prompt: reading and tokenising.</summary>
    public double FrontEndSecondsPerToken { get; init; }

    /// <summary>How its kernels compare with the calibrated ones.</summary>
    public EngineKernels Kernels { get; init; } = EngineKernels.AsCalibrated;

    /// <summary>Seconds that converting activations by blocks adds to a product with block-scaled fp8 weights.</summary>
    public double BlockScaleSeconds { get; init; }

    /// <summary>Mean absolute error of the simulated mean time to the first token against measured servers of this engine, as a fraction of the measured; null when none was measured.</summary>
    public double? TtftError { get; init; }

    /// <summary>The same for the mean time per further token.</summary>
    public double? TpotError { get; init; }

    private static readonly (string, StepPolicy)[] Policies = [("mixed", StepPolicy.Mixed), ("prefill-first", StepPolicy.PrefillFirst)];

    /// <summary>The engines of a catalogue, <c>engines/*.yaml</c>.</summary>
    public static CatalogFolder<EngineOptions> Of(FleetCatalog catalog) =>
        new(Path.Combine(catalog.Root, "engines"), "engine", Read, e => [e.Name]);

    private static EngineOptions Read(YamlFile file)
    {
        YamlMap root = file.Root;
        _ = root.Text("title");
        return new EngineOptions
        {
            Name = root.Text("name"),
            Policy = root.Choice("policy", Policies),
            TokenBudget = (int)root.Fact("token_budget", Dimension.Count, 1, 1e7).Value,
            MaximumSequences = (int)root.Fact("maximum_sequences", Dimension.Count, 1, 1e7).Value,
            MemoryFraction = root.Fact("memory_fraction", Dimension.Fraction, 0.1, 1),
            RuntimeReserveBytes = root.Fact("runtime_reserve", Dimension.Bytes),
            HostSecondsPerStep = root.Fact("host_overhead", Dimension.Time),
            RequestOverheadSeconds = root.Fact("request_overhead", Dimension.Time),
            HostSecondsPerSequence = root.OptionalFact("host_per_sequence", Dimension.Time)?.Value ?? 0,
            FrontEndSecondsPerRequest = root.OptionalFact("front_end_per_request", Dimension.Time)?.Value ?? 0,
            FrontEndSecondsPerToken = root.OptionalFact("front_end_per_token", Dimension.Time)?.Value ?? 0,
            BlockScaleSeconds = root.OptionalFact("block_scale_overhead", Dimension.Time)?.Value ?? 0,
            TtftError = root.OptionalFact("ttft_error", Dimension.Fraction, 0, 0.9)?.Value,
            TpotError = root.OptionalFact("tpot_error", Dimension.Fraction, 0, 0.9)?.Value,
            Kernels = root.OptionalMap("kernels") is { } kernels ? EngineKernels.Read(kernels) : EngineKernels.AsCalibrated,
        };
    }
}
