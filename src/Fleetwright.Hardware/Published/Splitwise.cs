using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Published;

/// <summary>
/// Iteration times and watts of Llama 2 70B and BLOOM 176B on A100 and H100 servers (Patel et al., Splitwise, ISCA 2024; data:
/// github.com/Mutinifni/splitwise-sim, MIT), beside what the program prices of the same step without a serving engine around it.
/// </summary>
internal static class Splitwise
{
    /// <summary>The table, below the folder of public measurements.</summary>
    public const string File = "traces/splitwise-sim/perf_model.csv.gz";

    /// <summary>Prefill and decode iterations by model, chip and phase; seconds. Rows of one setting are repeats, whose median is taken.</summary>
    public static IReadOnlyList<ScoredRow> Iterations(FleetCatalog catalog, string path)
    {
        var scored = new List<ScoredRow>();
        foreach (IGrouping<(string Model, string Hardware, int Ranks), CsvRow> server in Rows(path).GroupBy(r => (r["model"], r["hardware"], r.Whole("tensor_parallel"))))
        {
            if (ChipOf(server.Key.Hardware) is not { } name)
            {
                continue;
            }

            ChipModel chip = ChipModel.For(catalog, name);
            var graph = new ModelGraph(catalog.Models.Get(server.Key.Model == "bloom-176b" ? "bloom-176b" : "llama-2-70b"), Precision.Bf16, new Sharding(server.Key.Ranks, 1, 1, 1));
            var step = new Operator[graph.MaximumOperators];
            foreach (var setting in server.GroupBy(r => (Prompt: r.Number("prompt_size"), Batch: r.Number("batch_size"), Tokens: r.Number("token_size"))))
            {
                double prefill = chip.Price(step.AsSpan(0, graph.Step(StepShape.Prefill(setting.Key.Batch, setting.Key.Prompt), step))).Seconds;
                double decode = chip.Price(step.AsSpan(0, graph.Step(StepShape.Decode(setting.Key.Batch, setting.Key.Prompt + (setting.Key.Tokens / 2)), step))).Seconds;
                scored.Add(new ScoredRow($"{server.Key.Model} {server.Key.Hardware} prefill", prefill, Median(setting.Select(r => r.Number("prompt_time"))) * 1e-3));
                scored.Add(new ScoredRow($"{server.Key.Model} {server.Key.Hardware} decode", decode, Median(setting.Select(r => r.Number("token_time"))) * 1e-3));
            }
        }

        return scored;
    }

    /// <summary>Watts of Llama 2 70B decoding one request on A100, as shares of the limit. Each iteration reads the weights once; power follows from the bytes it moved and the time that it really took.</summary>
    public static IReadOnlyList<ScoredRow> DecodeWatts(FleetCatalog catalog, string path)
    {
        ChipModel chip = ChipModel.For(catalog, "a100-80gb-sxm");
        const double Weights = 138e9;
        return [.. Rows(path)
            .Where(r => r["model"] == "llama2-70b" && r["hardware"] == "a100-80gb" && r["prompt_size"] is "128" or "512" or "1024" && r["batch_size"] == "1" && r["token_size"] == "128" && r.Number("average_power") > 0)
            .Select(r =>
            {
                OperatorCost read = chip.Price(Operator.Elementwise(OperatorRole.Other, Weights / r.Number("tensor_parallel"), 0));
                double idle = chip.Chip.Tdp * chip.Coefficients.IdlePowerShare;
                double watts = ((read.Joules - (read.Seconds * idle)) / (r.Number("token_time") * 1e-3)) + idle;
                return new ScoredRow($"{r["tensor_parallel"]} chips", watts / chip.Chip.Tdp, r.Number("average_power"));
            })];
    }

    private static IReadOnlyList<CsvRow> Rows(string path) =>
        CsvTable.Read(path, "model", "hardware", "prompt_size", "batch_size", "token_size", "average_power", "prompt_time", "token_time", "tensor_parallel").Rows;

    // The power-capped H100 is no chip of the catalogue.
    private static string? ChipOf(string hardware) => hardware switch { "a100-80gb" => "a100-80gb-sxm", "h100-80gb" => "h100-sxm", _ => null };

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
