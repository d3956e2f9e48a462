using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models;
using Fleetwright.Serving.Simulation.Traffic.Lengths;

namespace Fleetwright.Serving.Published;

/// <summary>One measured closed-loop server: a deployment, the clients in front of it, and what they saw.</summary>
internal sealed record MeasuredServer
{
    // The sweep draws lengths evenly from 0.8 of the stated one up to it (InferenceMAX README, RANDOM_RANGE_RATIO 0.8; bench_serving, sample_random_requests).
    private const double LeastShare = 0.8;

    /// <summary>The row's name.</summary>
    public required string Id { get; init; }

    /// <summary>The model as the row names it.</summary>
    public required string ModelName { get; init; }

    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>The chip as the row names it.</summary>
    public required string System { get; init; }

    /// <summary>The engine.</summary>
    public required string Engine { get; init; }

    /// <summary>The number format as the row names it, <c>bf16</c> where it leaves it empty.</summary>
    public required string Format { get; init; }

    /// <summary>Number formats.</summary>
    public required Precision Precision { get; init; }

    /// <summary>Whether its fp8 weights have a scale a block.</summary>
    public required bool BlockScaled { get; init; }

    /// <summary>The split over chips.</summary>
    public required Sharding Sharding { get; init; }

    /// <summary>Requests in flight on one replica.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Requests that the server runs at most; ten times as many are sent. Fewer than <see cref="Concurrency"/> where a launch script mixed them up.</summary>
    public required int Places { get; init; }

    /// <summary>Prompt tokens, at most.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens of an answer, at most.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Whether it belongs to the InferenceMAX sweep, which draws lengths; others keep them as stated.</summary>
    public required bool DrawsLengths { get; init; }

    /// <summary>Measured mean time to the first token in seconds.</summary>
    public required double TtftSeconds { get; init; }

    /// <summary>Measured mean time per further token in seconds.</summary>
    public required double TpotSeconds { get; init; }

    /// <summary>Model, chip, engine and number format: what is left out together when parameters are checked.</summary>
    public string Group => $"{ModelName} {System} {Engine} {Format}";

    /// <summary>The lengths of its requests.</summary>
    public RequestLengths Lengths => DrawsLengths
        ? new IndependentLengths(new UniformLength(Least(PromptTokens), PromptTokens), new UniformLength(Least(OutputTokens), OutputTokens))
        : new IndependentLengths(new ConstantLength(PromptTokens), new ConstantLength(OutputTokens));

    /// <summary>Reads a row; null with the reason when it says too little or its model is not in the catalogue.</summary>
    public static MeasuredServer? Read(FleetCatalog catalog, CsvRow r, out string problem)
    {
        problem = "";
        if (r["mode"] != "agg")
        {
            problem = "not an aggregated deployment";
        }
        else if ((r["concurrency"].Length == 0 && r["batch_size"].Length == 0) || r["tp_size"].Length == 0)
        {
            problem = "neither concurrency nor batch, or no tensor parallelism, is stated";
        }
        else if (catalog.Models.Find(r["model_path"]) is null)
        {
            problem = $"the catalogue has no model {r["model_path"]}";
        }
        else if (catalog.Chips.Find(r["system"]) is null)
        {
            problem = $"the catalogue has no chip {r["system"]}";
        }

        if (problem.Length > 0)
        {
            return null;
        }

        ModelSpec model = catalog.Models.Find(r["model_path"])!;
        Sharding sharding = ShardingOf(r, model);
        if (ModelGraph.Problem(model, sharding) is { } wrong)
        {
            problem = wrong;
            return null;
        }

        int concurrency = PlacesOf(r);
        bool draws = r["attention_dp_size"].Length > 0;
        return new MeasuredServer
        {
            Id = r["id"],
            ModelName = r["model_path"],
            Model = model,
            System = r["system"],
            Engine = r["backend"],
            Format = r["precision"].Length > 0 ? r["precision"] : "bf16",
            Precision = PrecisionOf(r["gemm_quant_mode"], r["backend"], model, catalog.Chips.Get(r["system"]).Architecture),
            // The table says "fp8" of MiniMax and DeepSeek too, whose own checkpoints are block-scaled.
            BlockScaled = r["gemm_quant_mode"].StartsWith("fp8", StringComparison.Ordinal) && (model is { NativeDtype: Dtype.Fp8, Fp8Block: not null } || r["gemm_quant_mode"] == "fp8_block" || r["moe_quant_mode"] == "fp8_block"),
            Sharding = sharding,
            Concurrency = concurrency,
            Places = draws ? SweepLaunch.Places(r["backend"], r["system"], r["model_path"], concurrency) : concurrency,
            PromptTokens = r.Whole("isl"),
            OutputTokens = r.Whole("osl"),
            DrawsLengths = draws,
            TtftSeconds = Measured(r, "silicon_ttft_ms"),
            TpotSeconds = Measured(r, "silicon_tpot_ms"),
        };
    }

