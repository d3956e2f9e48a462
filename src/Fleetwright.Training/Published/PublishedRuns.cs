using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Published;

/// <summary>A measured run: what was trained, how it was laid out (every layout that the source leaves open), and seconds per step.</summary>
/// <param name="Set">The publication.</param>
/// <param name="Name">The row.</param>
/// <param name="Chip">A chip of the catalogue.</param>
/// <param name="Job">What was trained.</param>
/// <param name="Layouts">Every layout that the source leaves open.</param>
/// <param name="Seconds">Measured seconds of a step.</param>
internal sealed record PublishedRun(string Set, string Name, string Chip, TrainingJob Job, IReadOnlyList<TrainingLayout> Layouts, double Seconds);

/// <summary>Reads the published training runs (<c>shared/data/training</c>). Nothing here is tuned: what a source does not print is left open.</summary>
/// <param name="catalog">Chips, models and coefficients.</param>
/// <param name="folder">The folder of the tables.</param>
internal sealed class PublishedRuns(FleetCatalog catalog, string folder)
{
    /// <summary>The sets that the coefficients were fitted to or chosen with, and their files.</summary>
    public static IReadOnlyList<string> Fitted { get; } = ["SC'21", "Korthikanti", "MegaScale", "Megatron-Core", "Llama 405B"];

    /// <summary>The sets that were never fitted.</summary>
    public static IReadOnlyList<string> NeverFitted { get; } = ["vTrain", "DGXC bf16", "DGXC fp8"];

    /// <summary>A GPT as Megatron-LM trains it.</summary>
    public static ModelSpec Gpt(string name, int hidden, int heads, int layers, int vocabulary) => new()
    {
        Name = name,
        Title = name,
        Aliases = [],
        Vendor = "",
        HiddenSize = hidden,
        VocabularySize = vocabulary,
        TiedEmbeddings = true,
        Biases = true,
        Layers = [new LayerGroup(layers, new GroupedQueryAttention(heads, heads, hidden / heads, hidden / heads), new DenseFeedForward(4 * hidden, Gated: false))],
    };

    /// <summary>All sets that may be fitted.</summary>
    public IReadOnlyList<PublishedRun> All() => [.. Fitted.SelectMany(Of)];

    /// <summary>The runs of a set.</summary>
    public IEnumerable<PublishedRun> Of(string set) => set switch
    {
        "SC'21" => MegatronSc21(),
        "Korthikanti" => Korthikanti(),
        "MegaScale" => MegaScale(),
        "Megatron-Core" => MegatronCoreH100(),
        "Llama 405B" => Llama405B(),
        "vTrain" => VTrain(),
        "DGXC bf16" => DgxCloud("bf16"),
        "DGXC fp8" => DgxCloud("fp8"),
        _ => throw new ArgumentOutOfRangeException(nameof(set), set, "There is no such set."),
    };

    // Tokens per step / chips / TFLOP/s per chip, with the FLOPs counted as the source counts them.
    private IEnumerable<PublishedRun> MegatronSc21() => Rows("megatron_sc21_weak_scaling.csv").Select(r =>
    {
        TrainingJob job = JobOf(Gpt(r["params_b"] + "B", r.Whole("hidden"), r.Whole("heads"), r.Whole("layers"), r.Whole("vocab")), r.Whole("seq"), r.Whole("global_batch"), TrainingSoftware.Megatron2021) with { Compute = Dtype.Fp16 };
        var layout = new TrainingLayout { TensorParallel = r.Whole("tp"), PipelineParallel = r.Whole("pp"), DataParallel = r.Whole("dp"), SequenceParallel = false, Recompute = Recompute.Full, Sharding = StateSharding.None };
        return new PublishedRun("SC'21", job.Model.Name, "a100-80gb-sxm", job, Open(job, layout), r.Number("derived_iteration_s"));
    });

