using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Published;

/// <summary>A measured closed-loop server beside what the program says of it; seconds.</summary>
/// <param name="Model">The model as the row names it.</param>
/// <param name="Group">Model, chip, engine and number format.</param>
/// <param name="Ttft">Time to the first token.</param>
/// <param name="Tpot">Time per further token.</param>
internal sealed record ServedRow(string Model, string Group, ScoredRow Ttft, ScoredRow Tpot);

/// <summary>Predicts the measured servers of <c>shared/data/silicon</c>. Nothing is fitted to single rows.</summary>
internal static class MeasuredServers
{
    /// <summary>The table, below the folder of public measurements.</summary>
    public const string File = "silicon/measured_serving.csv.gz";

    // The benchmark sends ten requests a place and starts all places at once (InferenceMAX README: --num-prompts $CONC * 10).
    private const double RequestsPerSlot = 10;

    /// <summary>Every aggregated row whose model is in the catalogue.</summary>
    public static IReadOnlyList<ServedRow> Predict(FleetCatalog catalog, string path, CancellationToken cancellation = default)
    {
        CatalogFolder<EngineOptions> engines = EngineOptions.Of(catalog);
        var rows = new List<ServedRow>();
        foreach (CsvRow r in CsvTable.Read(path, "mode", "model_path", "system", "backend", "precision", "gemm_quant_mode", "concurrency", "isl", "osl", "silicon_ttft_ms", "silicon_tpot_ms").Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            if (r["mode"] != "agg" || r["concurrency"].Length == 0 || catalog.Models.Find(r["model_path"]) is not { } model)
            {
                continue;
            }

            bool experts = model.Layers.Any(l => l.FeedForward is MixtureOfExperts);
            var sharding = new Sharding((int)r.Number("tp_size", 1), (int)r.Number("pp_size", 1), experts ? (int)r.Number("moe_ep_size", 1) : 1, (int)r.Number("attention_dp_size", 1));
            if (ModelGraph.Problem(model, sharding) is not null)
            {
                continue;
            }

            ChipModel chip = ChipModel.For(catalog, r["system"]);
            var replica = new Replica(new ModelGraph(model, PrecisionOf(r["gemm_quant_mode"], r["backend"], model, chip), sharding), chip, engines.Get(r["backend"]));
            ServingEstimate e = SteadyState.Estimate(replica, new Workload(r.Number("isl", 1), r.Number("osl", 1)), r.Number("concurrency"), requestsPerSlot: RequestsPerSlot);
            string group = $"{r["model_path"]} {r["system"]} {r["backend"]} {(r["precision"].Length > 0 ? r["precision"] : "bf16")}";
            rows.Add(new ServedRow(
                r["model_path"], group, new ScoredRow(r["system"], e.Ttft.Value, r.Number("silicon_ttft_ms") * 1e-3), new ScoredRow(r["system"], e.Tpot.Value, r.Number("silicon_tpot_ms") * 1e-3)));
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
