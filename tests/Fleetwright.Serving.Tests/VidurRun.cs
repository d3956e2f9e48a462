using System.Globalization;
using System.Text.Json;
using Fleetwright.Hardware.Tables;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>One run of <c>traces/vidur/anchor/results.json</c>: what it was given and what came out.</summary>
internal sealed class VidurRun : ICompletionSink
{
    private const int Block = 16;
    private readonly string _folder;
    private readonly JsonElement _result;
    private readonly Dictionary<string, string> _options = [];
    private readonly Dictionary<long, CompletedRequest> _completed = [];

    private VidurRun(string folder, JsonElement result)
    {
        (_folder, _result) = (folder, result);
        string[] words = result.GetProperty("cli").GetString()!.Split(' ');
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i].StartsWith("--", StringComparison.Ordinal))
            {
                _options[words[i][2..]] = i + 1 < words.Length && !words[i + 1].StartsWith("--", StringComparison.Ordinal) ? words[i + 1] : "";
            }
        }
    }

    public int Requests => _result.GetProperty("requests").GetInt32();

    public long Batches => _result.GetProperty("batches").GetInt64();

    public int Replicas => int.Parse(Option("cluster_config_num_replicas", "1"), CultureInfo.InvariantCulture);

    public string Scheduler => Option("replica_scheduler_config_type", "");

    public static VidurRun Read(string folder, string name)
    {
        using var results = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "results.json")));
        return new VidurRun(folder, results.RootElement.EnumerateArray().Single(r => r.GetProperty("name").GetString() == name).Clone());
    }

    /// <summary>A percentile of the run, such as (<c>ttft_s</c>, <c>p99</c>).</summary>
    public double Published(string metric, string percentile) => _result.GetProperty(metric).GetProperty(percentile).GetDouble();

    public IReadOnlyDictionary<long, CompletedRequest> Simulate(out long iterations, bool leaps = true, int threads = 2)
    {
        VidurTables tables = Tables();
        var sinks = new VidurRun[Replicas];
        var replicas = new ReplicaSimulator<VidurTables>[Replicas];
        for (int i = 0; i < Replicas; i++)
        {
            sinks[i] = new VidurRun(_folder, _result);
            replicas[i] = Create(tables, sinks[i], leaps);
        }

        if (Replicas == 1)
        {
            replicas[0].Run(new ListSource(Stream()));
        }
        else
        {
            Router router = Option("global_scheduler_config_type", "round_robin") == "lor" ? new LeastWaitingRouter() : new RoundRobinRouter();
            new FleetSimulator(replicas, router, Replicas, threads).Run(new ListSource(Stream()));
        }

        iterations = replicas.Sum(r => r.Work.Iterations);
        return sinks.SelectMany(s => s._completed).ToDictionary(p => p.Key, p => p.Value);
    }

    public ReplicaSimulator<VidurTables> Create(VidurTables tables, ICompletionSink sink, bool leaps = true)
    {
        bool sarathi = Scheduler == "sarathi";
        string prefix = sarathi ? "sarathi_scheduler_config_" : "vllm_scheduler_config_";
        Scheduler scheduler = sarathi ? new SarathiScheduler() : new VllmV0Scheduler(Number(prefix + "max_tokens_in_batch"));
        long blocks = _result.GetProperty("kv_blocks_per_replica").GetInt64();
        var limits = new SchedulerLimits
        {
            TokenBudget = sarathi ? Number(prefix + "chunk_size") : int.MaxValue,
            MaximumSequences = Number(prefix + "batch_size_cap"),
            Blocks = blocks,
            BlockTokens = Block,
            WatermarkBlocks = blocks / 100,
        };
        return new ReplicaSimulator<VidurTables>(tables, scheduler, new ReplicaState(limits) { ForgetsUncomputed = true }, sink, leaps);
    }

    public VidurTables Tables() => Option("replica_config_model_name", "").Contains("70b", StringComparison.Ordinal)
        ? VidurTables.Read(Path.Combine(_folder, "llama2-70b_tp2_a100"), 80)
        : VidurTables.Read(Path.Combine(_folder, "llama3-8b_tp1_a100_surrogate"), 32);

    public List<Request> Stream()
    {
        if (Option("request_generator_config_type", "") == "trace_replay")
        {
            return [.. CsvTable.Read(Path.Combine(_folder, "..", "splitwise_conv.csv.gz"), "arrived_at", "num_prefill_tokens", "num_decode_tokens").Rows
                .Select((r, i) => new Request(i, Ticks.Of(r.Number("arrived_at")), r.Whole("num_prefill_tokens"), r.Whole("num_decode_tokens")))];
        }

        double rate = double.Parse(Option("poisson_request_interval_generator_config_qps", ""), CultureInfo.InvariantCulture);
        string file = $"requests_conv_seed42_max{Option("trace_request_length_generator_config_max_tokens", "")}.csv.gz";
        return [.. CsvTable.Read(Path.Combine(_folder, file), "request_id", "unit_arrival", "num_prefill_tokens", "num_decode_tokens").Rows.Take(Requests)
            .Select(r => new Request(r.Whole("request_id"), Ticks.Of(r.Number("unit_arrival") / rate), r.Whole("num_prefill_tokens"), r.Whole("num_decode_tokens")))];
    }

    void ICompletionSink.Completed(in CompletedRequest request) => _completed.Add(request.Id, request);

    void ICompletionSink.Rejected(in Request request) => throw new InvalidOperationException("Vidur rejects nothing");

    private string Option(string name, string absent) => _options.GetValueOrDefault(name, absent);

    private int Number(string name) => int.Parse(_options[name], CultureInfo.InvariantCulture);
}
