namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>What a <c>model_type</c> means beyond the sizes in its config: parts that the modelling code has without a key to say so.</summary>
internal sealed record Family
{
    /// <summary>Queries, keys and values have biases whatever <c>attention_bias</c> says.</summary>
    public bool QkvBias { get; init; }

    /// <summary><c>attention_bias</c> covers the output projection as well.</summary>
    public bool BiasCoversOutput { get; init; } = true;

    /// <summary>Queries and keys are normalised per head, with weights.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Whether those norms are taken over all heads together.</summary>
    public bool QkNormOfAllHeads { get; init; }

    public bool OutputGate { get; init; }

    public bool Sinks { get; init; }

    public bool ExpertBiases { get; init; }

    /// <summary>The shared expert has a scalar gate.</summary>
    public bool SharedGate { get; init; }

    public bool GatedFeedForward { get; init; } = true;

    public int NormsPerPart { get; init; } = 1;

    public bool TiedByDefault { get; init; }

    public VisionTower Vision { get; init; }

    /// <summary>Every family that is read, by <c>model_type</c> of the decoder (<c>text_config</c> where there is one).</summary>
    public static IReadOnlyDictionary<string, Family> All { get; } = new Dictionary<string, Family>(StringComparer.Ordinal)
    {
        ["llama"] = new(),
        ["mistral"] = new(),
        ["mixtral"] = new(),
        ["ministral"] = new(),
        ["granite"] = new(),
        ["phi3"] = new(),
        ["smollm3"] = new(),
        ["olmo2"] = new() { QkNorm = true },
        ["qwen2"] = new() { QkvBias = true },
        ["qwen2_moe"] = new() { QkvBias = true, SharedGate = true },
        ["qwen3"] = new() { QkNorm = true },
        ["qwen3_moe"] = new() { QkNorm = true },
        ["qwen3_vl_text"] = new() { QkNorm = true, Vision = VisionTower.Qwen },
        ["qwen3_vl_moe_text"] = new() { QkNorm = true, Vision = VisionTower.Qwen },
        ["qwen3_next"] = new() { QkNorm = true, OutputGate = true, SharedGate = true },
        ["qwen3_5_text"] = new() { QkNorm = true, OutputGate = true, SharedGate = true, Vision = VisionTower.Qwen },
        ["qwen3_5_moe_text"] = new() { QkNorm = true, OutputGate = true, SharedGate = true, Vision = VisionTower.Qwen },
        ["gemma2"] = new() { NormsPerPart = 2, TiedByDefault = true },
        ["gemma3_text"] = new() { QkNorm = true, NormsPerPart = 2, TiedByDefault = true },
        ["gemma4_text"] = new() { QkNorm = true, NormsPerPart = 2, TiedByDefault = true, Vision = VisionTower.Gemma },
        ["llama4_text"] = new() { Vision = VisionTower.Llama4 },
        ["gpt_oss"] = new() { Sinks = true, ExpertBiases = true },
        ["mimo"] = new() { BiasCoversOutput = false },
        ["mimo_v2_flash"] = new(),
        ["minimax_m2"] = new() { QkNorm = true, QkNormOfAllHeads = true },
        ["step3p7"] = new(),
        ["deepseek_v2"] = new(),
        ["deepseek_v3"] = new(),
        ["deepseek_v32"] = new(),
        ["kimi_k2"] = new() { Vision = VisionTower.Kimi },
        ["glm_moe_dsa"] = new(),
        ["nemotron"] = new() { GatedFeedForward = false },
        ["nemotron-nas"] = new(),
        ["nemotron_h"] = new() { GatedFeedForward = false },
    };

    /// <summary>Families that are known and cannot be described by a <see cref="ModelSpec"/>, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> Refused { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["deepseek_v4"] = CompressedAttention,
        ["deepseek_ref"] = CompressedAttention,
        ["minimax_m3"] = "its block-sparse attention (sparse_attention_config) has an indexer whose matrices the config does not state",
        ["kimi_linear"] = "its experts work at a width of their own (routed_expert_hidden_size), its delta attention gates each channel, and layers attend to earlier layers (attn_res_block_size); none of these can be described yet",
    };

    private const string CompressedAttention =
        "its attention compresses the cache along the sequence (compress_ratios), shares one key and value head, projects outputs in groups (o_groups) and keeps several residual streams (hc_mult); none of these can be described yet";
}

/// <summary>The make of a vision tower, which says how to count it.</summary>
internal enum VisionTower
{
    None,
    Qwen,
    Kimi,
    Gemma,
    Llama4,
}
