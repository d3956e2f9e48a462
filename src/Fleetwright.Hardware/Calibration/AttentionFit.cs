using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured attention: the operator it is, the kernel that ran, and its seconds.</summary>
internal readonly record struct AttentionRow(Operator Op, string Kernel, double Seconds);

/// <summary>Reads and filters measured prefill and decode attention.</summary>
internal static class AttentionFit
{
    /// <summary>
    /// Reads a table of attention kernels with 16-bit products and a cache in <paramref name="cache"/>, without the defective rows:
    /// those above 1.05 × the chip's peak, and those above 1.3 × its bandwidth on more than 512 MB.
    /// </summary>
    public static List<AttentionRow> Read(string path, string cache, Chip chip, out int dropped)
    {
        if (!Dtypes.TryParse(cache, out Dtype format))
        {
            throw new ArgumentException($"no number format is called '{cache}'", nameof(cache));
        }

        CsvTable table = CsvTable.Read(path);
        var rows = new List<AttentionRow>();
        dropped = 0;
        foreach (CsvRow row in table.Rows)
        {
            if (row["attn_dtype"] != "bfloat16" || row["kv_cache_dtype"] != cache)
            {
                continue;
            }

            double seconds = row.Number("latency_ms") * 1e-3;
            int headSize = (int)row.Number("head_dim");
            Operator op = Operator.Attention(
                row.Number("batch_size"),
                row.Number("isl"),
                row.Number("step"),
                (int)row.Number("num_heads"),
                (int)row.Number("num_key_value_heads"),
                headSize,
                headSize,
                (int)row.NumberOr(0, "window_size"),
                Dtype.Bf16,
                format);
            bool abovePeak = op.MatrixFlops / seconds > 1.05 * chip.MatrixRates[Dtype.Bf16];
            bool aboveBandwidth = op.MemoryBytes > 512e6 && op.MemoryBytes / seconds > 1.3 * chip.MemoryBandwidth;
            if (seconds <= 0 || abovePeak || aboveBandwidth)
            {
                dropped++;
                continue;
            }

            rows.Add(new AttentionRow(op, row["kernel_source"], seconds));
        }

        return rows;
    }

    /// <summary>Head size of DeepSeek's compressed cache, whose kernels the tables time: rank 512 and 64 rotated elements.</summary>
    public const int LatentSize = 576;

    private const int LatentRank = 512;

    // Calls that the host starts one by one scatter by a tenth; one that takes this many times as long as a larger call was held up.
    private const double HeldUp = 1.5;

    /// <summary>
    /// Reads a table of decoding on the compressed cache of latent attention, without the defective rows: those that took more than 1.5 times as long as a
    /// call of as many heads with no fewer sequences and tokens (the host was held up, by milliseconds). None when there is no such table.
    /// </summary>
    public static List<AttentionRow> ReadLatentDecode(string path, out int dropped)
    {
        var rows = new List<AttentionRow>();
        dropped = 0;
        if (!File.Exists(path))
        {
            return rows;
        }

        CsvTable table = CsvTable.Read(path);
        foreach (CsvRow row in table.Rows)
        {
            double seconds = row.Number("latency_ms") * 1e-3;
            double sequences = row.Number("batch_size"), past = row.Number("step");
            Operator op = Operator.Attention(sequences, 1, past, (int)row.Number("num_heads"), 1, LatentSize, LatentRank, 0, Dtype.Bf16, Dtype.Bf16);

            // The value is a part of the key and is read once.
            op = op with { CacheBytes = sequences * (past + 1) * LatentSize * Dtype.Bf16.Bytes() };
            rows.Add(new AttentionRow(op, row["kernel_source"], seconds));
        }

        List<AttentionRow> sound = rows.FindAll(r => !rows.Exists(l => l.Op.Heads == r.Op.Heads && l.Op.Sequences >= r.Op.Sequences && l.Op.ContextTokens >= r.Op.ContextTokens && r.Seconds > HeldUp * l.Seconds));
        dropped = rows.Count - sound.Count;
        return sound;
    }

    /// <summary>The kernel behind the tiles of a table's rows.</summary>
    public static AttentionTiles TilesOf(string kernel, Chip chip) => kernel switch
    {
        "vllm_flash_attn_fa3" => AttentionTiles.FlashAttention3,
        "vllm_flash_attn_fa4" => AttentionTiles.FlashAttention4,
        "vllm_flashinfer_trtllmprefill" or "vllm_flashinfer_trtllmdecode" => AttentionTiles.TensorRtLlm,
        "vllm_triton_attn" => AttentionTiles.Triton,
        "vllm_triton_mla" => AttentionTiles.TritonLatent,
        "vllm_flash_attn" => chip.Vendor == "Intel" ? AttentionTiles.Xe2 : AttentionTiles.FlashAttention2,
        _ => AttentionTiles.Generic,
    };

    /// <summary>The kernel behind most rows.</summary>
    public static string MainKernel(IEnumerable<AttentionRow> rows) =>
        rows.GroupBy(r => r.Kernel, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).First().Key;

    // Shapes of heads are left out whole; of latent attention, whose only shape is the number of heads (and one head runs another kernel), heads with a number of sequences.
    internal static int Group(in Operator op) => (op.Heads * 7919) + (op.KvHeads * 31) + op.HeadSize + (op.Window * 13) + (op.HeadSize == LatentSize ? (int)op.Sequences * 101 : 0);
}
