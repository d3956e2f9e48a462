using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Kernels;

/// <summary>How attention kernels cut queries and caches into blocks. Sources: docs/hardware.md, "Attention kernels".</summary>
internal static class AttentionBlocks
{
    /// <summary>Query rows of a tile, and cached tokens of a block, in prefill.</summary>
    public static (int Rows, int Columns) OfPrefill(AttentionTiles tiles, int headSize, bool windowed, bool narrowCache, int group) => tiles switch
    {
        AttentionTiles.FlashAttention2 => (64, FlashAttention2Columns(headSize)),
        AttentionTiles.FlashAttention3 => (headSize <= 64 ? 192 : 128, FlashAttention3Columns(headSize, windowed, narrowCache)),
        AttentionTiles.FlashAttention4 => (64, 64),
        AttentionTiles.Triton => (TritonRows(group), 32),
        AttentionTiles.Xe2 => (headSize <= 64 ? 128 : 256, 32),
        _ => (128, 128),
    };

    /// <summary>Query rows of a tile, and cached tokens of a block, in decoding; 1 token where the kernel is not known.</summary>
    public static (int Rows, int Columns) OfDecode(AttentionTiles tiles, int headSize, bool windowed, bool narrowCache) => tiles switch
    {
        AttentionTiles.Generic => (int.MaxValue, 1),
        AttentionTiles.FlashAttention2 => (64, FlashAttention2Columns(headSize)),
        AttentionTiles.FlashAttention3 => (headSize <= 64 ? 192 : 128, FlashAttention3Columns(headSize, windowed, narrowCache)),
        AttentionTiles.FlashAttention4 => (int.MaxValue, 64),
        AttentionTiles.Triton => (128, 32),
        AttentionTiles.Xe2 => (int.MaxValue, 64),
        AttentionTiles.TritonLatent => (16, 32),
        _ => (128, 128),
    };

    /// <summary>Whether the query heads that share a KV head fill a tile together.</summary>
    public static bool PacksGroups(AttentionTiles tiles) => tiles is AttentionTiles.FlashAttention3 or AttentionTiles.Triton;

    /// <summary>Whether blocks outside a window are skipped in prefill.</summary>
    public static bool SkipsOutsideWindow(AttentionTiles tiles) => tiles is not AttentionTiles.Xe2;

    private static int FlashAttention2Columns(int headSize) => headSize <= 64 ? 256 : headSize <= 128 ? 128 : 64;

    private static int FlashAttention3Columns(int headSize, bool windowed, bool narrowCache) => narrowCache
        ? headSize <= 128 ? 160 : headSize <= 192 ? (windowed ? 128 : 160) : (windowed ? 64 : 128)
        : headSize <= 128 ? 128 : headSize <= 192 ? 96 : (windowed ? 64 : 80);

    private static int TritonRows(int group)
    {
        int rows = 16;
        while (rows < group)
        {
            rows *= 2;
        }

        return rows;
    }
}
