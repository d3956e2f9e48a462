namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>Parameters of vision towers with their projectors, by make. Each form gives the published checkpoint's count exactly (<c>docs/models.md</c>).</summary>
internal static class VisionTowers
{
    public static long Count(ConfigMap vision, VisionTower make) => make switch
    {
        VisionTower.Qwen => Qwen(vision),
        VisionTower.Kimi => Kimi(vision),
        VisionTower.Gemma => Gemma(vision),
        VisionTower.Llama4 => Llama4(vision),
        _ => 0,
    };

    // Patch embedding (3-D), learned positions, pre-norm blocks with biases, a merger, and one more merger for each deep-stack tap.
    private static long Qwen(ConfigMap v)
    {
        long h = Hidden(v, "hidden_size");
        long patch = v.Size("patch_size", 1024);
        long merged = h * Square(v.Size("spatial_merge_size", 64));
        long projector = Linear(merged, merged) + Linear(merged, Hidden(v, "out_hidden_size"));
        long taps = v.List("deepstack_visual_indexes")?.Count ?? 0;
        return Linear(3L * v.Size("temporal_patch_size", 64) * patch * patch, h) + (v.Size("num_position_embeddings", ModelLimits.Width) * h)
            + (v.Size("depth", ModelLimits.Layers) * Block(h, Hidden(v, "intermediate_size")))
            + (2 * h) + projector + (taps * ((2 * merged) + projector));
    }

    // MoonViT: learned positions on a grid, pre-norm blocks with biases, a last norm, a two-matrix projector.
    private static long Kimi(ConfigMap v)
    {
        long h = Hidden(v, "vt_hidden_size");
        long patch = v.Size("patch_size", 1024);
        long merged = 4 * h;
        return Linear(3 * patch * patch, h) + ((long)v.Size("init_pos_emb_height", 4096) * v.Size("init_pos_emb_width", 4096) * h)
            + (v.Size("vt_num_hidden_layers", ModelLimits.Layers) * Block(h, Hidden(v, "vt_intermediate_size")))
            + (4 * h) + Linear(merged, merged) + Linear(merged, Hidden(v, "text_hidden_size"));
    }

    // Gemma 4: no biases, gated feed-forward, four norms a block and one per head for queries and keys; projected by one matrix.
    private static long Gemma(ConfigMap v)
    {
        long h = Hidden(v, "hidden_size");
        long patch = v.Size("patch_size", 1024);
        long block = (4 * h * h) + (3 * h * Hidden(v, "intermediate_size")) + (4 * h) + (2L * v.Size("head_dim", ModelLimits.Heads));
        return (3 * patch * patch * h) + (2L * v.Size("position_embedding_size", ModelLimits.Width) * h) + (v.Size("num_hidden_layers", ModelLimits.Layers) * block);
    }

    // Llama 4: class token, learned positions, two norms around the blocks, a pixel-shuffle adapter and a projector without biases.
    private static long Llama4(ConfigMap v)
    {
        long h = Hidden(v, "hidden_size");
        long patch = v.Size("patch_size", 1024);
        long positions = Square(v.Size("image_size", 65_536) / Math.Max(1, patch)) + 1;
        long projector = Hidden(v, "projector_output_dim");
        return (3 * patch * patch * h) + h + (positions * h) + (4 * h)
            + (v.Size("num_hidden_layers", ModelLimits.Layers) * Block(h, Hidden(v, "intermediate_size")))
            + (4 * h * Hidden(v, "projector_input_dim")) + (Hidden(v, "projector_input_dim") * projector);
    }

    // The projector into the decoder, whose width the vision config of Gemma and Llama 4 does not state.
    public static long IntoDecoder(ConfigMap vision, VisionTower make, long decoderHidden) => make switch
    {
        VisionTower.Gemma => Hidden(vision, "hidden_size") * decoderHidden,
        VisionTower.Llama4 => Hidden(vision, "vision_output_dim") * decoderHidden,
        _ => 0,
    };

    private static long Hidden(ConfigMap v, string key) => v.Size(key, ModelLimits.Hidden);

    private static long Square(long n) => n * n;

    private static long Linear(long input, long output) => (input * output) + output;

    // Attention and feed-forward with biases between two norms with biases.
    private static long Block(long h, long size) => (4 * Linear(h, h)) + Linear(h, size) + Linear(size, h) + (4 * h);
}
