using System.Globalization;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Experts;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured layer of experts.</summary>
/// <param name="Kernel">The kernel that ran.</param>
/// <param name="Layer">What it did on the timed rank.</param>
/// <param name="ActivationBytes">Bytes of the activation between the products.</param>
/// <param name="Table">The row as the table has it.</param>
/// <param name="Seconds">Measured time.</param>
internal readonly record struct ExpertRow(ExpertKernel Kernel, ExpertLayer Layer, double ActivationBytes, ExpertTableRow Table, double Seconds);

/// <summary>
/// Reads and fits measured layers of experts, kernel by kernel. A row is one call of a fused layer: routing, up, activation, down, sum. A step
/// prices the activation as an operator of its own, so the fit adds it at the price that element-wise operators have.
/// </summary>
internal static class ExpertFit
{
    // Evenly strided over a kernel's rows, so that rows weigh as the tables have them.
    private const int MostRows = 1000;

    // Below this many model shapes, ways to cut one are left out instead (tensor- and expert-parallel ranks).
    private const int FewShapes = 4;

    private static readonly Parameter[] Parameters =
    [
        new(1.5e-5, 1e-7, 4e-4), // overhead
        new(3e-6, 1e-8, 2e-4), // spread overhead
        new(5e-7, 1e-9, 2e-5), // sort latency
        new(0.6, 0.05, 1.2), // matrix efficiency
        new(0.85, 0.2, 1.1), // memory efficiency
        new(0.4, 0.01, 1.5), // small-tile exponent
        new(2, 0.3, 20), // core bandwidth
        new(1e-6, 5e-8, 3e-5), // tile latency
        new(0.2, 0.001, 1), // overlap loss
        new(1, 0.01, 20), // conversion
        new(1, 0.01, 20), // routing
        new(0.5, 0.01, 20), // inner routing
        new(0.7, 0.05, 5), // cached share
        new(1, 0.3, 4), // padding
    ];

    /// <summary>Every usable row of a table.</summary>
    public static List<ExpertRow> Read(string path, Chip chip, ExpertLoads loads, out int dropped)
    {
        CsvTable table = CsvTable.Read(path);
        var rows = new List<ExpertRow>(table.Rows.Count);
        dropped = 0;
        foreach (CsvRow fields in table.Rows)
        {
            var row = new ExpertTableRow(
                fields["kernel_source"],
                fields["moe_dtype"],
                (int)fields.Number("num_tokens"),
                (int)fields.Number("hidden_size"),
                (int)fields.Number("inter_size"),
                (int)fields.Number("topk"),
                (int)fields.Number("num_experts"),
                (int)fields.Number("moe_tp_size"),
                (int)fields.Number("moe_ep_size"),
                fields["distribution"]);
            double seconds = fields.Number("latency_ms") * 1e-3;
            var kernel = ExpertKernel.Of(row.KernelSource, row.Format);
            ExpertLoad load = loads.Of(row, kernel);
            ExpertLayer layer = ExpertRowPricer.Layer(row, kernel, load);
            double operations = 2 * layer.Up.Rows * layer.Up.K * (layer.Up.N + layer.Down.K);
            Dtype compute = chip.Supports(kernel.Compute) ? kernel.Compute : Dtype.Bf16;
            if (seconds <= 0 || operations / seconds > 1.02 * chip.MatrixRates[compute])
            {
                dropped++;
                continue;
            }

            rows.Add(new ExpertRow(kernel, layer, layer.Up.Rows * (layer.Up.N + layer.Down.K) * 2, row, seconds));
        }

        return rows;
    }

    /// <summary>The kernel that a step takes for weights of a format: what vLLM runs on one rank (the tables' kernel_source), or TensorRT-LLM for gpt-oss on Blackwell.</summary>
    /// <param name="stored">Format of the weights.</param>
    /// <param name="fitted">The kernels that were fitted.</param>
    public static GroupedProductCoefficients? ForStep(Dtype stored, IReadOnlyDictionary<string, GroupedProductCoefficients> fitted)
    {
        // fp8 is the block-scaled kernel: published fp8 mixtures (DeepSeek, Qwen3, MiniMax, GLM-5, Kimi K2: every one in shared/data/model_configs)
        // have a scale per 128 × 128 block. mxfp4 is gpt-oss's: with 8-bit activations where the matrix unit has mxfp4, with 16 bits elsewhere
        // (TensorRT-LLM deployment guide for GPT-OSS, "MoE Backend Support Matrix").
        string[] preferred = stored switch
        {
            Dtype.Bf16 => ["trtllm-bf16", "triton-bf16", "triton-0.14-bf16", "xpu-bf16"],
            Dtype.Fp8 => ["trtllm-fp8-block", "triton-fp8-block", "cutlass-fp8-block"],
            Dtype.Nvfp4 => ["trtllm-nvfp4", "cutlass-nvfp4"],
            Dtype.Mxfp4 => ["trtllm-modular-mxfp4-mxfp8", "gpt-oss-triton-mxfp4", "xpu-mxfp4"],
            Dtype.Int4 => ["marlin-int4"],
            _ => [],
        };
        string? found = preferred.FirstOrDefault(fitted.ContainsKey);
        return found is null ? null : fitted[found];
    }

