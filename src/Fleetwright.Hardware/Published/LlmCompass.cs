using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Published;

/// <summary>
/// LLMCompass's measurements (Princeton, ISCA 2024): single operators on A100 and MI210 and one GPT-3 layer on four A100, all timed from
/// the host around one PyTorch call and a synchronisation (software_model/*.py, run_on_gpu, commit 2e015fd). Products are torch.matmul and
/// torch.bmm, softmax is torch's own kernel, layer norm (without scale and shift) and GELU (tanh) are Triton kernels of torch.compile.
/// </summary>
internal static class LlmCompass
{
    /// <summary>The table of single operators, below the folder of public measurements.</summary>
    public const string OperatorsFile = "chips/llmcompass/measured_ops.csv";

    /// <summary>The table of one GPT-3 layer, beside it.</summary>
    public const string LayerFile = "chips/llmcompass/measured_gpt3_layer_a100x4.csv";

    /// <summary>The table of all-reduces, beside it.</summary>
    public const string AllReduceFile = "chips/llmcompass/allreduce_a100x4_nccl.csv";

    private const int CollectiveEvaluations = 6000;
    private const double Hidden = 12288, Heads = 96, HeadSize = 128, Ranks = 4, Batch = 8;
    private const double GemvThreads = 128;
    private const double WidestLoad = 16;

    // A load from memory on V100, A100 and H100 (PMC10448217, table 3).
    private const double LoadCycles = 400;

    /// <summary>The measured vector calls of a device.</summary>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="device">The beginning of the device's name: <c>A100</c> or <c>MI210</c>.</param>
    /// <param name="kind">Which kind.</param>
    public static List<VectorRow> VectorRows(string folder, string device, VectorKind kind)
    {
        string name = kind switch { VectorKind.Pointwise => "gelu", VectorKind.Normalisation => "layernorm", _ => "softmax" };
        return [.. Rows(folder, device, name).Select(f => new VectorRow(Vector(kind, f.M, Math.Max(f.N, 1), f.Format), f.Seconds))];
    }

    /// <summary>The measured matrix products of a device as operators, with their seconds.</summary>
    public static List<(Operator Op, double Seconds)> Products(string folder, string device) =>
        [.. Rows(folder, device, "matmul").Select(f => (Operator.Gemm(OperatorRole.Other, f.M, f.N, f.K, f.Format, f.Format), f.Seconds))];

    /// <summary>A fit to the measured products of a device, each scored by a fit without it; its overhead is PyTorch's launch.</summary>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="device">The beginning of the device's name.</param>
    /// <param name="chip">The device.</param>
    /// <param name="left">Every product priced by the fit without it.</param>
    public static MatrixProductCoefficients FittedProducts(string folder, string device, Chip chip, out List<ScoredRow> left)
    {
        MatrixProductCoefficients fitted = MeasuredOpsFit.Products(
            chip, [.. Products(folder, device).Select(p => new MatrixProductRow(p.Op.M, p.Op.N, p.Op.K, p.Op.MemoryBytes, p.Seconds))], out List<(double Priced, double Measured)> pairs);
        left = [.. pairs.Select(p => new ScoredRow($"{device} matmul", p.Priced, p.Measured))];
        return fitted;
    }

    /// <summary>A fit to the measured vector calls of a device, each shape scored by a fit without it.</summary>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="device">The beginning of the device's name.</param>
    /// <param name="chip">The device, with the launch of its kernels.</param>
    /// <param name="kind">Which kind.</param>
    public static VectorFitted FittedVector(string folder, string device, ChipModel chip, VectorKind kind) =>
        VectorFit.Run(chip.Chip, kind, VectorRows(folder, device, kind), chip.Coefficients.LaunchOverhead);

    /// <summary>All-reduces on four A100 with nccl-tests.</summary>
    public static List<CollectiveRow> AllReduces(string folder) =>
        [.. CsvTable.Read(Path.Combine(folder, "allreduce_a100x4_nccl.csv"), "bytes", "measured_us").Rows
            .Select(r => new CollectiveRow(OperatorKind.AllReduce, r.Number("bytes"), (int)Ranks, true, r.Number("measured_us") * 1e-6))];

    /// <summary>
    /// A fit to the all-reduces alone: between 64 KiB and 2 MiB this machine's older NCCL takes twice as long as that of the kernel tables on the same chip
    /// (it has no 128-byte protocol).
    /// </summary>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="chip">A100.</param>
    /// <param name="left">Every row and its price by a fit without its size.</param>
    public static CollectiveCoefficients FittedAllReduce(string folder, Chip chip, out List<(CollectiveRow Row, double Priced)> left) =>
        CollectiveFit.Run([chip], [.. AllReduces(folder).Select(r => new OnChip<CollectiveRow>(0, r))], null, CollectiveEvaluations, out left);

    /// <summary>The A100 of this machine: products, vector kernels and all-reduce fitted to its single operators, never to the layer.</summary>
    /// <param name="catalog">The chips.</param>
    /// <param name="folder">The folder of the tables.</param>
    /// <param name="calls">What PyTorch adds.</param>
    public static ChipModel Measured(FleetCatalog catalog, string folder, out FrameworkCalls calls)
    {
        ChipModel chip = ChipModel.For(catalog, "a100-80gb-sxm");
        var byKind = new Dictionary<VectorKind, VectorCoefficients>();
        var vector = new Dictionary<VectorKind, FrameworkCall>();
        foreach (VectorKind kind in Enum.GetValues<VectorKind>())
        {
            VectorFitted fitted = FittedVector(folder, "A100", chip, kind);
            (byKind[kind], vector[kind]) = (fitted.Coefficients, fitted.Call);
        }

        return Measured(chip, FittedProducts(folder, "A100", chip.Chip, out _), byKind, vector, FittedAllReduce(folder, chip.Chip, out _), out calls);
    }

