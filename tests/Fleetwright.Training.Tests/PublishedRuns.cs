using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Testing;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

/// <summary>A measured run: what was trained, how it was laid out (every layout that the source leaves open), and seconds per step.</summary>
public sealed record PublishedRun(string Set, string Name, string Chip, TrainingJob Job, IReadOnlyList<TrainingLayout> Layouts, double Seconds);

/// <summary>Reads the published runs beside the checkout. Nothing here is tuned: what a source does not print is left open.</summary>
internal static class PublishedRuns
{
    /// <summary>The catalogue of the checkout.</summary>
    public static FleetCatalog Catalog { get; } = new(Repository.Path("catalog"));

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

    /// <summary>All sets.</summary>
    public static IEnumerable<PublishedRun> All() => [.. MegatronSc21(), .. Korthikanti(), .. MegaScale(), .. MegatronCoreH100(), .. Llama405B()];

    // Tokens per step / chips / TFLOP/s per chip, with the FLOPs counted as the source counts them.
    public static IEnumerable<PublishedRun> MegatronSc21() => Rows("megatron_sc21_weak_scaling.csv").Select(r =>
    {
        TrainingJob job = JobOf(Gpt(r["params_b"] + "B", r.Int("hidden"), r.Int("heads"), r.Int("layers"), r.Int("vocab")), r.Int("seq"), r.Int("global_batch"), TrainingSoftware.Megatron2021) with { Compute = Dtype.Fp16 };
        var layout = new TrainingLayout { TensorParallel = r.Int("tp"), PipelineParallel = r.Int("pp"), DataParallel = r.Int("dp"), SequenceParallel = false, Recompute = Recompute.Full, Sharding = StateSharding.None };
        return new PublishedRun("SC'21", job.Model.Name, "a100-80gb-sxm", job, Open(job, layout), r.Number("derived_iteration_s"));
    });

    public static IEnumerable<PublishedRun> Korthikanti() => Rows("korthikanti_2022_iteration_times.csv").Select(r =>
    {
        TrainingJob job = JobOf(Gpt(r["model"], r.Int("hidden"), r.Int("heads"), r.Int("layers"), r.Int("vocab")), r.Int("seq"), r.Int("global_batch"), TrainingSoftware.Megatron2021) with { Compute = Dtype.Fp16 };
        var layout = new TrainingLayout
        {
            TensorParallel = r.Int("tp"),
            PipelineParallel = r.Int("pp"),
            DataParallel = r.Int("dp"),
            VirtualStages = r.Int("vp"),
            MicroBatch = r.Int("micro_batch"),
            SequenceParallel = r["sequence_parallel"] == "1",
            Recompute = r["recompute"] == "full" ? Recompute.Full : Recompute.Selective,
            Sharding = StateSharding.None,
        };
        return new PublishedRun("Korthikanti", $"{r["model"]}/{r["gpus"]}/{r["recompute"]}", "a100-80gb-sxm", job, [layout], r.Number("iteration_s"));
    });

    public static IEnumerable<PublishedRun> MegaScale() => Rows("megascale_nsdi24.csv").Where(r => r["system"] == "Megatron-LM").Select(r =>
    {
        TrainingJob job = JobOf(Gpt("175B", r.Int("hidden"), r.Int("heads"), r.Int("layers"), r.Int("vocab")), r.Int("seq"), r.Int("global_batch"), TrainingSoftware.Megatron2021);
        var layout = new TrainingLayout
        {
            TensorParallel = r.Int("tp"),
            PipelineParallel = r.Int("pp"),
            DataParallel = r.Int("gpus") / (r.Int("tp") * r.Int("pp")),
            VirtualStages = r.Int("vp"),
            Recompute = Recompute.Selective,
        };
        return new PublishedRun("MegaScale", $"175B/{r["gpus"]}/{r["global_batch"]}", "a100-80gb-sxm", job, [layout], r.Number("iteration_s"));
    });

    public static IEnumerable<PublishedRun> MegatronCoreH100() => Rows("megatron_core_h100_weak_scaling.csv").Select(r =>
    {
        TrainingJob job = JobOf(Gpt(r["params_b"] + "B", r.Int("hidden"), r.Int("heads"), r.Int("layers"), r.Int("vocab")), r.Int("seq"), r.Int("global_batch"), TrainingSoftware.Current);
        var layout = new TrainingLayout { TensorParallel = r.Int("tp"), PipelineParallel = r.Int("pp"), DataParallel = r.Int("dp") };
        var chip = ChipModel.For(Catalog, "h100-sxm");
        double flops = new TrainingModel(chip, job, TrainingCoefficients.For(Catalog)).ModelFlopsPerTokenAllPairs;
        return new PublishedRun("Megatron-Core", job.Model.Name, "h100-sxm", job, Open(job, layout), job.BatchTokens * flops / (r.Number("model_tflops_per_gpu") * 1e12 * r.Int("gpus")));
    });

