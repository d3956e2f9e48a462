using System.Globalization;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Validation;

/// <summary>One operator of LLMCompass's measured GPT-3 layer, and ours.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="MeasuredSeconds">What was measured.</param>
/// <param name="Seconds">Our time, the framework's call included.</param>
public readonly record struct LayerOperator(string Name, double MeasuredSeconds, double Seconds)
{
    /// <summary>Relative error.</summary>
    public double Error => (Seconds / MeasuredSeconds) - 1;
}

/// <summary>
/// LLMCompass's measurements (Princeton, ISCA 2024): single operators on A100 and MI210 and one GPT-3 layer on four A100, all timed from
/// the host around one PyTorch call and a synchronisation (software_model/*.py, run_on_gpu, commit 2e015fd). Products are torch.matmul and
/// torch.bmm, softmax is torch's own kernel, layer norm (without scale and shift) and GELU (tanh) are Triton kernels of torch.compile.
/// </summary>
public static class LlmCompass
{
    private const double Hidden = 12288, Heads = 96, HeadSize = 128, Ranks = 4, Batch = 8;

    /// <summary>The measured vector calls of a device.</summary>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="device">The beginning of the device's name: <c>A100</c> or <c>MI210</c>.</param>
    /// <param name="kind">Which kind.</param>
    internal static List<VectorRow> VectorRows(string folder, string device, VectorKind kind)
    {
        string name = kind switch { VectorKind.Pointwise => "gelu", VectorKind.Normalisation => "layernorm", _ => "softmax" };
        return [.. Rows(folder, device, name).Select(f => new VectorRow(Vector(kind, f.M, Math.Max(f.N, 1), f.Format), f.Seconds))];
    }

    /// <summary>The measured matrix products of a device as operators, with their seconds.</summary>
    internal static List<(Operator Op, double Seconds)> Products(string folder, string device) =>
        [.. Rows(folder, device, "matmul").Select(f => (Operator.Gemm(OperatorRole.Other, f.M, f.N, f.K, f.Format, f.Format), f.Seconds))];

    /// <summary>
    /// The launch of a matrix product: what the shortest calls have left when the kernel's price is taken away (median over calls under 50 us,
    /// where a few per cent of the kernel do not matter).
    /// </summary>
    internal static FrameworkCall ProductCall(string folder, string device, ChipModel chip)
    {
        double[] left = [.. Products(folder, device).Where(p => p.Seconds < 50e-6).Select(p => p.Seconds - chip.Price(p.Op).Seconds).Order()];
        return new FrameworkCall(0, left[left.Length / 2]);
    }

    /// <summary>A vector operator as LLMCompass calls it: every element read and written once.</summary>
    /// <param name="kind">Which kind.</param>
    /// <param name="rows">Rows; elements of a GELU.</param>
    /// <param name="width">Elements of a row; 1 for a GELU.</param>
    /// <param name="format">Number format of the elements.</param>
    internal static Operator Vector(VectorKind kind, double rows, double width, Dtype format) =>
        Operator.Elementwise(
            kind switch { VectorKind.Pointwise => OperatorRole.Activation, VectorKind.Normalisation => OperatorRole.Norm, _ => OperatorRole.Sampling },
            2 * rows * width * format.Bytes(),
            0) with
        { M = rows, N = width, StorageDtype = format };

