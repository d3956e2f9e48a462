using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured attention: the operator it is, and its seconds.</summary>
internal readonly record struct AttentionRow(Operator Op, double Seconds);

/// <summary>Reads, filters and fits measured prefill and decode attention.</summary>
internal static class AttentionFit
{
    private static readonly Parameter[] ContextParameters =
    [
        new(1e-5, 1e-6, 2e-4), // overhead
        new(0.65, 0.1, 1), // matrix efficiency
        new(0.3, 0.001, 2), // head size exponent
        new(0.5, 0.001, 2), // tail
        new(1e-6, 1e-8, 2e-5), // tile latency
        new(0.8, 0.2, 1.05), // memory efficiency
    ];

    private static readonly Parameter[] DecodeParameters =
    [
        new(1e-5, 1e-6, 2e-4), // overhead
        new(0.85, 0.2, 1.05), // memory efficiency
        new(2, 0.5, 20), // core bandwidth
        new(1e-6, 1e-8, 2e-5), // tile latency
        new(2e-7, 1e-9, 2e-5), // join latency
        new(0.2, 0.005, 1), // matrix efficiency
    ];

    /// <summary>Reads a table of attention kernels with 16-bit products and a cache in <paramref name="cache"/>, without the defective rows.</summary>
    public static List<AttentionRow> Read(string path, string cache, Chip chip, out int dropped)
    {
        if (!Dtypes.TryParse(cache, out Dtype format))
        {
            throw new ArgumentException($"no number format is called '{cache}'", nameof(cache));
        }

        KernelTable table = KernelTable.Read(path);
        bool decode = Path.GetFileName(path).StartsWith("generation", StringComparison.Ordinal);
        HashSet<string> main = MainKernels(table);
        var rows = new List<AttentionRow>();
        dropped = 0;
        foreach (string[] row in table.Rows)
        {
            if (table.Text(row, "attn_dtype") != "bfloat16" || table.Text(row, "kv_cache_dtype") != cache)
            {
                continue;
            }

            double seconds = table.Number(row, "latency_ms") * 1e-3;
            int headSize = (int)table.Number(row, "head_dim");
            Operator op = Operator.Attention(
                table.Number(row, "batch_size"),
                table.Number(row, "isl"),
                table.Number(row, "step"),
                (int)table.Number(row, "num_heads"),
                (int)table.Number(row, "num_key_value_heads"),
                headSize,
                headSize,
                (int)table.Number(row, "window_size", 0),
                Dtype.Bf16,
                format);
            bool abovePeak = op.MatrixFlops / seconds > 1.05 * chip.MatrixRates[Dtype.Bf16];
            bool aboveBandwidth = op.MemoryBytes > 512e6 && op.MemoryBytes / seconds > 1.3 * chip.MemoryBandwidth;
            bool otherKernel = !main.Contains(table.Text(row, "kernel_source")) || (op.QueryTokens <= 1) != decode;
            if (otherKernel || seconds <= 0 || abovePeak || aboveBandwidth)
            {
                dropped++;
                continue;
            }

            rows.Add(new AttentionRow(op, seconds));
        }

        return rows;
    }

    // Kernels behind a tenth of the rows or more; the rest are fall-backs for odd head sizes.
    private static HashSet<string> MainKernels(KernelTable table) =>
        [.. table.Rows.GroupBy(r => table.Text(r, "kernel_source"), StringComparer.Ordinal).Where(g => g.Count() * 10 >= table.Rows.Count).Select(g => g.Key)];

    public static ContextAttentionCoefficients Context(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<AttentionRow>> rows, Func<int, int>? leaveOut, int evaluations)
    {
        (double[] values, FitQuality quality) = Fit.CrossValidated(
            rows,
            ContextParameters,
            v => chips.Select(c => new ContextAttentionModel(BuildContext(v), c.MatrixRates[Dtype.Bf16], c.Cores, c.MemoryBandwidth)).ToArray(),
            (models, r) => ContextSeconds(models[r.Chip], r.Row),
            r => r.Row.Seconds,
            r => leaveOut is null ? Group(r.Row) : leaveOut(r.Chip),
            r => (r.Chip * 100) + (int)Math.Log2(r.Row.Op.MatrixFlops),
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            evaluations);
        return BuildContext(values) with { Quality = quality };
    }

    public static DecodeAttentionCoefficients Decode(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<AttentionRow>> rows, Func<int, int>? leaveOut, int evaluations)
    {
        (double[] values, FitQuality quality) = Fit.CrossValidated(
            rows,
            DecodeParameters,
            v => chips.Select(c => new DecodeAttentionModel(BuildDecode(v), c.MatrixRates[Dtype.Bf16], c.Cores, c.MemoryBandwidth)).ToArray(),
            (models, r) => DecodeSeconds(models[r.Chip], r.Row),
            r => r.Row.Seconds,
            r => leaveOut is null ? Group(r.Row) : leaveOut(r.Chip),
            r => (r.Chip * 100) + (int)Math.Log2(r.Row.Op.MemoryBytes),
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            evaluations);
        return BuildDecode(values) with { Quality = quality };
    }

    internal static double ContextSeconds(ContextAttentionModel model, AttentionRow row) =>
        model.Overhead + Math.Max(model.MatrixSeconds(row.Op), model.MemorySeconds(row.Op.MemoryBytes));

    internal static double DecodeSeconds(DecodeAttentionModel model, AttentionRow row) =>
        model.Overhead + Math.Max(model.MatrixSeconds(row.Op.MatrixFlops), model.MemorySeconds(row.Op));

    private static ContextAttentionCoefficients BuildContext(double[] v) => new()
    {
        Overhead = v[0],
        MatrixEfficiency = v[1],
        HeadSizeExponent = v[2],
        Tail = v[3],
        TileLatency = v[4],
        MemoryEfficiency = v[5],
    };

    private static DecodeAttentionCoefficients BuildDecode(double[] v) => new()
    {
        Overhead = v[0],
        MemoryEfficiency = v[1],
        CoreBandwidth = v[2],
        TileLatency = v[3],
        JoinLatency = v[4],
        MatrixEfficiency = v[5],
    };

    // Shapes of heads are left out whole.
    private static int Group(AttentionRow row) => (row.Op.Heads * 7919) + (row.Op.KvHeads * 31) + row.Op.HeadSize + (row.Op.Window * 13);
}
