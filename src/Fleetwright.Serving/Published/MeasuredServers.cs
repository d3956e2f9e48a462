using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Published;

/// <summary>A measured closed-loop server beside what the program says of it; seconds.</summary>
/// <param name="Server">The server.</param>
/// <param name="Ttft">Time to the first token.</param>
/// <param name="Tpot">Time per further token.</param>
internal sealed record ServedRow(MeasuredServer Server, ScoredRow Ttft, ScoredRow Tpot)
{
    /// <summary>The model as the row names it.</summary>
    public string Model => Server.ModelName;

    /// <summary>Model, chip, engine and number format.</summary>
    public string Group => Server.Group;
}

/// <summary>Predicts the measured servers of <c>shared/data/silicon</c> by simulating each one's closed loop from its start-up burst to its last answer. Nothing is fitted to single rows.</summary>
internal static class MeasuredServers
{
    /// <summary>The table, below the folder of public measurements.</summary>
    public const string File = "silicon/measured_serving.csv.gz";

    // The benchmark sends ten requests a place and starts all places at once (InferenceMAX README: --num-prompts $CONC * 10).
    internal const int RequestsPerPlace = 10;
    internal const ulong Seed = 1;
    private static readonly string[] Columns = ["id", "mode", "model_path", "system", "backend", "precision", "gemm_quant_mode", "moe_quant_mode", "concurrency", "batch_size", "isl", "osl", "tp_size", "attention_dp_size"];

    /// <summary>The rows that say enough, with the reasons of the others.</summary>
    public static IReadOnlyList<MeasuredServer> Read(FleetCatalog catalog, string path, ICollection<string>? left = null)
    {
        var servers = new List<MeasuredServer>();
        foreach (CsvRow row in CsvTable.Read(path, [.. Columns, "silicon_ttft_ms", "silicon_tpot_ms"]).Rows)
        {
            if (MeasuredServer.Read(catalog, row, out string problem) is { } server)
            {
                servers.Add(server);
            }
            else
            {
                left?.Add(problem);
            }
        }

        return servers;
    }

    /// <summary>Every aggregated row whose model is in the catalogue.</summary>
    public static IReadOnlyList<ServedRow> Predict(FleetCatalog catalog, string path, CancellationToken cancellation = default)
    {
        CatalogFolder<EngineOptions> engines = EngineOptions.Of(catalog);
        return Predict(catalog, Read(catalog, path), engines.Get, cancellation);
    }

    /// <summary>Simulates servers under engines with any parameters, started as the sweep did. Servers of one deployment share its prices.</summary>
    public static IReadOnlyList<ServedRow> Predict(FleetCatalog catalog, IReadOnlyList<MeasuredServer> servers, Func<string, EngineOptions> engines, CancellationToken cancellation = default)
    {
        var rows = new ServedRow[servers.Count];
        foreach (IGrouping<(string, string, string, Precision, Sharding, bool), int> same in Enumerable.Range(0, servers.Count).GroupBy(i => KeyOf(servers[i])))
        {
            MeasuredServer first = servers[same.First()];
            var graph = new ModelGraph(first.Model, first.Precision, first.Sharding);
            var chip = ChipModel.For(catalog, first.System);
            EngineOptions engine = engines(first.Engine);
            int budget = same.Max(i => SweepLaunch.Of(servers[i], engine).TokenBudget);
            ReplicaTable table = ServingSimulation.Table(new Replica(graph, chip, engine with { TokenBudget = budget }) { BlockScaled = first.BlockScaled });
            foreach (int i in same)
            {
                cancellation.ThrowIfCancellationRequested();
                var replica = new Replica(graph, chip, SweepLaunch.Of(servers[i], engine)) { BlockScaled = first.BlockScaled };
                rows[i] = Simulate(servers[i], replica, table, cancellation);
            }
        }

        return rows;
    }

    /// <summary>
    /// Predicts a table with the columns of the measured servers, row by row, and writes it again with <c>predicted_ttft_ms</c>, <c>predicted_tpot_ms</c> and
    /// <c>status</c>: <c>ok</c>, or why there is no prediction. What was measured may be empty or left out.
    /// </summary>
    /// <returns>Rows, and how many of them were predicted.</returns>
    public static (int Rows, int Predicted) Predict(FleetCatalog catalog, string path, TextWriter output, CancellationToken cancellation)
    {
        CsvTable table = CsvTable.Read(path, Columns);
        CatalogFolder<EngineOptions> engines = EngineOptions.Of(catalog);
        string[] status = new string[table.Rows.Count];
        var servers = new List<MeasuredServer>();
        var places = new List<int>();
        var of = new Dictionary<int, ServedRow>();
        for (int i = 0; i < table.Rows.Count; i++)
        {
            if (table.Rows[i]["mode"] == SplitServer.Mode)
            {
                if (SplitServer.Predict(catalog, table.Rows[i], engines, out status[i], cancellation) is { } split)
                {
                    of[i] = split;
                }

                continue;
            }

            if (MeasuredServer.Read(catalog, table.Rows[i], out status[i]) is not { } server)
            {
                continue;
            }

            if (engines.Find(server.Engine) is null)
            {
                status[i] = $"the catalogue has no engine {server.Engine}";
                continue;
            }

            var replica = new Replica(new ModelGraph(server.Model, server.Precision, server.Sharding), ChipModel.For(catalog, server.System), SweepLaunch.Of(server, engines.Get(server.Engine)));
            if (ServingSimulation.Problem(new SimulationRequest { Replica = replica }) is { } problem)
            {
                status[i] = problem;
                continue;
            }

            status[i] = "ok";
            servers.Add(server);
            places.Add(i);
        }

        IReadOnlyList<ServedRow> served = Predict(catalog, servers, engines.Get, cancellation);
        for (int i = 0; i < places.Count; i++)
        {
            of[places[i]] = served[i];
        }

        output.Write(CsvText.Line([.. table.Header, "predicted_ttft_ms", "predicted_tpot_ms", "status"]));
        for (int i = 0; i < table.Rows.Count; i++)
        {
            string[] own = of.TryGetValue(i, out ServedRow? row)
                ? [Milliseconds(row.Ttft.Predicted), Milliseconds(row.Tpot.Predicted), status[i]]
                : ["", "", status[i]];
            output.Write(CsvText.Line([.. table.Rows[i].Fields, .. own]));
        }

        return (table.Rows.Count, of.Count);
    }

    private static string Milliseconds(double seconds) => (seconds * 1e3).ToString("0.0000", CultureInfo.InvariantCulture);

    private static (string, string, string, Precision, Sharding, bool) KeyOf(MeasuredServer s) => (s.ModelName, s.System, s.Engine, s.Precision, s.Sharding, s.BlockScaled);

    private static ServedRow Simulate(MeasuredServer s, Replica replica, ReplicaTable table, CancellationToken cancellation)
    {
        var clients = new CutSource(new ClosedLoopSource("clients", s.Lengths, s.Concurrency, Seed), count: (long)s.Places * RequestsPerPlace);
        SimulationResult result = ServingSimulation.Run(
            new SimulationRequest
            {
                Replica = replica,
                Table = table,
                Sources = _ => clients,
                TypicalContext = s.PromptTokens + s.OutputTokens,
                MaximumContext = s.PromptTokens + s.OutputTokens,
                Threads = 1,
                Seed = Seed,
            },
            cancellation);
        ClassStatistics all = result.Statistics.Classes[0];
        return new ServedRow(s, new ScoredRow(s.System, all.Ttft.Mean, s.TtftSeconds), new ScoredRow(s.System, all.Tpot.Mean, s.TpotSeconds));
    }
}
