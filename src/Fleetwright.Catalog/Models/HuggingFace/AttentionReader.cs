using System.Text.Json;

namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>Token mixers of a config, and which layer has which.</summary>
internal static class AttentionReader
{
    public static LayerKind[] Kinds(ConfigMap map, string type, int layers)
    {
        var kinds = new LayerKind[layers];
        if (map.PerLayer("layer_types", layers) is { } types)
        {
            for (int i = 0; i < layers; i++)
            {
                kinds[i] = KindOf(map, types[i]);
            }
        }
        else if (map.PerLayer("hybrid_layer_pattern", layers) is { } pattern)
        {
            Fill(kinds, i => IsOne(pattern[i]) ? LayerKind.Sliding : LayerKind.Full);
        }
        else if (map.PerLayer("indexer_types", layers) is { } indexers)
        {
            Fill(kinds, i => indexers[i].ValueKind == JsonValueKind.String && indexers[i].GetString() == "shared" ? LayerKind.SharedIndex : LayerKind.Full);
        }
        else if (type == "llama4_text" && map.Has("attention_chunk_size"))
        {
            // Layers without rotary positions attend to everything; by default each fourth.
            IReadOnlyList<JsonElement>? rotary = map.List("no_rope_layers") is { Count: > 0 } ? map.PerLayer("no_rope_layers", layers) : null;
            Fill(kinds, i => (rotary is null ? (i + 1) % 4 != 0 : IsOne(rotary[i])) ? LayerKind.Sliding : LayerKind.Full);
        }
        else if (type == "gemma2")
        {
            Fill(kinds, i => i % 2 == 0 ? LayerKind.Sliding : LayerKind.Full);
        }
        else if (type == "gemma3_text")
        {
            int every = map.Integer("sliding_window_pattern", 6, 1, ModelLimits.Layers);
            Fill(kinds, i => (i + 1) % every == 0 ? LayerKind.Full : LayerKind.Sliding);
        }
        else if (type is "mistral" or "ministral" or "mixtral" or "phi3" && map.Has("sliding_window"))
        {
            Fill(kinds, _ => LayerKind.Sliding);
        }
        else if (map.Has("linear_num_value_heads"))
        {
            int every = map.Integer("full_attention_interval", 4, 1, ModelLimits.Layers);
            Fill(kinds, i => (i + 1) % every == 0 ? LayerKind.Full : LayerKind.Linear);
        }

        return kinds;
    }

    public static TokenMixer Mixer(ConfigMap map, string type, Family family, LayerKind kind, int hidden)
    {
        if (kind == LayerKind.Linear)
        {
            return Linear(map);
        }

        if (map.Has("kv_lora_rank"))
        {
            return Latent(map, kind);
        }

        int window = kind == LayerKind.Sliding ? map.SizeOfAny(ModelLimits.Context, type == "llama4_text" ? "attention_chunk_size" : "sliding_window", "sliding_window_size", "attention_chunk_size") : 0;

        // A window as long as the context bounds nothing.
        window = window >= map.Integer("max_position_embeddings", ModelLimits.Context, 1, ModelLimits.Context) ? 0 : window;
        if (map.Integer("num_kv_shared_layers", 0, 0, ModelLimits.Layers) > 0)
        {
            map.Report("num_kv_shared_layers", "layers that share the cache of others are not read");
        }

        if (map.Integer("hidden_size_per_layer_input", 0, 0, ModelLimits.Hidden) > 0)
        {
            map.Report("hidden_size_per_layer_input", "embeddings of their own for each layer are not read");
        }

        return type switch
        {
            "mimo_v2_flash" when kind == LayerKind.Sliding => Swa(map, window),
            "gemma4_text" when kind == LayerKind.Full => GemmaGlobal(map),
            _ => GroupedQuery(map, family, window, hidden),
        };
    }

    public static GroupedQueryAttention GroupedQuery(ConfigMap map, Family family, int window, int hidden = 0)
    {
        int heads = map.Size("num_attention_heads", ModelLimits.Heads);
        int headSize = map.Has("head_dim") ? map.Size("head_dim", ModelLimits.Heads) : map.Has("attention_head_dim") || hidden == 0 ? map.SizeOfAny(ModelLimits.Heads, "attention_head_dim", "head_dim") : Math.Max(1, hidden / heads);
        bool bias = map.Flag("attention_bias");
        return Divides(map, new GroupedQueryAttention(
            heads, map.Integer("num_key_value_heads", heads, 1, ModelLimits.Heads), headSize, map.Integer("v_head_dim", headSize, 1, ModelLimits.Heads), window,
            QkvBias: bias || family.QkvBias, QkNorm: family.QkNorm, OutputGate: family.OutputGate || map.Flag("attention_output_gate"),
            OutputBias: bias && family.BiasCoversOutput, Sinks: family.Sinks || map.Flag("add_full_attention_sink_bias"), QkNormOfAllHeads: family.QkNormOfAllHeads));
    }

