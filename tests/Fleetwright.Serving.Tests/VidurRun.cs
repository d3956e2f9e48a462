using System.Globalization;
using System.Text.Json;
using Fleetwright.Catalog;
using Fleetwright.Serving.Published;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>One run of <c>traces/vidur/anchor/results.json</c>: what it was given and what came out.</summary>
internal sealed class VidurRun : ICompletionSink
{
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

    public IReadOnlyDictionary<long, CompletedRequest> Simulate(out long iterations, int threads = 2)
    {
        var sinks = new List<VidurRun>();
        iterations = Script(threads).Run(_ =>
        {
            sinks.Add(new VidurRun(_folder, _result));
            return sinks[^1];
        }).Iterations;
        return sinks.SelectMany(s => s._completed).ToDictionary(p => p.Key, p => p.Value);
    }

    /// <summary>The run as the product repeats it. Vidur's blocks are given only where the run names them, so that its formula is held too.</summary>
    public VidurScript Script(int threads = 1)
    {
        bool sarathi = Scheduler == "sarathi", large = Option("replica_config_model_name", "").Contains("70b", StringComparison.Ordinal);
        bool replay = Option("request_generator_config_type", "") == "trace_replay";
        string prefix = sarathi ? "sarathi_scheduler_config_" : "vllm_scheduler_config_";
        int tokens = Number("trace_request_length_generator_config_max_tokens");
        VidurScript script = new VidurReplay
        {
            Tables = _folder,
            Prefix = large ? "llama2-70b_tp2_a100" : "llama3-8b_tp1_a100_surrogate",
            Model = FleetCatalog.OpenDefault().Models.Get(large ? "llama-2-70b" : "llama-3-8b"),
            Sarathi = sarathi,
            Requests = replay ? Path.Combine(_folder, "..", "splitwise_conv.csv.gz") : Path.Combine(_folder, $"requests_conv_seed42_max{tokens}.csv.gz"),
            RequestsPerSecond = replay ? null : double.Parse(Option("poisson_request_interval_generator_config_qps", ""), CultureInfo.InvariantCulture),
            Count = Requests,
            Blocks = _options.TryGetValue(prefix + "num_blocks", out string? blocks) ? long.Parse(blocks, CultureInfo.InvariantCulture) : null,
            BatchCap = Number(prefix + "batch_size_cap"),
            ChunkTokens = Number("sarathi_scheduler_config_chunk_size"),
            MaximumTokens = sarathi ? tokens : Number(prefix + "max_tokens_in_batch"),
            Replicas = Replicas,
            LeastWaiting = Option("global_scheduler_config_type", "round_robin") == "lor",
            Threads = threads,
        }.Read();
        return script.Limits.Blocks == _result.GetProperty("kv_blocks_per_replica").GetInt64() ? script : throw new InvalidOperationException($"{script.Limits.Blocks} blocks are not Vidur's");
    }

    void ICompletionSink.Completed(in CompletedRequest request) => _completed.Add(request.Id, request);

    void ICompletionSink.Rejected(in Request request) => throw new InvalidOperationException("Vidur rejects nothing");

    private string Option(string name, string absent) => _options.GetValueOrDefault(name, absent);

    private int Number(string name) => int.Parse(_options[name], CultureInfo.InvariantCulture);
}