    private IEnumerable<PublishedRun> Korthikanti() => Rows("korthikanti_2022_iteration_times.csv").Select(r =>
    {
        TrainingJob job = JobOf(Gpt(r["model"], r.Whole("hidden"), r.Whole("heads"), r.Whole("layers"), r.Whole("vocab")), r.Whole("seq"), r.Whole("global_batch"), TrainingSoftware.Megatron2021) with { Compute = Dtype.Fp16 };
        var layout = new TrainingLayout
        {
            TensorParallel = r.Whole("tp"),
            PipelineParallel = r.Whole("pp"),
            DataParallel = r.Whole("dp"),
            VirtualStages = r.Whole("vp"),
            MicroBatch = r.Whole("micro_batch"),
            SequenceParallel = r["sequence_parallel"] == "1",
            Recompute = r["recompute"] == "full" ? Recompute.Full : Recompute.Selective,
            Sharding = StateSharding.None,
        };
        return new PublishedRun("Korthikanti", $"{r["model"]}/{r["gpus"]}/{r["recompute"]}", "a100-80gb-sxm", job, [layout], r.Number("iteration_s"));
    });

    private IEnumerable<PublishedRun> MegaScale() => Rows("megascale_nsdi24.csv").Where(r => r["system"] == "Megatron-LM").Select(r =>
    {
        TrainingJob job = JobOf(Gpt("175B", r.Whole("hidden"), r.Whole("heads"), r.Whole("layers"), r.Whole("vocab")), r.Whole("seq"), r.Whole("global_batch"), TrainingSoftware.Megatron2021);
        var layout = new TrainingLayout
        {
            TensorParallel = r.Whole("tp"),
            PipelineParallel = r.Whole("pp"),
            DataParallel = r.Whole("gpus") / (r.Whole("tp") * r.Whole("pp")),
            VirtualStages = r.Whole("vp"),
            Recompute = Recompute.Selective,
        };
        return new PublishedRun("MegaScale", $"175B/{r["gpus"]}/{r["global_batch"]}", "a100-80gb-sxm", job, [layout], r.Number("iteration_s"));
    });

    private IEnumerable<PublishedRun> MegatronCoreH100() => Rows("megatron_core_h100_weak_scaling.csv").Select(r =>
    {
        TrainingJob job = JobOf(Gpt(r["params_b"] + "B", r.Whole("hidden"), r.Whole("heads"), r.Whole("layers"), r.Whole("vocab")), r.Whole("seq"), r.Whole("global_batch"), TrainingSoftware.Current);
        var layout = new TrainingLayout { TensorParallel = r.Whole("tp"), PipelineParallel = r.Whole("pp"), DataParallel = r.Whole("dp") };
        var chip = ChipModel.For(catalog, "h100-sxm");
        double flops = new TrainingModel(chip, job, TrainingCoefficients.For(catalog)).ModelFlopsPerTokenAllPairs;
        return new PublishedRun("Megatron-Core", job.Model.Name, "h100-sxm", job, Open(job, layout), job.BatchTokens * flops / (r.Number("model_tflops_per_gpu") * 1e12 * r.Whole("gpus")));
    });

    // Meta states useful BF16 FLOP/s; causal attention is counted here. The number of chunks per rank is not printed: with one layer a chunk it is eight.
    private IEnumerable<PublishedRun> Llama405B() => Rows("llama3_405b_scaling.csv").Select(r =>
    {
        int batch = r.Whole("batch_per_dp") * r.Whole("dp");
        TrainingJob job = JobOf(catalog.Models.Get("llama-3.1-405b"), r.Whole("seq"), batch, TrainingSoftware.Current);
        var layout = new TrainingLayout
        {
            TensorParallel = r.Whole("tp"),
            ContextParallel = r.Whole("cp"),
            PipelineParallel = r.Whole("pp"),
            DataParallel = r.Whole("dp"),
            VirtualStages = 8,
            Sharding = StateSharding.Gradients,
        };
        double flops = new TrainingModel(ChipModel.For(catalog, "h100-sxm"), job, TrainingCoefficients.For(catalog)).ModelFlopsPerToken;
        return new PublishedRun("Llama 405B", $"{r["gpus"]}/CP{r["cp"]}", "h100-sxm", job, [layout], job.BatchTokens * flops / (r.Number("tflops_per_gpu") * 1e12 * r.Whole("gpus")));
    });

