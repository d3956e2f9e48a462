using System.Text.Json;

namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>Feed-forward parts of a config, and which layers have experts.</summary>
internal static class FeedForwardReader
{
    public static bool[] SparseLayers(ConfigMap map, int layers)
    {
        var sparse = new bool[layers];
        if (ExpertCount(map) == 0)
        {
            return sparse;
        }

        IReadOnlyList<JsonElement>? types = map.PerLayer("mlp_layer_types", layers);
        IReadOnlyList<JsonElement>? frequencies = map.PerLayer("moe_layer_freq", layers);
        var dense = new HashSet<int>();
        foreach (JsonElement layer in map.List("mlp_only_layers") ?? [])
        {
            if (layer.ValueKind == JsonValueKind.Number && layer.TryGetInt32(out int index))
            {
                dense.Add(index);
            }
        }

        int first = map.Integer("first_k_dense_replace", 0, 0, ModelLimits.Layers);
        int every = frequencies is null ? map.Integer("moe_layer_freq", 1, 1, ModelLimits.Layers) : 1;
        int step = map.Integer("decoder_sparse_step", map.Integer("interleave_moe_layer_step", 1, 1, ModelLimits.Layers), 1, ModelLimits.Layers);
        for (int i = 0; i < layers; i++)
        {
            sparse[i] = types is not null ? types[i].ValueKind == JsonValueKind.String && types[i].GetString() == "sparse"
                : frequencies is not null ? frequencies[i].ValueKind == JsonValueKind.Number && frequencies[i].GetDouble() != 0
                : i >= first && i % every == 0 && (i + 1) % step == 0 && !dense.Contains(i);
        }

        return sparse;
    }

    public static FeedForward Dense(ConfigMap map, Family family) =>
        new DenseFeedForward(map.SizeOfAny(ModelLimits.Width, map.Has("intermediate_size_mlp") ? "intermediate_size_mlp" : "intermediate_size", "dense_intermediate_size"), family.GatedFeedForward);

    public static FeedForward Experts(ConfigMap map, string type, Family family)
    {
        int experts = ExpertCount(map);
        int size = map.SizeOfAny(ModelLimits.Width, "moe_intermediate_size", "intermediate_size");
        int topK = map.SizeOfAny(ModelLimits.Experts, "num_experts_per_tok", "num_experts_per_token", "top_k_experts", "experts_per_token");
        if (topK > experts)
        {
            map.Report("num_experts_per_tok", $"found {topK}; there are only {experts} experts");
        }

        return new MixtureOfExperts(experts, Math.Min(topK, Math.Max(1, experts)), size, SharedSize(map, type, size), family.GatedFeedForward, family.SharedGate, family.ExpertBiases);
    }

    private static int ExpertCount(ConfigMap map)
    {
        foreach (string key in (string[])["num_experts", "num_local_experts", "n_routed_experts"])
        {
            if (map.Has(key))
            {
                return map.Integer(key, 0, 0, ModelLimits.Experts);
            }
        }

        return 0;
    }

    private static int SharedSize(ConfigMap map, string type, int expertSize)
    {
        switch (type)
        {
            case "llama4_text":
                return map.Size("intermediate_size", ModelLimits.Width);
            case "gemma4_text":
                // The dense part beside the experts sees every token, as a shared expert does.
                return map.Size("intermediate_size", ModelLimits.Width);
            default:
                foreach (string key in (string[])["shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "shared_intermediate_size", "share_expert_dim"])
                {
                    if (map.Has(key))
                    {
                        return map.Integer(key, 0, 0, ModelLimits.Width);
                    }
                }

                return Math.Min(ModelLimits.Width, map.Integer("n_shared_experts", 0, 0, 64) * expertSize);
        }
    }
}