    /// <summary>As the other, of fits made before.</summary>
    public static ChipModel Measured(
        ChipModel chip, MatrixProductCoefficients products, Dictionary<VectorKind, VectorCoefficients> kernels, Dictionary<VectorKind, FrameworkCall> vector, CollectiveCoefficients collectives, out FrameworkCalls calls)
    {
        calls = new FrameworkCalls { Framework = "PyTorch 2.0", Product = new FrameworkCall(0, products.Overhead), Vector = vector };
        return new ChipModel(chip.Chip, chip.Coefficients with
        {
            Elementwise = kernels,
            Gemm = new Dictionary<Dtype, MatrixProductCoefficients> { [Dtype.Fp16] = products with { Overhead = 0 } },
            Collectives = collectives,
        });
    }

    /// <summary>
    /// The launch of a matrix product: what the shortest calls have left when the kernel's price is taken away (median over calls under 50 us,
    /// where a few per cent of the kernel do not matter).
    /// </summary>
    public static FrameworkCall ProductCall(string folder, string device, ChipModel chip)
    {
        double[] left = [.. Products(folder, device).Where(p => p.Seconds < 50e-6).Select(p => p.Seconds - chip.Price(p.Op).Seconds).Order()];
        return new FrameworkCall(0, left[left.Length / 2]);
    }

    /// <summary>A vector operator as LLMCompass calls it: every element read and written once.</summary>
    /// <param name="kind">Which kind.</param>
    /// <param name="rows">Rows; elements of a GELU.</param>
    /// <param name="width">Elements of a row; 1 for a GELU.</param>
    /// <param name="format">Number format of the elements.</param>
    public static Operator Vector(VectorKind kind, double rows, double width, Dtype format) =>
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
    public static IReadOnlyList<ScoredRow> Layer(string folder, ChipModel chip, FrameworkCalls calls, bool prefill)
    {
        Dictionary<string, double> measured = CsvTable.Read(Path.Combine(folder, "measured_gpt3_layer_a100x4.csv"), "phase", "op", "measured_us").Rows
            .Where(r => r["phase"].StartsWith(prefill ? "prefill" : "decode", StringComparison.Ordinal)).ToDictionary(r => r["op"], r => r.Number("measured_us") * 1e-6);
        var model = new FrameworkCallModel(chip, calls);
        double queries = prefill ? 2048 : 1;
        double context = prefill ? 2048 : 3073;
        double tokens = Batch * queries;
        double heads = Batch * Heads / Ranks;
        double scoreRows = heads * queries;
        double reduce = chip.Collectives.Price(OperatorKind.AllReduce, tokens * Hidden * 2, (int)Ranks, libraryOnly: true).Seconds;
        return
        [
            Of("Q_K_V", 3 * Product(Hidden / Ranks, Hidden)),
            Of("Q_mul_K", Batched(queries, context, HeadSize)),
            Of("A_mul_V", Batched(queries, HeadSize, context)),
            Of("Wo_proj", Product(Hidden, Hidden / Ranks)),
            Of("W1_proj", Product(4 * Hidden / Ranks, Hidden)),
            Of("W2_proj", Product(Hidden, 4 * Hidden / Ranks)),
            Of("Softmax", model.Seconds(Vector(VectorKind.Softmax, scoreRows, context, Dtype.Fp16))),
            Of("LayerNorm_MHA", model.Seconds(Vector(VectorKind.Normalisation, tokens, Hidden, Dtype.Fp16))),
            Of("LayerNorm_FFN", model.Seconds(Vector(VectorKind.Normalisation, tokens, Hidden, Dtype.Fp16))),
            Of("GeLU", model.Seconds(Vector(VectorKind.Pointwise, tokens * 4 * Hidden / Ranks, 1, Dtype.Fp16))),
            Of("AllReduce_MHA", reduce),
            Of("AllReduce_FFN", reduce),
        ];

        ScoredRow Of(string name, double seconds) => new(name, seconds, measured[name]);

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

    // One row times a matrix per head is no tiled product: the library streams the matrix once (a GEMV), a block of 128 threads for 128 outputs, and
    // does not split the inner size of a batched one. By Little's law the blocks draw at most their loads in flight a latency: one load of the widest
    // kind a thread. 192 blocks (A·V) have too few in flight to fill the memory, 4,800 (Q·Kᵀ) have enough.
    private static double RowTimesMatrix(in Operator op, ChipModel chip)
    {
        OperatorCost product = chip.Price(op);
        double inFlight = op.Groups * Math.Ceiling(op.N / GemvThreads) * GemvThreads * WidestLoad;
        return product.OverheadSeconds + Math.Max(product.MemorySeconds, op.MemoryBytes / inFlight * LoadCycles / chip.Chip.Clock!.Value.Value);
    }

    private static IEnumerable<(double M, double N, double K, Dtype Format, double Seconds)> Rows(string folder, string device, string op) =>
        CsvTable.Read(Path.Combine(folder, "measured_ops.csv"), "device", "op", "dtype", "m", "n", "k", "measured_us").Rows
            .Where(r => r["device"].StartsWith(device, StringComparison.Ordinal) && r["op"] == op)
            .Select(r => (r.Number("m"), r.Number("n", 0), r.Number("k", 0), r["dtype"] == "fp32" ? Dtype.Fp32 : Dtype.Fp16, r.Number("measured_us") * 1e-6));
}