    /// <summary>Prices the measured layer: tensor parallelism over four, batch 8, a prompt of 2,048 or one token after 3,072.</summary>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="chip">Prices the kernels.</param>
    /// <param name="calls">What PyTorch adds to each.</param>
    /// <param name="prefill">Which of the two.</param>
    public static IReadOnlyList<LayerOperator> Layer(string folder, ChipModel chip, FrameworkCalls calls, bool prefill)
    {
        Dictionary<string, double> measured = File.ReadLines(Path.Combine(folder, "measured_gpt3_layer_a100x4.csv")).Select(l => l.Split(','))
            .Where(f => f[0].StartsWith(prefill ? "prefill" : "decode", StringComparison.Ordinal)).ToDictionary(f => f[1], f => Number(f[2]) * 1e-6);
        var model = new FrameworkCallModel(chip, calls);
        double queries = prefill ? 2048 : 1;
        double context = prefill ? 2048 : 3073;
        double tokens = Batch * queries;
        double heads = Batch * Heads / Ranks;
        double scoreRows = heads * queries;
        double reduce = chip.Collectives.Price(OperatorKind.AllReduce, tokens * Hidden * 2, (int)Ranks, libraryOnly: true).Seconds;
        return
        [
            new("Q_K_V", measured["Q_K_V"], 3 * Product(Hidden / Ranks, Hidden)),
            new("Q_mul_K", measured["Q_mul_K"], Batched(queries, context, HeadSize)),
            new("A_mul_V", measured["A_mul_V"], Batched(queries, HeadSize, context)),
            new("Wo_proj", measured["Wo_proj"], Product(Hidden, Hidden / Ranks)),
            new("W1_proj", measured["W1_proj"], Product(4 * Hidden / Ranks, Hidden)),
            new("W2_proj", measured["W2_proj"], Product(Hidden, 4 * Hidden / Ranks)),
            new("Softmax", measured["Softmax"], model.Seconds(Vector(VectorKind.Softmax, scoreRows, context, Dtype.Fp16))),
            new("LayerNorm_MHA", measured["LayerNorm_MHA"], model.Seconds(Vector(VectorKind.Normalisation, tokens, Hidden, Dtype.Fp16))),
            new("LayerNorm_FFN", measured["LayerNorm_FFN"], model.Seconds(Vector(VectorKind.Normalisation, tokens, Hidden, Dtype.Fp16))),
            new("GeLU", measured["GeLU"], model.Seconds(Vector(VectorKind.Pointwise, tokens * 4 * Hidden / Ranks, 1, Dtype.Fp16))),
            new("AllReduce_MHA", measured["AllReduce_MHA"], reduce),
            new("AllReduce_FFN", measured["AllReduce_FFN"], reduce),
        ];

        double Product(double n, double k) => model.Seconds(Operator.Gemm(OperatorRole.Other, tokens, n, k, Dtype.Fp16, Dtype.Fp16));

        double Batched(double m, double n, double k)
        {
            Operator op = Operator.BatchedGemm(OperatorRole.Other, heads, m, n, k, Dtype.Fp16, Dtype.Fp16);
            return FrameworkCallModel.Seconds(calls.Product, m > 1 ? ActivationProduct(op, chip) : RowTimesMatrix(op, chip));
        }
    }

    // Scores and their product with the values, head by head. A tile's loads run beside its matrix work; its result is written when that is
    // done, and with an inner size of one head (128) there is too little work after it to hide the writing, as a dense product's long inner
    // loop does. Both sides are activations: they stream at the rate of an element-wise kernel, not of a weight that is only read.
    private static double ActivationProduct(in Operator op, ChipModel chip)
    {
        OperatorCost tiles = chip.Price(op);
        double written = op.Groups * op.M * op.N * 2;
        return tiles.OverheadSeconds + Math.Max(tiles.MatrixSeconds, Stream(op.MemoryBytes - written)) + Stream(written);

        double Stream(double bytes) => chip.Price(Operator.Elementwise(OperatorRole.Activation, bytes, 0)).MemorySeconds;
    }

    // One row times a matrix per head is no tiled product: the library streams the matrix once (a GEMV). Streams of 128 outputs are dealt to the
    // cores whole, because it does not split the inner size of a batched one: 192 streams on 108 cores take two rounds, not 1.8.
    private static double RowTimesMatrix(in Operator op, ChipModel chip)
    {
        OperatorCost product = chip.Price(op);
        double rounds = op.Groups * Math.Ceiling(op.N / 128) / chip.Chip.Cores;
        return product.OverheadSeconds + (product.MemorySeconds * Math.Ceiling(rounds) / rounds);
    }

    private static IEnumerable<(double M, double N, double K, Dtype Format, double Seconds)> Rows(string folder, string device, string op)
    {
        foreach (string line in File.ReadLines(Path.Combine(folder, "measured_ops.csv")))
        {
            string[] f = line.Split(',');
            if (f[0].StartsWith(device, StringComparison.Ordinal) && f[1] == op)
            {
                yield return (Number(f[3]), Number(f[4]), Number(f[5]), f[2] == "fp32" ? Dtype.Fp32 : Dtype.Fp16, Number(f[6]) * 1e-6);
            }
        }
    }

    private static double Number(string text) => text.Length == 0 ? 0 : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
