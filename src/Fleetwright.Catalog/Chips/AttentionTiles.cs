namespace Fleetwright.Catalog.Chips;

/// <summary>
/// The attention kernel that coefficients belong to: how it cuts queries and caches into blocks, whether it skips blocks outside a window and how it
/// splits a long cache. Rules and sources: docs/hardware.md, "Attention kernels".
/// </summary>
public enum AttentionTiles : byte
{
    /// <summary>Blocks of 128 queries of one head by 128 cached tokens; a cache is split as far as it pays. For chips whose kernels are not known.</summary>
    Generic,

    /// <summary>FlashAttention-2 on a paged cache (Ampere, Ada, RTX Blackwell).</summary>
    FlashAttention2,

    /// <summary>FlashAttention-3 (Hopper, head sizes to 256).</summary>
    FlashAttention3,

    /// <summary>FlashAttention-4 (Hopper, head size 512).</summary>
    FlashAttention4,

    /// <summary>TensorRT-LLM's generated kernels through FlashInfer (data-centre Blackwell).</summary>
    TensorRtLlm,

    /// <summary>The unified Triton kernel of vLLM, where no other kernel takes the head size and format.</summary>
    Triton,

    /// <summary>vLLM's kernels for Intel Xe2.</summary>
    Xe2,

    /// <summary>The Triton kernel of vLLM for decoding on the compressed cache of latent attention (Ampere).</summary>
    TritonLatent,
}

/// <summary>Names of <see cref="AttentionTiles"/> in files.</summary>
public static class AttentionTilesNames
{
    /// <summary>Name and value, the default first.</summary>
    public static IReadOnlyList<(string Name, AttentionTiles Value)> All { get; } =
    [
        ("generic", AttentionTiles.Generic),
        ("flash-attention-2", AttentionTiles.FlashAttention2),
        ("flash-attention-3", AttentionTiles.FlashAttention3),
        ("flash-attention-4", AttentionTiles.FlashAttention4),
        ("tensorrt-llm", AttentionTiles.TensorRtLlm),
        ("triton", AttentionTiles.Triton),
        ("xe2", AttentionTiles.Xe2),
        ("triton-latent", AttentionTiles.TritonLatent),
    ];

    /// <summary>The name in files.</summary>
    public static string Name(this AttentionTiles tiles) => All[(int)tiles].Name;
}
