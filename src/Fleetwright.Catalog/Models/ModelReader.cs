using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Models;

/// <summary>Reads <c>catalog/models/*.yaml</c>.</summary>
public static class ModelReader
{
    private const int MaximumWidth = 10_000_000;

    /// <summary>Reads a model.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static ModelSpec Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap? ranking = root.OptionalMap("ranking");
        bool language = ranking is null;
        var spec = new ModelSpec
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = [.. root.Texts("aliases"), .. root.Texts("hugging_face")],
            Vendor = root.Text("vendor"),
            PublishedParameters = root.OptionalFact("parameters", Dimension.Count, 1),
            PublishedActiveParameters = root.OptionalFact("active_parameters", Dimension.Count, 1),
            NativeDtype = root.Dtype("native_dtype", Dtype.Bf16),
            HiddenSize = language ? Width(root, "hidden_size") : 0,
            VocabularySize = language ? Width(root, "vocabulary_size") : 0,
            MaximumContext = language ? Width(root, "maximum_context") : 0,
            TiedEmbeddings = root.Flag("tied_embeddings"),
            LearnedPositions = (int)root.Integer("learned_positions", 0, 0, MaximumWidth),
            Biases = root.Flag("biases"),
            NormsPerPart = (int)root.Integer("norms_per_part", 1, 1, 2),
            EncoderParameters = (long)(root.OptionalQuantity("encoder_parameters", Dimension.Count) ?? 0),
            Layers = language ? [.. root.Maps("layers").Select(ReadLayers)] : [],
            Ranking = ranking is null ? null : ReadRanking(ranking),
        };
        if (language && spec.Layers.Count == 0)
        {
            root.Report("layers", "needs at least one group of layers");
        }

        return spec;
    }

    private static LayerGroup ReadLayers(YamlMap map) =>
        new((int)map.Integer("count", 1, 100_000), ReadMixer(map.Map("mixer")), ReadFeedForward(map.Map("feed_forward")));

    private static TokenMixer ReadMixer(YamlMap map)
    {
        switch (map.Choice("kind", [("gqa", 0), ("mla", 1), ("linear", 2), ("ssm", 3), ("none", 4)]))
        {
            case 0:
                int heads = Width(map, "heads");
                int headSize = Width(map, "head_size");
                int kvHeads = (int)map.Integer("kv_heads", heads, 1, MaximumWidth);
                if (kvHeads > 0 && heads % kvHeads != 0)
                {
                    map.Report("kv_heads", $"found {kvHeads}; must divide the {heads} heads");
                }

                return new GroupedQueryAttention(
                    heads, kvHeads, headSize, (int)map.Integer("value_head_size", headSize, 1, MaximumWidth), (int)map.Integer("window", 0, 0, int.MaxValue),
                    map.Flag("qkv_bias"), map.Flag("qk_norm"), map.Flag("output_gate"), map.Flag("output_bias"), map.Flag("sinks"), map.Flag("keys_are_values"));
            case 1:
                return new LatentAttention(
                    Width(map, "heads"), (int)map.Integer("query_rank", 0, 0, MaximumWidth), Width(map, "kv_rank"), Width(map, "nope_head_size"), Width(map, "rope_head_size"), Width(map, "value_head_size"),
                    (int)map.Integer("index_heads", 0, 0, MaximumWidth), (int)map.Integer("index_head_size", 0, 0, MaximumWidth), (int)map.Integer("index_top_k", 0, 0, MaximumWidth));
            case 2:
                return new LinearAttention(Width(map, "key_heads"), Width(map, "value_heads"), Width(map, "key_head_size"), Width(map, "value_head_size"), Width(map, "convolution_size"));
            case 3:
                return new StateSpace(Width(map, "heads"), Width(map, "head_size"), Width(map, "state_size"), Width(map, "groups"), Width(map, "convolution_size"));
            default:
                return new NoMixer();
        }
    }

    private static FeedForward ReadFeedForward(YamlMap map)
    {
        switch (map.Choice("kind", [("dense", 0), ("moe", 1), ("none", 2)]))
        {
            case 0:
                return new DenseFeedForward(Width(map, "size"), map.Flag("gated", true));
            case 1:
                int experts = Width(map, "experts");
                return new MixtureOfExperts(
                    experts, (int)map.Integer("top_k", 1, Math.Max(1, experts)), Width(map, "expert_size"), (int)map.Integer("shared_size", 0, 0, MaximumWidth),
                    map.Flag("gated", true), map.Flag("shared_gate"), map.Flag("expert_biases"));
            default:
                return new NoFeedForward();
        }
    }

    private static RankingSpec ReadRanking(YamlMap map) =>
        new(map.Integer("tables", 1), map.Integer("rows_per_table", 1), Width(map, "embedding_size"), map.Quantity("pooling", Dimension.Count, 0.01),
            Width(map, "dense_features"), Widths(map, "bottom_layers"), Widths(map, "top_layers"), map.Dtype("embedding_dtype", Dtype.Fp16),
            (int)map.Integer("cross_layers", 0, 0, 100), (int)map.Integer("cross_rank", 0, 0, MaximumWidth));

    private static int Width(YamlMap map, string key) => (int)map.Integer(key, 1, MaximumWidth);

    private static int[] Widths(YamlMap map, string key)
    {
        var widths = new List<int>();
        foreach (string text in map.Texts(key))
        {
            if (int.TryParse(text, out int width) && width > 0)
            {
                widths.Add(width);
            }
            else
            {
                map.Report(key, $"found '{text}'; allowed: a list of whole numbers of at least 1");
            }
        }

        return [.. widths];
    }
}
