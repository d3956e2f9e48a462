using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Models;

/// <summary>Reads <c>catalog/models/*.yaml</c>.</summary>
public static class ModelReader
{
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
            Fp8Block = root.OptionalFact("fp8_block", Dimension.Count, 128, 128),
            HiddenSize = language ? Size(root, "hidden_size", ModelLimits.Hidden) : 0,
            VocabularySize = language ? Size(root, "vocabulary_size", ModelLimits.Vocabulary) : 0,
            MaximumContext = language ? Size(root, "maximum_context", ModelLimits.Context) : 0,
            TiedEmbeddings = root.Flag("tied_embeddings"),
            LearnedPositions = (int)root.Integer("learned_positions", 0, 0, ModelLimits.Width),
            Biases = root.Flag("biases"),
            NormsPerPart = (int)root.Integer("norms_per_part", 1, 1, 2),
            EncoderParameters = (long)(root.OptionalQuantity("encoder_parameters", Dimension.Count, 0, 1e15) ?? 0),
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
        new(Size(map, "count", ModelLimits.Layers), ReadMixer(map.Map("mixer")), ReadFeedForward(map.Map("feed_forward")));

    private static TokenMixer ReadMixer(YamlMap map)
    {
        switch (map.Choice("kind", [("gqa", 0), ("mla", 1), ("linear", 2), ("ssm", 3), ("none", 4)]))
        {
            case 0:
                int heads = Size(map, "heads", ModelLimits.Heads);
                int headSize = Size(map, "head_size", ModelLimits.Heads);
                int kvHeads = (int)map.Integer("kv_heads", heads, 1, ModelLimits.Width);
                if (kvHeads > 0 && heads % kvHeads != 0)
                {
                    map.Report("kv_heads", $"found {kvHeads}; must divide the {heads} heads");
                }

                return new GroupedQueryAttention(
                    heads, kvHeads, headSize, (int)map.Integer("value_head_size", headSize, 1, ModelLimits.Heads), (int)map.Integer("window", 0, 0, int.MaxValue),
                    map.Flag("qkv_bias"), map.Flag("qk_norm"), map.Flag("output_gate"), map.Flag("output_bias"), map.Flag("sinks"), map.Flag("keys_are_values"), map.Flag("qk_norm_of_all_heads"));
            case 1:
                return new LatentAttention(
                    Size(map, "heads", ModelLimits.Heads), (int)map.Integer("query_rank", 0, 0, ModelLimits.Width), Width(map, "kv_rank"), Size(map, "nope_head_size", ModelLimits.Heads), Size(map, "rope_head_size", ModelLimits.Heads), Size(map, "value_head_size", ModelLimits.Heads),
                    (int)map.Integer("index_heads", 0, 0, ModelLimits.Heads), (int)map.Integer("index_head_size", 0, 0, ModelLimits.Heads), (int)map.Integer("index_top_k", 0, 0, ModelLimits.Width));
            case 2:
                return new LinearAttention(Size(map, "key_heads", ModelLimits.Heads), Size(map, "value_heads", ModelLimits.Heads), Size(map, "key_head_size", ModelLimits.Heads), Size(map, "value_head_size", ModelLimits.Heads), Size(map, "convolution_size", ModelLimits.Heads));
            case 3:
                return new StateSpace(Size(map, "heads", ModelLimits.Heads), Size(map, "head_size", ModelLimits.Heads), Size(map, "state_size", ModelLimits.Heads), Size(map, "groups", ModelLimits.Heads), Size(map, "convolution_size", ModelLimits.Heads));
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
                int experts = Size(map, "experts", ModelLimits.Experts);
                return new MixtureOfExperts(
                    experts, (int)map.Integer("top_k", 1, Math.Max(1, experts)), Width(map, "expert_size"), (int)map.Integer("shared_size", 0, 0, ModelLimits.Width),
                    map.Flag("gated", true), map.Flag("shared_gate"), map.Flag("expert_biases"));
            default:
                return new NoFeedForward();
        }
    }

    private static RankingSpec ReadRanking(YamlMap map) =>
        new(map.Integer("tables", 1, ModelLimits.Tables), map.Integer("rows_per_table", 1, ModelLimits.RowsPerTable), Size(map, "embedding_size", ModelLimits.EmbeddingSize), map.Quantity("pooling", Dimension.Count, 0.01, 1e6),
            Width(map, "dense_features"), Widths(map, "bottom_layers"), Widths(map, "top_layers"), map.Dtype("embedding_dtype", Dtype.Fp16),
            (int)map.Integer("cross_layers", 0, 0, 100), (int)map.Integer("cross_rank", 0, 0, ModelLimits.Width));

    private static int Width(YamlMap map, string key) => Size(map, key, ModelLimits.Width);

    private static int Size(YamlMap map, string key, int maximum) => (int)map.Integer(key, 1, maximum);

    private static int[] Widths(YamlMap map, string key)
    {
        var widths = new List<int>();
        foreach (string text in map.Texts(key))
        {
            if (int.TryParse(text, out int width) && width is > 0 and <= ModelLimits.Width)
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
