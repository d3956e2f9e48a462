using System.Globalization;
using System.IO.Compression;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Scores the closed loop against measured servers. Nothing is fitted to single rows; the bounds lie slightly above what was measured (docs/serving.md).</summary>
public class ScoreTests(ITestOutputHelper output)
{
    // The benchmark sends ten requests a place and starts all places at once (InferenceMAX README: --num-prompts $CONC * 10).
    private const double RequestsPerSlot = 10;

    private static readonly string[] Named = ["meta-llama/Llama-3.1-70B", "Qwen/Qwen3-32B", "openai/gpt-oss-120b"];

    private sealed record Row(string Model, string Group, double Ttft, double Tpot);

    private readonly record struct Score(int Count, double Mape, double Median, double Bias)
    {
        public static Score Of(IEnumerable<double> ratios)
        {
            double[] all = [.. ratios];
            double[] errors = [.. all.Select(r => 100 * Math.Abs(r - 1)).Order()];
            return new Score(all.Length, errors.Average(), errors[errors.Length / 2], 100 * (Math.Exp(all.Average(Math.Log)) - 1));
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"mean {Mape:0.0} % median {Median:0.0} % bias {Bias:+0.0;-0.0} %");
    }

    [Fact]
    public void Measured_servers_are_predicted_within_the_recorded_error()
    {
        List<Row> rows = Predict(Repository.SharedData("silicon", "measured_serving.csv.gz"));
        foreach (IGrouping<string, Row> group in rows.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Write(group.Key, group);
        }

        (Score ttft, Score tpot) = Write("all aggregated rows", rows);
        Write("Llama 3.1 70B, Qwen3 32B, gpt-oss 120B", rows.Where(r => Named.Contains(r.Model)));
        (Score denseTtft, Score denseTpot) = Write("dense", rows.Where(r => r.Model is "meta-llama/Llama-3.1-70B" or "Qwen/Qwen3-32B"));
        (Score sparseTtft, Score sparseTpot) = Write("MiniMax M2.5 on B200", rows.Where(r => r.Group.StartsWith("MiniMaxAI/MiniMax-M2.5 b200", StringComparison.Ordinal)));
        Assert.True(rows.Count >= 940, FormattableString.Invariant($"only {rows.Count} rows could be predicted"));
        Assert.True(denseTpot.Mape < 19 && denseTpot.Median < 15, $"TPOT {denseTpot}");
        Assert.True(denseTtft.Mape < 27 && denseTtft.Median < 18, $"TTFT {denseTtft}");
        Assert.True(sparseTpot.Mape < 12 && sparseTpot.Median < 9, $"TPOT {sparseTpot}");
        Assert.True(sparseTtft.Mape < 30 && sparseTtft.Median < 27, $"TTFT {sparseTtft}");
        Assert.True(ttft.Mape < 34 && ttft.Median < 30, $"TTFT {ttft}");
        Assert.True(tpot.Mape < 22 && tpot.Median < 14, $"TPOT {tpot}");
    }

    private (Score Ttft, Score Tpot) Write(string name, IEnumerable<Row> rows)
    {
        (Score ttft, Score tpot) = (Score.Of(rows.Select(r => r.Ttft)), Score.Of(rows.Select(r => r.Tpot)));
        output.WriteLine($"{name}: n {ttft.Count}; TPOT {tpot}; TTFT {ttft}");
        return (ttft, tpot);
    }

    private static List<Row> Predict(string path)
    {
        CatalogFolder<EngineOptions> engines = EngineOptions.Of(Fixtures.Catalog);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] header = reader.ReadLine()!.Split(',');
        var rows = new List<Row>();
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split(',');
            string Cell(string name) => cells[Array.IndexOf(header, name)];
            double Number(string name) => Cell(name) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : 1;
            if (Cell("mode") != "agg" || Cell("concurrency").Length == 0 || Fixtures.Catalog.Models.Find(Cell("model_path")) is not { } model)
            {
                continue;
            }

            int tp = (int)Number("tp_size"), groups = (int)Number("attention_dp_size");
            bool experts = model.Layers.Any(l => l.FeedForward is MixtureOfExperts);
            var sharding = new Sharding(tp, (int)Number("pp_size"), experts ? (int)Number("moe_ep_size") : 1, groups);
            if (ModelGraph.Problem(model, sharding) is not null)
            {
                continue;
            }

            ChipModel chip = ChipModel.For(Fixtures.Catalog, Cell("system"));
            var replica = new Replica(new ModelGraph(model, PrecisionOf(Cell("gemm_quant_mode"), Cell("backend"), model, chip), sharding), chip, engines.Get(Cell("backend")));
            ServingEstimate e = SteadyState.Estimate(replica, new Workload(Number("isl"), Number("osl")), Number("concurrency"), requestsPerSlot: RequestsPerSlot);
            rows.Add(new Row(
                Cell("model_path"),
                $"{Cell("model_path")} {Cell("system")} {Cell("backend")} {Cell("precision")}",
                e.Ttft.Value * 1e3 / Number("silicon_ttft_ms"),
                e.Tpot.Value * 1e3 / Number("silicon_tpot_ms")));
        }

        return rows;
    }

    // "nvfp4" gpt-oss rows are mxfp4 (the folder's README); blank is bf16. The cache's format is not recorded: where throughput stops rising shows fp8
    // for quantised models under TensorRT-LLM and on Blackwell, bf16 elsewhere.
    private static Precision PrecisionOf(string recorded, string engine, ModelSpec model, ChipModel chip)
    {
        Dtype weights = recorded switch { "nvfp4" => model.NativeDtype == Dtype.Mxfp4 ? Dtype.Mxfp4 : Dtype.Nvfp4, "" => Dtype.Bf16, _ => Dtype.Fp8 };
        bool smallCache = weights != Dtype.Bf16 && (engine == "trtllm" || chip.Chip.Architecture == "blackwell");
        return Precision.For(weights) with { KvCache = smallCache ? Dtype.Fp8 : Dtype.Bf16 };
    }
}