    /// <summary>Fits one kernel's rows of one or several chips.</summary>
    /// <param name="chips">The chips.</param>
    /// <param name="rows">Their rows, all of one kernel.</param>
    /// <param name="streaming">The bf16 products, whose overhead and bandwidth element-wise operators have.</param>
    /// <param name="leaveOut">The group of a chip that is left out together; null to leave out shapes.</param>
    /// <param name="evaluations">Most evaluations.</param>
    public static GroupedProductCoefficients Run(IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<ExpertRow>> rows, MatrixProductCoefficients streaming, Func<int, int>? leaveOut, int evaluations)
    {
        ExpertKernel kernel = rows[0].Row.Kernel;
        Parameter[] parameters = [.. Parameters];
        if (kernel.Compute == Dtype.Bf16)
        {
            parameters[9] = new(1e-3, 0.9e-3, 1.1e-3); // 16-bit products convert nothing
        }

        int[] shapes = [.. rows.Select(r => Shape(r.Row.Table)).Distinct().Order()];
        Dictionary<int, int> fold = shapes.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i);
        bool few = shapes.Length < FewShapes;
        double overhead = streaming.Overhead;
        double[] perByte = [.. chips.Select(c => 1 / (c.MemoryBandwidth * Math.Min(1, streaming.MemoryEfficiency)))];
        (double[] values, FitQuality quality) = Fit.CrossValidated(
            rows,
            parameters,
            v => Models(Build(v, kernel), kernel, chips),
            (models, r) => models[r.Chip].Price(r.Row.Layer).Seconds + overhead + (r.Row.ActivationBytes * perByte[r.Chip]),
            r => r.Row.Seconds,
            r => leaveOut is not null ? leaveOut(r.Chip) : few ? (r.Row.Table.TensorParallel * 7) + (r.Row.Table.Ranks * 13) + r.Row.Table.Experts : fold[Shape(r.Row.Table)],
            _ => 0,
            leaveOut is null ? Fit.Folds : chips.Select((_, i) => leaveOut(i)).Distinct().Count(),
            evaluations,
            MostRows);
        return Build(values, kernel) with { Quality = quality with { Range = Quality.Range(rows.SelectMany(r => new[] { Sizes(r.Row.Layer.Up), Sizes(r.Row.Layer.Down) })) } };

        static double[] Sizes(in GroupedProduct product) => [product.Rows / product.Touched, product.N, product.K];
    }

    private static GroupedProductModel[] Models(GroupedProductCoefficients coefficients, ExpertKernel kernel, IReadOnlyList<Chip> chips)
    {
        var models = new GroupedProductModel[chips.Count];
        for (int i = 0; i < models.Length; i++)
        {
            Dtype compute = chips[i].Supports(kernel.Compute) ? kernel.Compute : Dtype.Bf16;
            models[i] = new GroupedProductModel(coefficients, kernel, kernel.Stored, compute, chips[i].MatrixRates[compute], chips[i]);
        }

        return models;
    }

    private static GroupedProductCoefficients Build(double[] v, ExpertKernel kernel) => new()
    {
        Kernel = kernel.Name,
        Overhead = v[0],
        SpreadOverhead = v[1],
        SortLatency = v[2],
        MatrixEfficiency = v[3],
        MemoryEfficiency = v[4],
        SmallTileExponent = v[5],
        CoreBandwidth = v[6],
        TileLatency = v[7],
        OverlapLoss = v[8],
        Conversion = kernel.Compute == Dtype.Bf16 ? 0 : v[9],
        Routing = v[10],
        InnerRouting = v[11],
        CachedShare = v[12],
        Padding = v[13],
    };

    // A model shape: its rows are never split between the fit and its score.
    private static int Shape(in ExpertTableRow row) => (row.HiddenSize * 31) + (row.InnerSize * 7) + (row.Choices * 3) + row.Experts;
}
