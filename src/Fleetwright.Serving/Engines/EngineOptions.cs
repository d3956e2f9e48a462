using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Serving.Engines;

/// <summary>How an engine fits prompts and decodes into steps.</summary>
public enum StepPolicy
{
    /// <summary>Decodes first, then chunks of prompts up to the token budget, in one step (vLLM V1, Sarathi).</summary>
    Mixed,

    /// <summary>Prompts that wait run in steps of their own, during which decodes stand still (SGLang without mixed chunks).</summary>
    PrefillFirst,

    /// <summary>As <see cref="Mixed"/>, but a request starts only when all that have started could run to their ends without eviction (TensorRT-LLM).</summary>
    MixedNoEviction,
}

/// <summary>Which all-reduce an engine runs inside a server.</summary>
public enum AllReduceRule
{
    /// <summary>One shot, two shot, symmetric memory or the library by the size of the vector, as vLLM; what the chips are calibrated with.</summary>
    BySize,

    /// <summary>One shot for few tokens, two shot for more, the library beyond its workspace, as TensorRT-LLM's fused kernel.</summary>
    ByTokens,
}

/// <summary>How an engine deals requests out to the ranks of data-parallel attention.</summary>
public enum RankDealing
{
    /// <summary>To the rank with the least waiting and running (vLLM's balancer).</summary>
    LeastLoaded,

    /// <summary>In turn (SGLang, <c>--load-balance-method round_robin</c>).</summary>
    RoundRobin,
}

/// <summary>What a serving engine adds to the chip's work: how steps are filled, how much memory they may take, what the host costs.</summary>
public sealed record EngineOptions
{
    /// <summary>The catalogue name, such as <c>vllm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How prompts and decodes share steps.</summary>
    public required StepPolicy Policy { get; init; }

    /// <summary>How requests are dealt out to the ranks of data-parallel attention.</summary>
    public RankDealing RankDealing { get; init; }

    /// <summary>New tokens that a step takes at most (decodes count one each); longer prompts are cut into chunks. Per group with data-parallel attention.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>Sequences that are in flight at most. Per group with data-parallel attention.</summary>
    public required int MaximumSequences { get; init; }

    /// <summary>LoRA adapters that it computes with at once unless told otherwise; their memory is taken from the start.</summary>
    public int AdapterSlots { get; init; } = 1;

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

    /// <summary>Whether requests pass a front end that takes time.</summary>
    public bool HasFrontEnd => FrontEndSecondsPerRequest > 0 || FrontEndSecondsPerToken > 0;

    /// <summary>Seconds that the front end is busy with a request of so many prompt tokens.</summary>
    public double FrontEndSeconds(double promptTokens) => FrontEndSecondsPerRequest + (FrontEndSecondsPerToken * promptTokens);

    /// <summary>How its kernels compare with the calibrated ones.</summary>
    public EngineKernels Kernels { get; init; } = EngineKernels.AsCalibrated;

    /// <summary>Seconds that converting activations by blocks adds to a product with block-scaled fp8 weights.</summary>
    public double BlockScaleSeconds { get; init; }

    /// <summary>Seconds that the host takes to launch one operator of a step that is not replayed from a captured graph; such a step takes at least all its launches.</summary>
    public double LaunchSecondsPerOperator { get; init; }

    /// <summary>New tokens up to which steps with prompts are replayed from captured graphs too; 0 when only decodes are captured.</summary>
    public int CapturedTokens { get; init; }

    /// <summary>Whether the kernel in front of a product (the norm, the activation) converts its activations, so that no kernel of its own does.</summary>
    public bool FusesConversion { get; init; }

    /// <summary>Which all-reduce it runs inside a server.</summary>
    public AllReduceRule AllReduce { get; init; }

    /// <summary>Mean absolute error of the simulated mean time to the first token against measured servers of this engine, as a fraction of the measured; null when none was measured.</summary>
    public double? TtftError { get; init; }

    /// <summary>The same for the mean time per further token.</summary>
    public double? TpotError { get; init; }

    private static readonly (string, StepPolicy)[] Policies = [("mixed", StepPolicy.Mixed), ("prefill-first", StepPolicy.PrefillFirst), ("mixed-no-eviction", StepPolicy.MixedNoEviction)];
    private static readonly (string, AllReduceRule)[] AllReduceRules = [("by-size", AllReduceRule.BySize), ("by-tokens", AllReduceRule.ByTokens)];
    private static readonly (string, RankDealing)[] Dealings = [("least-loaded", RankDealing.LeastLoaded), ("round-robin", RankDealing.RoundRobin)];

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
            RankDealing = root.OptionalText("rank_dealing") is null ? RankDealing.LeastLoaded : root.Choice("rank_dealing", Dealings),
            TokenBudget = (int)root.Fact("token_budget", Dimension.Count, 1, 1e7).Value,
            MaximumSequences = (int)root.Fact("maximum_sequences", Dimension.Count, 1, 1e7).Value,
            AdapterSlots = (int)(root.OptionalFact("adapter_slots", Dimension.Count, 1, 1e4)?.Value ?? 1),
            MemoryFraction = root.Fact("memory_fraction", Dimension.Fraction, 0.1, 1),
            RuntimeReserveBytes = root.Fact("runtime_reserve", Dimension.Bytes),
            HostSecondsPerStep = root.Fact("host_overhead", Dimension.Time),
            RequestOverheadSeconds = root.Fact("request_overhead", Dimension.Time),
            HostSecondsPerSequence = root.OptionalFact("host_per_sequence", Dimension.Time)?.Value ?? 0,
            FrontEndSecondsPerRequest = root.OptionalFact("front_end_per_request", Dimension.Time)?.Value ?? 0,
            FrontEndSecondsPerToken = root.OptionalFact("front_end_per_token", Dimension.Time)?.Value ?? 0,
            BlockScaleSeconds = root.OptionalFact("block_scale_overhead", Dimension.Time)?.Value ?? 0,
            LaunchSecondsPerOperator = root.OptionalFact("launch_per_operator", Dimension.Time)?.Value ?? 0,
            CapturedTokens = (int)(root.OptionalFact("captured_tokens", Dimension.Count)?.Value ?? 0),
            FusesConversion = root.Flag("fuses_conversion"),
            AllReduce = root.Has("all_reduce") ? root.Choice("all_reduce", AllReduceRules) : AllReduceRule.BySize,
            TtftError = root.OptionalFact("ttft_error", Dimension.Fraction, 0, 0.9)?.Value,
            TpotError = root.OptionalFact("tpot_error", Dimension.Fraction, 0, 0.9)?.Value,
            Kernels = root.OptionalMap("kernels") is { } kernels ? EngineKernels.Read(kernels) : EngineKernels.AsCalibrated,
        };
    }
}