    public static StateSpace StateSpace(ConfigMap map) => new(
        map.Size("mamba_num_heads", ModelLimits.Heads), map.Size("mamba_head_dim", ModelLimits.Heads), map.Size("ssm_state_size", ModelLimits.Heads),
        map.Size("n_groups", ModelLimits.Heads), map.SizeOfAny(ModelLimits.Heads, "conv_kernel", "mamba_d_conv"));

    private static LinearAttention Linear(ConfigMap map) => new(
        map.Size("linear_num_key_heads", ModelLimits.Heads), map.Size("linear_num_value_heads", ModelLimits.Heads),
        map.Size("linear_key_head_dim", ModelLimits.Heads), map.Size("linear_value_head_dim", ModelLimits.Heads), map.Size("linear_conv_kernel_dim", ModelLimits.Heads));

    private static LatentAttention Latent(ConfigMap map, LayerKind kind)
    {
        bool sparse = map.Has("index_topk");
        bool indexes = sparse && kind != LayerKind.SharedIndex;
        return new LatentAttention(
            map.Size("num_attention_heads", ModelLimits.Heads), map.Integer("q_lora_rank", 0, 0, ModelLimits.Width), map.Size("kv_lora_rank", ModelLimits.Width),
            map.Size("qk_nope_head_dim", ModelLimits.Heads), map.Size("qk_rope_head_dim", ModelLimits.Heads), map.Size("v_head_dim", ModelLimits.Heads),
            indexes ? map.Size("index_n_heads", ModelLimits.Heads) : 0, indexes ? map.Size("index_head_dim", ModelLimits.Heads) : 0,
            sparse ? map.Size("index_topk", ModelLimits.Context) : 0);
    }

    private static GroupedQueryAttention Swa(ConfigMap map, int window) => Divides(map, new GroupedQueryAttention(
        map.Size("swa_num_attention_heads", ModelLimits.Heads), map.Size("swa_num_key_value_heads", ModelLimits.Heads), map.Size("swa_head_dim", ModelLimits.Heads),
        map.Size("swa_v_head_dim", ModelLimits.Heads), window, Sinks: map.Flag("add_swa_attention_sink_bias")));

    // Gemma 4's full-attention layers have wider and fewer key heads, whose projection makes the values too.
    private static GroupedQueryAttention GemmaGlobal(ConfigMap map)
    {
        int size = map.Size("global_head_dim", ModelLimits.Heads);
        bool keysAreValues = map.Flag("attention_k_eq_v");
        int kvHeads = keysAreValues && map.Has("num_global_key_value_heads") ? map.Size("num_global_key_value_heads", ModelLimits.Heads) : map.Size("num_key_value_heads", ModelLimits.Heads);
        return Divides(map, new GroupedQueryAttention(map.Size("num_attention_heads", ModelLimits.Heads), kvHeads, size, size, QkNorm: true, KeysAreValues: keysAreValues));
    }

    private static GroupedQueryAttention Divides(ConfigMap map, GroupedQueryAttention attention)
    {
        if (attention.Heads % attention.KvHeads != 0)
        {
            map.Report("num_key_value_heads", $"found {attention.KvHeads}; must divide the {attention.Heads} heads");
        }

        return attention;
    }

    private static LayerKind KindOf(ConfigMap map, JsonElement type)
    {
        switch (type.ValueKind == JsonValueKind.String ? type.GetString() : null)
        {
            case "full_attention":
                return LayerKind.Full;
            case "sliding_attention" or "chunked_attention":
                return LayerKind.Sliding;
            case "linear_attention":
                return LayerKind.Linear;
            default:
                map.Report("layer_types", $"found {type.GetRawText()}; allowed: full_attention, sliding_attention, chunked_attention, linear_attention");
                return LayerKind.Full;
        }
    }

    private static bool IsOne(JsonElement json) => json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double value) && value == 1;

    private static void Fill(LayerKind[] kinds, Func<int, LayerKind> of)
    {
        for (int i = 0; i < kinds.Length; i++)
        {
            kinds[i] = of(i);
        }
    }
}