    // Meta states useful BF16 FLOP/s; causal attention is counted here. The number of chunks per rank is not printed: with one layer a chunk it is eight.
    public static IEnumerable<PublishedRun> Llama405B() => Rows("llama3_405b_scaling.csv").Select(r =>
    {
        int batch = r.Int("batch_per_dp") * r.Int("dp");
        TrainingJob job = JobOf(Catalog.Models.Get("llama-3.1-405b"), r.Int("seq"), batch, TrainingSoftware.Current);
        var layout = new TrainingLayout
        {
            TensorParallel = r.Int("tp"),
            ContextParallel = r.Int("cp"),
            PipelineParallel = r.Int("pp"),
            DataParallel = r.Int("dp"),
            VirtualStages = 8,
            Sharding = StateSharding.Gradients,
        };
        double flops = new TrainingModel(ChipModel.For(Catalog, "h100-sxm"), job, TrainingCoefficients.For(Catalog)).ModelFlopsPerToken;
        return new PublishedRun("Llama 405B", $"{r["gpus"]}/CP{r["cp"]}", "h100-sxm", job, [layout], job.BatchTokens * flops / (r.Number("tflops_per_gpu") * 1e12 * r.Int("gpus")));
    });

    /// <summary>Megatron-DeepSpeed on 64 to 512 A100 (VIA-Research/vTrain); never fitted. Sequence parallelism and overlap were not used.</summary>
    public static IEnumerable<PublishedRun> VTrain() => Rows("vtrain_a100_measured_iterations.csv").Where(r => r["set"] == "multi-node").Select(r =>
    {
        ModelSpec gpt = Gpt($"h{r["hidden"]}/l{r["layers"]}", r.Int("hidden"), r.Int("heads"), r.Int("layers"), 51200);
        TrainingJob job = JobOf(gpt, r.Int("seq"), r.Int("global_batch"), TrainingSoftware.Megatron2021) with { Compute = Dtype.Fp16 };
        var layout = new TrainingLayout
        {
            TensorParallel = r.Int("tp"),
            PipelineParallel = r.Int("pp"),
            DataParallel = r.Int("dp"),
            MicroBatch = r.Int("micro_batch"),
            SequenceParallel = false,
            Recompute = Recompute.Full,
            Sharding = StateSharding.None,
        };
        return new PublishedRun("vTrain", $"{gpt.Name}/{r["gpus"]}", "a100-80gb-sxm", job, [layout], r.Number("iteration_ms") / 1000);
    });

    /// <summary>NVIDIA's DGX Cloud recipes for dense models on H100 without FSDP; never fitted. Sharding is the distributed optimizer.</summary>
    public static IEnumerable<PublishedRun> DgxCloud(string dtype) => Rows("nvidia_dgxc_step_times.csv")
        .Where(r => r["dtype"] == dtype && r["gpu"].StartsWith("H100", StringComparison.Ordinal) && r["model"] is "llama3.1-405b" or "llama3.1-70b" or "llama3.1-8b" or "gpt3-175b"
            && r["dtype"] == dtype && r["fsdp"].Length == 0 && r["tp"].Length > 0 && r["pp"].Length > 0 && r["micro_batch"].Length > 0)
        .Select(r =>
        {
            ModelSpec spec = Catalog.Models.Get(r["model"] == "gpt3-175b" ? "gpt-3-175b" : r["model"].Replace("llama3.1", "llama-3.1", StringComparison.Ordinal));
            int layers = r["layers"].Length > 0 ? r.Int("layers") : spec.LayerCount;
            spec = spec with { Layers = [spec.Layers[0] with { Count = layers }] };
            TrainingJob job = JobOf(spec, r.Int("seq"), r.Int("global_batch"), TrainingSoftware.Current) with { Compute = dtype == "fp8" ? Dtype.Fp8 : Dtype.Bf16 };
            int context = r["cp"].Length > 0 ? r.Int("cp") : 1;
            var layout = new TrainingLayout
            {
                TensorParallel = r.Int("tp"),
                PipelineParallel = r.Int("pp"),
                ContextParallel = context,
                VirtualStages = r["vp"].Length > 0 ? r.Int("vp") : 1,
                MicroBatch = r.Int("micro_batch"),
                DataParallel = r.Int("gpus") / (r.Int("tp") * r.Int("pp") * context),
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

    private static List<Row> Rows(string file)
    {
        string[] lines = File.ReadAllLines(Repository.SharedData("training", file));
        List<string> header = Split(lines[0]);
        return [.. lines.Skip(1).Where(l => l.Length > 0).Select(l => new Row(header, Split(l)))];
    }

    private static List<string> Split(string line)
    {
        var fields = new List<string>();
        var field = new System.Text.StringBuilder();
        bool quoted = false;
        foreach (char c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }

    private sealed class Row(List<string> header, List<string> fields)
    {
        public string this[string column] => fields[header.IndexOf(column)];

        public int Int(string column) => int.Parse(this[column], CultureInfo.InvariantCulture);

        public double Number(string column) => double.Parse(this[column], CultureInfo.InvariantCulture);
    }
}
