using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Published;

/// <summary>
/// A measured server whose prompts and answers were computed by two pools of workers, in the table of <see cref="MeasuredServers"/>. Nothing is fitted to these
/// rows: chips, engines and clients are those of the aggregated ones.
/// </summary>
/// <param name="Prefill">A prefill worker.</param>
/// <param name="Decode">A decode worker, with what was measured of the whole.</param>
/// <param name="PrefillWorkers">Prefill workers.</param>
/// <param name="DecodeWorkers">Decode workers.</param>
/// <param name="Clients">Clients of the whole.</param>
/// <param name="PrefillBatch">Prompts of one attention group of a prefill worker at a time.</param>
internal sealed record SplitServer(MeasuredServer Prefill, MeasuredServer Decode, int PrefillWorkers, int DecodeWorkers, int Clients, int? PrefillBatch)
{
    /// <summary>How the table calls such rows.</summary>
    public const string Mode = "disagg";

    /// <summary>Reads a row; null with the reason when it says too little.</summary>
    public static SplitServer? Read(FleetCatalog catalog, CsvRow r, out string problem)
    {
        if (!r.Has("prefill_num_workers") || !r.Has("decode_num_workers") || r["prefill_num_workers"].Length == 0 || r["decode_num_workers"].Length == 0)
        {
            problem = "a split deployment that does not say how many workers it has (prefill_num_workers, decode_num_workers)";
            return null;
        }

        if (PoolOf(catalog, r, "prefill", out problem) is not { } prefill || PoolOf(catalog, r, "decode", out problem) is not { } decode)
        {
            return null;
        }

        int workers = r.Whole("decode_num_workers");
        bool counted = r["concurrency"].Length > 0;

        // Rows that leave the clients out come from another harness, with fixed lengths; as many then as the decode workers have places.
        return new SplitServer(
            prefill, decode with { DrawsLengths = counted }, r.Whole("prefill_num_workers"), workers, counted ? r.Whole("concurrency") : decode.Concurrency * workers,
            r["prefill_batch_size"].Length > 0 ? r.Whole("prefill_batch_size") : null);
    }

    /// <summary>Predicts a row; null with the reason when it says too little or does not fit.</summary>
    public static ServedRow? Predict(FleetCatalog catalog, CsvRow row, CatalogFolder<EngineOptions> engines, out string status, CancellationToken cancellation)
    {
        if (Read(catalog, row, out status) is not { } server)
        {
            return null;
        }

        if (engines.Find(server.Decode.Engine) is not { } engine)
        {
            status = $"the catalogue has no engine {server.Decode.Engine}";
            return null;
        }

        var clients = new CutSource(new ClosedLoopSource("clients", server.Decode.Lengths, server.Clients, MeasuredServers.Seed), count: (long)server.Clients * MeasuredServers.RequestsPerPlace);
        Replica prompts = Worker(server.Prefill, engine with { MaximumSequences = server.PrefillBatch ?? engine.MaximumSequences }), decodes = Worker(server.Decode, engine);
        if (KvLink.Of(prompts, decodes) is not { } link)
        {
            status = $"the catalogue has no scale-out bandwidth for {server.Decode.System}";
            return null;
        }

        var request = new SimulationRequest
        {
            Replica = decodes,
            Replicas = server.DecodeWorkers,
            Prefill = new PrefillPool { Replica = prompts, Replicas = server.PrefillWorkers, Link = link },
            Source = clients,
            TypicalContext = server.Decode.PromptTokens + server.Decode.OutputTokens,
            MaximumContext = server.Decode.PromptTokens + server.Decode.OutputTokens,
            Threads = 1,
            Seed = MeasuredServers.Seed,
        };
        if (ServingSimulation.Problem(request) is { } problem)
        {
            status = problem;
            return null;
        }

        status = "ok";
        ClassStatistics all = ServingSimulation.Run(request, cancellation).Statistics.Classes[0];
        MeasuredServer s = server.Decode;
        return new ServedRow(s, new ScoredRow(s.System, all.Ttft.Mean, s.TtftSeconds), new ScoredRow(s.System, all.Tpot.Mean, s.TpotSeconds));

        Replica Worker(MeasuredServer pool, EngineOptions options) => new(new ModelGraph(pool.Model, pool.Precision, pool.Sharding), ChipModel.For(catalog, pool.System), options) { BlockScaled = pool.BlockScaled };
    }

    // A worker is what an aggregated row with its fields would be.
    private static MeasuredServer? PoolOf(FleetCatalog catalog, CsvRow r, string pool, out string problem)
    {
        string Degree(string name) => r[$"{pool}_{name}"] is "" or "0" ? "1" : r[$"{pool}_{name}"];
        return MeasuredServer.Read(
            catalog,
            r.With(
                ("mode", "agg"), ("batch_size", r[$"{pool}_batch_size"]), ("tp_size", Degree("tp_size")), ("pp_size", Degree("pp_size")), ("attention_dp_size", Degree("attention_dp_size")),
                ("moe_tp_size", Degree("moe_tp_size")), ("moe_ep_size", Degree("moe_ep_size"))),
            out problem);
    }
}