    // Megatron-DeepSpeed on 64 to 512 A100 (VIA-Research/vTrain); never fitted. Sequence parallelism and overlap were not used.
    private IEnumerable<PublishedRun> VTrain() => Rows("vtrain_a100_measured_iterations.csv").Where(r => r["set"] == "multi-node").Select(r =>
    {
        ModelSpec gpt = Gpt($"h{r["hidden"]}/l{r["layers"]}", r.Whole("hidden"), r.Whole("heads"), r.Whole("layers"), 51200);
        TrainingJob job = JobOf(gpt, r.Whole("seq"), r.Whole("global_batch"), TrainingSoftware.Megatron2021) with { Compute = Dtype.Fp16 };
        var layout = new TrainingLayout
        {
            TensorParallel = r.Whole("tp"),
            PipelineParallel = r.Whole("pp"),
            DataParallel = r.Whole("dp"),
            MicroBatch = r.Whole("micro_batch"),
            SequenceParallel = false,
            Recompute = Recompute.Full,
            Sharding = StateSharding.None,
        };
        return new PublishedRun("vTrain", $"{gpt.Name}/{r["gpus"]}", "a100-80gb-sxm", job, [layout], r.Number("iteration_ms") / 1000);
    });

    // NVIDIA's DGX Cloud recipes for dense models on H100 without FSDP; never fitted. Sharding is the distributed optimizer.
    private IEnumerable<PublishedRun> DgxCloud(string dtype) => Rows("nvidia_dgxc_step_times.csv")
        .Where(r => r["dtype"] == dtype && r["gpu"].StartsWith("H100", StringComparison.Ordinal) && r["model"] is "llama3.1-405b" or "llama3.1-70b" or "llama3.1-8b" or "gpt3-175b"
            && r["dtype"] == dtype && r["fsdp"].Length == 0 && r["tp"].Length > 0 && r["pp"].Length > 0 && r["micro_batch"].Length > 0)
        .Select(r =>
        {
            ModelSpec spec = catalog.Models.Get(r["model"] == "gpt3-175b" ? "gpt-3-175b" : r["model"].Replace("llama3.1", "llama-3.1", StringComparison.Ordinal));
            int layers = r["layers"].Length > 0 ? r.Whole("layers") : spec.LayerCount;
            spec = spec with { Layers = [spec.Layers[0] with { Count = layers }] };
            TrainingJob job = JobOf(spec, r.Whole("seq"), r.Whole("global_batch"), TrainingSoftware.Current) with { Compute = dtype == "fp8" ? Dtype.Fp8 : Dtype.Bf16 };
            int context = r["cp"].Length > 0 ? r.Whole("cp") : 1;
            var layout = new TrainingLayout
            {
                TensorParallel = r.Whole("tp"),
                PipelineParallel = r.Whole("pp"),
                ContextParallel = context,
                VirtualStages = r["vp"].Length > 0 ? r.Whole("vp") : 1,
                MicroBatch = r.Whole("micro_batch"),
                DataParallel = r.Whole("gpus") / (r.Whole("tp") * r.Whole("pp") * context),
            };
            return new PublishedRun($"DGXC {dtype}", $"{r["model"]}/{r["gpus"]}", "h100-sxm", job, [layout], r.Number("step_s"));
        });

    private static TrainingJob JobOf(ModelSpec model, int sequence, int batch, TrainingSoftware software) =>
        new() { Model = model, Tokens = 1e12, SequenceLength = sequence, BatchSequences = batch, Software = software };

    // Every micro-batch and interleaving that the layout allows, where a source prints neither.
    private static List<TrainingLayout> Open(TrainingJob job, TrainingLayout layout)
    {
        var open = new List<TrainingLayout>();
        int perReplica = job.BatchSequences / layout.DataParallel;
        int perStage = (job.Model.LayerCount + layout.PipelineParallel - 1) / layout.PipelineParallel;
        foreach (int micro in (int[])[1, 2, 4, 8])
        {
            for (int chunks = 1; chunks <= perStage; chunks++)
            {
                bool interleaves = chunks == 1 || (layout.PipelineParallel > 1 && perReplica / micro % layout.PipelineParallel == 0);
                if (perReplica % micro == 0 && perStage % chunks == 0 && interleaves)
                {
                    open.Add(layout with { MicroBatch = micro, VirtualStages = chunks });
                }
            }
        }

        return open;
    }

    private IReadOnlyList<CsvRow> Rows(string file) => CsvTable.Read(Path.Combine(folder, file)).Rows;
}