    // The sweep counts its chips as TP × EP where both are above 1 (the same run stands in the table with both labels: 8 chips as TP8 EP8 and as 64 of
    // MoE TP8 EP8; InferenceX data, trap 2), so the true degree is that of the experts' own tensor parallelism, or of TP where the experts have none.
    private static Sharding ShardingOf(CsvRow r, ModelSpec model)
    {
        int tensor = r.Whole("tp_size"), data = r.Whole("attention_dp_size", 1);
        int expertTensor = r.Whole("moe_tp_size", 1), expert = r.Whole("moe_ep_size", 1);
        bool experts = model.Layers.Any(l => l.FeedForward is MixtureOfExperts);
        if (r["attention_dp_size"].Length > 0 && expert > 1)
        {
            if (expertTensor > 1)
            {
                (tensor, data) = data > 1 ? (1, expertTensor) : (expertTensor, 1);
            }
            else if (tensor > 1 && data > 1)
            {
                (data, expert) = (1, tensor);
            }
        }

        return new Sharding(tensor, r.Whole("pp_size", 1), experts ? expert : 1, data);
    }

    // Some rows count the clients of several replicas behind one router; the batch is that of one (with data-parallel attention, of one group). Those replicas
    // are not groups of data-parallel attention: TP × groups = TP × EP of the experts holds with one group in all of them.
    private static int PlacesOf(CsvRow r)
    {
        int batch = r["batch_size"].Length > 0 ? r.Whole("batch_size") * r.Whole("attention_dp_size", 1) : int.MaxValue;
        return r["concurrency"].Length > 0 ? Math.Min(r.Whole("concurrency"), batch) : batch;
    }

    // "nvfp4" gpt-oss rows are mxfp4 (the folder's README); blank is bf16. The cache's format is not recorded: where throughput stops rising shows fp8
    // for quantised models under TensorRT-LLM and on Blackwell, bf16 elsewhere.
    private static Precision PrecisionOf(string recorded, string engine, ModelSpec model, string architecture)
    {
        Dtype weights = recorded switch { "nvfp4" => model.NativeDtype == Dtype.Mxfp4 ? Dtype.Mxfp4 : Dtype.Nvfp4, "" => Dtype.Bf16, _ => Dtype.Fp8 };
        bool smallCache = weights != Dtype.Bf16 && (engine == "trtllm" || architecture == "blackwell");
        return Precision.For(weights) with { KvCache = smallCache ? Dtype.Fp8 : Dtype.Bf16 };
    }

    // A row that is only to be predicted may leave what was measured out.
    private static double Measured(CsvRow r, string column) => r.Has(column) ? r.Number(column, double.NaN) * 1e-3 : double.NaN;

    private static int Least(int tokens) => Math.Max(1, (int)(tokens * LeastShare));
}
