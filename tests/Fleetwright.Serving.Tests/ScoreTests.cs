using System.Globalization;
using System.IO.Compression;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Scores the closed loop against measured servers. Nothing is fitted to single rows; the bounds lie slightly above what was measured.</summary>
public class ScoreTests(ITestOutputHelper output)
{
    private sealed record Row(string Group, double Ttft, double Tpot, double MeasuredTtft, double MeasuredTpot, bool Fits);

    [Fact]
    public void Measured_servers_are_predicted_within_the_recorded_error()
    {
        List<Row> rows = Score(Repository.SharedData("silicon", "measured_serving.csv.gz"));
        foreach (var g in rows.GroupBy(r => r.Group).Append(new G("ALL", rows)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{g.Key,-60} n={g.Count(),4} TPOT mape {Mape(g, r => r.Tpot / r.MeasuredTpot),6:0.0} med {Median(g, r => r.Tpot / r.MeasuredTpot),6:0.0} bias {Bias(g, r => r.Tpot / r.MeasuredTpot),6:0.0}  TTFT mape {Mape(g, r => r.Ttft / r.MeasuredTtft),6:0.0} med {Median(g, r => r.Ttft / r.MeasuredTtft),6:0.0} bias {Bias(g, r => r.Ttft / r.MeasuredTtft),6:0.0} nofit {g.Count(r => !r.Fits)}"));
        }
    }

    private sealed class G(string key, IEnumerable<Row> rows) : IGrouping<string, Row>
    {
        public string Key => key;

        public IEnumerator<Row> GetEnumerator() => rows.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static double Mape(IEnumerable<Row> rows, Func<Row, double> ratio) => 100 * rows.Average(r => Math.Abs(ratio(r) - 1));

    private static double Median(IEnumerable<Row> rows, Func<Row, double> ratio) => rows.Select(r => 100 * Math.Abs(ratio(r) - 1)).Order().ElementAt(rows.Count() / 2);

    private static double Bias(IEnumerable<Row> rows, Func<Row, double> ratio) => 100 * (Math.Exp(rows.Average(r => Math.Log(ratio(r)))) - 1);

    private static List<Row> Score(string path)
    {
        var catalog = new FleetCatalog(Repository.Path("catalog"));
        var engines = EngineOptions.Of(catalog);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] header = reader.ReadLine()!.Split(',');
        var rows = new List<Row>();
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split(',');
            string Cell(string name) => cells[Array.IndexOf(header, name)];
            double Number(string name) => Cell(name) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : 1;
            if (Cell("mode") != "agg" || catalog.Models.Find(Cell("model_path")) is not { } model)
            {
                continue;
            }

            // The file's "fp4" is mxfp4 for gpt-oss; blank precision is the model's own.
            Dtype weights = Cell("gemm_quant_mode") switch { "nvfp4" => model.NativeDtype == Dtype.Mxfp4 ? Dtype.Mxfp4 : Dtype.Nvfp4, "" => Dtype.Bf16, _ => Dtype.Fp8 };
            int tp = (int)Number("tp_size"), dp = (int)Number("attention_dp_size"), ep = (int)Number("moe_ep_size");
            bool experts = model.Layers.Any(l => l.FeedForward is MixtureOfExperts);
            var sharding = new Sharding(tp, (int)Number("pp_size"), experts ? Math.Min(ep, tp * dp) : 1, dp);
            if (ModelGraph.Problem(model, sharding) is not null)
            {
                continue;
            }

            var deployment = new Deployment
            {
                Model = model,
                Chip = ChipModel.For(catalog, Cell("system")),
                Sharding = sharding,
                Precision = Precision.For(weights),
                Engine = engines.Get(Cell("backend")),
                Concurrency = Number("concurrency"),
                Workload = new Workload(Number("isl"), Number("osl")),
            };
            ServingEstimate estimate = SteadyState.Estimate(deployment.Compile(), deployment.Workload, deployment.Concurrency, requestsPerSlot: 10);
            rows.Add(new Row($"{Cell("model_path")} {Cell("system")} {Cell("backend")} {Cell("precision")}", estimate.Ttft.Value * 1e3, estimate.Tpot.Value * 1e3, Number("silicon_ttft_ms"), Number("silicon_tpot_ms"), estimate.Fits));
        }

        return rows;
    }
}
