using System.Text.Json;

namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>The layers that a config describes, one by one.</summary>
internal static class LayerReader
{
    public static IReadOnlyList<(TokenMixer Mixer, FeedForward FeedForward)> Read(ConfigMap map, string type, Family family, int hidden)
    {
        int layers = map.Size("num_hidden_layers", ModelLimits.Layers);
        return type switch
        {
            "nemotron_h" => ReadPattern(map, family, layers),
            "nemotron-nas" => ReadBlocks(map, layers, hidden),
            _ => ReadUniform(map, type, family, layers, hidden),
        };
    }

    private static (TokenMixer, FeedForward)[] ReadUniform(ConfigMap map, string type, Family family, int layers, int hidden)
    {
        LayerKind[] kinds = AttentionReader.Kinds(map, type, layers);
        bool[] sparse = FeedForwardReader.SparseLayers(map, layers);
        bool anyDense = sparse.Contains(false);
        FeedForward? dense = anyDense ? FeedForwardReader.Dense(map, family) : null;
        FeedForward? experts = sparse.Contains(true) ? FeedForwardReader.Experts(map, type, family) : null;
        var mixers = new Dictionary<LayerKind, TokenMixer>();
        var read = new (TokenMixer, FeedForward)[layers];
        for (int i = 0; i < layers; i++)
        {
            if (!mixers.TryGetValue(kinds[i], out TokenMixer? mixer))
            {
                mixers[kinds[i]] = mixer = AttentionReader.Mixer(map, type, family, kinds[i], hidden);
            }

            read[i] = (mixer, (sparse[i] ? experts : dense)!);
        }

        return read;
    }

    // Nemotron-H: one part a layer. M is Mamba-2, * attention, - a feed-forward part, E a mixture of experts.
    private static (TokenMixer, FeedForward)[] ReadPattern(ConfigMap map, Family family, int layers)
    {
        string pattern = map.Text("hybrid_override_pattern");
        if (pattern.Length != layers)
        {
            map.Report("hybrid_override_pattern", $"has {pattern.Length} layers; num_hidden_layers says {layers}");
            return [];
        }

        var none = new NoMixer();
        var noFeedForward = new NoFeedForward();
        TokenMixer? mamba = pattern.Contains('M', StringComparison.Ordinal) ? AttentionReader.StateSpace(map) : null;
        TokenMixer? attention = pattern.Contains('*', StringComparison.Ordinal) ? AttentionReader.GroupedQuery(map, family, 0) : null;
        FeedForward? dense = pattern.Contains('-', StringComparison.Ordinal) ? FeedForwardReader.Dense(map, family) : null;
        FeedForward? experts = pattern.Contains('E', StringComparison.Ordinal) ? FeedForwardReader.Experts(map, "nemotron_h", family) : null;
        var read = new (TokenMixer, FeedForward)[layers];
        for (int i = 0; i < layers; i++)
        {
            read[i] = pattern[i] switch
            {
                'M' => (mamba!, noFeedForward),
                '*' => (attention!, noFeedForward),
                '-' => (none, dense!),
                'E' => (none, experts!),
                _ => (none, noFeedForward),
            };
            if (pattern[i] is not ('M' or '*' or '-' or 'E'))
            {
                map.Report("hybrid_override_pattern", $"found '{pattern[i]}'; allowed: M, *, -, E");
                return [];
            }
        }

        return read;
    }

    // Nemotron found by architecture search: every layer states its own attention and width.
    private static (TokenMixer, FeedForward)[] ReadBlocks(ConfigMap map, int layers, int hidden)
    {
        int heads = map.Size("num_attention_heads", ModelLimits.Heads);
        IReadOnlyList<ConfigMap> blocks = map.Maps("block_configs");
        if (blocks.Count != layers)
        {
            map.Report("block_configs", $"has {blocks.Count} layers; num_hidden_layers says {layers}");
            return [];
        }

        var read = new (TokenMixer, FeedForward)[layers];
        for (int i = 0; i < layers; i++)
        {
            read[i] = (BlockMixer(blocks[i], heads, hidden), BlockFeedForward(blocks[i], hidden));
        }

        return read;
    }

    private static TokenMixer BlockMixer(ConfigMap block, int heads, int hidden)
    {
        if (block.Map("attention") is not { } attention || attention.Flag("no_op"))
        {
            return new NoMixer();
        }

        if (attention.Flag("replace_with_linear"))
        {
            attention.Report("replace_with_linear", "attention replaced by a matrix is not read");
        }

        int group = attention.Size("n_heads_in_group", heads);
        return new GroupedQueryAttention(heads, Math.Max(1, heads / group), hidden / heads, hidden / heads, attention.Integer("window_length", 0, 0, ModelLimits.Context));
    }

    // The width is 2/3 · multiple · hidden, rounded up to a multiple of 256 (DeciLM's modelling code).
    private static FeedForward BlockFeedForward(ConfigMap block, int hidden)
    {
        if (block.Map("ffn") is not { } ffn || ffn.Flag("no_op"))
        {
            return new NoFeedForward();
        }

        if (ffn.Flag("replace_with_linear"))
        {
            ffn.Report("replace_with_linear", "a feed-forward part replaced by a matrix is not read");
        }

        double multiple = ffn.Number("ffn_mult", 0.001, 100);
        int size = (int)(2 * multiple * hidden / 3);
        return new DenseFeedForward(Math.Clamp((size + 255) / 256 * 256, 1, ModelLimits.Width));
    }
}

/// <summary>Which of a model's mixers a layer has.</summary>
internal enum LayerKind
{
    /// <summary>Attention to everything before.</summary>
    Full,

    /// <summary>Attention within a window or chunk.</summary>
    Sliding,

    /// <summary>Linear attention.</summary>
    Linear,

    /// <summary>Sparse attention by what an earlier layer's indexer chose.</summary>
    SharedIndex,
}
