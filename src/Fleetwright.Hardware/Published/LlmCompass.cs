using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Published;

/// <summary>
/// The operators that LLMCompass measured on A100 and MI210 (Zhang et al., ISCA 2024; data: github.com/PrincetonUniversity/LLMCompass, BSD-3), beside what
/// the program prices. They were timed with PyTorch's launch, which a captured graph does not pay: it is added to the price, as the data's README states it.
/// </summary>
internal static class LlmCompass
{
    /// <summary>The table of single operators, below the folder of public measurements.</summary>
    public const string OperatorsFile = "chips/llmcompass/measured_ops.csv";

    /// <summary>The table of one GPT-3 layer.</summary>
    public const string LayerFile = "chips/llmcompass/measured_gpt3_layer_a100x4.csv";

    /// <summary>The table of all-reduces.</summary>
    public const string AllReduceFile = "chips/llmcompass/allreduce_a100x4_nccl.csv";

    // Seconds of framework and launch: products, softmax, layer norm, GELU (README of the data).
    private static readonly Dictionary<string, double[]> Launches = new(StringComparer.Ordinal) { ["A100"] = [21e-6, 12e-6, 45e-6, 45e-6], ["MI210"] = [34e-6, 22e-6, 28e-6, 21e-6] };

    /// <summary>Every measured operator: seconds, grouped as <c>A100 matmul</c>.</summary>
    /// <param name="catalog">The chips.</param>
    /// <param name="path">The file of <see cref="OperatorsFile"/>.</param>
    public static IReadOnlyList<ScoredRow> Operators(FleetCatalog catalog, string path)
    {
        (ChipModel a100, ChipModel mi210) = (ChipModel.For(catalog, "a100-80gb-sxm"), ChipModel.For(catalog, "mi210"));
        return [.. CsvTable.Read(path, "device", "op", "dtype", "m", "n", "k", "measured_us").Rows.Select(r =>
        {
            bool onA100 = r["device"].StartsWith("A100", StringComparison.Ordinal);
            string device = onA100 ? "A100" : r["device"], op = r["op"];
            double elements = r.Number("m") * r.Number("n", 1);
            Operator priced = op == "matmul"
                ? Operator.Gemm(OperatorRole.Other, r.Number("m"), r.Number("n"), r.Number("k"), Dtype.Fp16, Dtype.Fp16)
                : Streamed(elements, r["dtype"] == "fp32" ? 4 : 2);
            return new ScoredRow($"{device} {op}", (onA100 ? a100 : mi210).Price(priced).Seconds + Launch(device, op), r.Number("measured_us") * 1e-6);
        })];
    }

    /// <summary>The operators of one layer of GPT-3 175B on four A100 with tensor parallelism, batch 8; seconds.</summary>
    /// <param name="catalog">The chips.</param>
    /// <param name="path">The file of <see cref="LayerFile"/>.</param>
    /// <param name="phase"><c>prefill</c> (2,048 tokens each) or <c>decode</c> (one token each, after 3,071).</param>
    public static IReadOnlyList<ScoredRow> Layer(FleetCatalog catalog, string path, string phase)
    {
        const double Batch = 8, Hidden = 12288, Head = 128, Ranks = 4, Heads = Hidden / Head / Ranks;
        (double query, double context) = phase == "prefill" ? (2048.0, 2048.0) : (1.0, 3072.0);
        double tokens = Batch * query;
        ChipModel chip = ChipModel.For(catalog, "a100-80gb-sxm");
        double Priced(string op) => op switch
        {
            "Q_K_V" => Product(tokens, 3 * Hidden / Ranks, Hidden),
            "Wo_proj" => Product(tokens, Hidden, Hidden / Ranks),
            "W1_proj" or "W2_proj" => Product(tokens, Hidden, Hidden),
            "Q_mul_K" => Batched(query, context, Head),
            "A_mul_V" => Batched(query, Head, context),
            "Softmax" => Vector("softmax", Batch * Heads * query * context),
            "LayerNorm_MHA" or "LayerNorm_FFN" => Vector("layernorm", tokens * Hidden),
            "GeLU" => Vector("gelu", tokens * 4 * Hidden / Ranks),
            _ => chip.Collectives.Price(OperatorKind.AllReduce, tokens * Hidden * 2, (int)Ranks, libraryOnly: true).Seconds,
        };
        double Product(double m, double n, double k) => chip.Price(Operator.Gemm(OperatorRole.Other, m, n, k, Dtype.Fp16, Dtype.Fp16)).Seconds + Launch("A100", "matmul");
        double Batched(double m, double n, double k) => chip.Price(Operator.BatchedGemm(OperatorRole.Other, Batch * Heads, m, n, k, Dtype.Fp16, Dtype.Fp16)).Seconds + Launch("A100", "matmul");
        double Vector(string op, double elements) => chip.Price(Streamed(elements, 2)).Seconds + Launch("A100", op);
        return [.. CsvTable.Read(path, "phase", "op", "measured_us").Rows.Where(r => r["phase"].StartsWith(phase, StringComparison.Ordinal)).Select(r => new ScoredRow(r["op"], Priced(r["op"]), r.Number("measured_us") * 1e-6))];
    }

    /// <summary>NCCL all-reduce on four A100 from 4 KiB; seconds.</summary>
    /// <param name="catalog">The chips.</param>
    /// <param name="path">The file of <see cref="AllReduceFile"/>.</param>
    public static IReadOnlyList<ScoredRow> AllReduces(FleetCatalog catalog, string path)
    {
        ChipModel chip = ChipModel.For(catalog, "a100-80gb-sxm");
        return [.. CsvTable.Read(path, "bytes", "measured_us").Rows.Where(r => r.Number("bytes") >= 4096)
            .Select(r => new ScoredRow("all-reduce", chip.Collectives.Price(OperatorKind.AllReduce, r.Number("bytes"), 4, libraryOnly: true).Seconds, r.Number("measured_us") * 1e-6))];
    }

    /// <summary>Whether an operator of the layer is a product with weights.</summary>
    public static bool IsProjection(string op) => op is "Q_K_V" or "Wo_proj" or "W1_proj" or "W2_proj";

    // Read and written once, some five vector operations an element (exponentials and sums; they never bound these sizes).
    private static Operator Streamed(double elements, double bytes) => Operator.Elementwise(OperatorRole.Other, 2 * elements * bytes, 5 * elements);

    private static double Launch(string device, string op) =>
        Launches.TryGetValue(device, out double[]? launches) ? launches[op switch { "matmul" => 0, "softmax" => 1, "layernorm" => 2, _ => 3 }] : 0;
}
