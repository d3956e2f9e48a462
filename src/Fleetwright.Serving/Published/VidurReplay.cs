using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Tables;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Published;

/// <summary>A run of Vidur to be repeated from operator tables; semantics in <c>docs/serving.md</c>, section Vidur.</summary>
public sealed record VidurReplay
{
    private const int BlockTokens = 16;
    private const double MemoryBytes = 80.0 * (1L << 30);
    private const double MemoryShare = 0.9;

    /// <summary>Folder of the tables.</summary>
    public required string Tables { get; init; }

    /// <summary>What their names begin with, such as <c>llama2-70b_tp2_a100</c>: model, tensor parallelism, card.</summary>
    public required string Prefix { get; init; }

    /// <summary>The model: its layers, and its memory where <see cref="Blocks"/> is left out.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>Sarathi, or vLLM before V1.</summary>
    public required bool Sarathi { get; init; }

    /// <summary>Requests: <c>unit_arrival</c> to be divided by <see cref="RequestsPerSecond"/>, or <c>arrived_at</c> in seconds.</summary>
    public required string Requests { get; init; }

    /// <summary>Rate of the stream; null for a trace with times.</summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>Requests at most.</summary>
    public int? Count { get; init; }

    /// <summary>Blocks of a replica's cache; by Vidur's formula when null.</summary>
    public long? Blocks { get; init; }

    /// <summary>Sequences of a replica at most; the largest batch of the decode table when null.</summary>
    public int? BatchCap { get; init; }

    /// <summary>Sarathi: tokens of an iteration at most.</summary>
    public int ChunkTokens { get; init; } = 512;

    /// <summary>Tokens of a sequence, and of vLLM's batch of prompts, at most; the end of the tables when null.</summary>
    public int? MaximumTokens { get; init; }

    /// <summary>Replicas.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Whether the router looks at the waiting queues (lor), or deals in turn (rr).</summary>
    public bool LeastWaiting { get; init; }

    /// <summary>Threads to use; the results do not depend on it.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Reads the files.</summary>
    /// <exception cref="InputException">One is missing, cut or wrong, or the model does not fit.</exception>
    public VidurScript Read()
    {
        string prefix = Path.Combine(Tables, Prefix);
        int layers = Model.LayerCount;
        VidurTables tables = VidurTables.Read(prefix, layers);
        int tokens = MaximumTokens ?? tables.LongestContext, tensor = TensorParallel();
        long blocks = Blocks ?? VidurBlocks(tensor, tokens);
        if (blocks < 1)
        {
            throw new InputException("--table-prefix", FormattableString.Invariant($"{Model.Name} on {tensor} cards of 80 GiB leaves no room for {tokens} tokens; give the blocks with --blocks"));
        }

        CsvTable table = CsvTable.Read(Requests, "num_prefill_tokens", "num_decode_tokens");
        string time = RequestsPerSecond is null ? "arrived_at" : "unit_arrival";
        var stream = new List<Request>();
        foreach (CsvRow r in table.Rows)
        {
            if (stream.Count == Count)
            {
                break;
            }

            stream.Add(new Request((long)r.NumberOr(stream.Count, "request_id"), Ticks.Of(r.Number(time) / (RequestsPerSecond ?? 1)), r.Whole("num_prefill_tokens"), r.Whole("num_decode_tokens")));
        }

        var limits = new SchedulerLimits
        {
            TokenBudget = Sarathi ? ChunkTokens : int.MaxValue,
            MaximumSequences = BatchCap ?? tables.LargestBatch,
            Blocks = blocks,
            BlockTokens = BlockTokens,
            WatermarkBlocks = blocks / 100,
        };
        return new VidurScript(this, tables, limits, stream, tokens);
    }

    // _tp2_: cards that a replica is split over.
    private int TensorParallel() =>
        Prefix.Split('_').FirstOrDefault(p => p.StartsWith("tp", StringComparison.Ordinal)) is { } part && int.TryParse(part[2..], NumberStyles.None, CultureInfo.InvariantCulture, out int tp) && tp > 0 ? tp : 1;

    // Vidur's memory: two bytes a weight of attention and feed-forward, embeddings left out; slots of the longest sequence in what is left of 90 %.
    private long VidurBlocks(int tensor, int tokens)
    {
        if (Model.Layers[0].Mixer is not GroupedQueryAttention attention || Model.Layers[0].FeedForward is not DenseFeedForward dense)
        {
            throw new InputException("--blocks", $"Vidur's memory is known for dense models with grouped-query attention; give the blocks of {Model.Name}");
        }

        double heads = (2.0 * attention.Heads / tensor) + (2.0 * attention.KvHeads / tensor);
        double weights = Model.LayerCount * ((Model.HiddenSize * (double)attention.HeadSize * heads) + ((dense.Gated ? 3.0 : 2.0) * Model.HiddenSize * dense.Size / tensor));
        double slots = Math.Floor(((MemoryBytes * MemoryShare) - (2 * weights)) / (4.0 * attention.HeadSize * attention.KvHeads / tensor * tokens * Model.LayerCount));
        return (long)Math.Max(0, slots) * (tokens / BlockTokens);
    }
}

/// <summary>A run of Vidur with its files read: it can be run again and again.</summary>
public sealed class VidurScript
{
    private readonly VidurReplay _replay;
    private readonly VidurTables _tables;
    private readonly Request[] _stream;
    private readonly int _maximumTokens;

    internal VidurScript(VidurReplay replay, VidurTables tables, SchedulerLimits limits, IReadOnlyList<Request> stream, int maximumTokens) =>
        (_replay, _tables, Limits, _stream, _maximumTokens) = (replay, tables, limits, [.. stream], maximumTokens);

    /// <summary>What the scheduler of each replica can fill.</summary>
    public SchedulerLimits Limits { get; }

    /// <summary>Requests of the run.</summary>
    public int Count => _stream.Length;

    /// <summary>Takes every request to its end.</summary>
    /// <param name="sink">Gives each replica its sink.</param>
    /// <param name="leaps">Whether runs of iterations are taken in one step; the results are the same.</param>
    /// <returns>What all replicas did.</returns>
    public ReplicaWork Run(Func<int, ICompletionSink> sink, bool leaps = true)
    {
        var replicas = new IReplicaEngine[_replay.Replicas];
        for (int i = 0; i < replicas.Length; i++)
        {
            Scheduler scheduler = _replay.Sarathi ? new SarathiScheduler() : new VllmV0Scheduler(_maximumTokens);
            replicas[i] = new ReplicaSimulator<VidurTables>(_tables, scheduler, new ReplicaState(Limits) { ForgetsUncomputed = true }, sink(i), leaps);
        }

        var source = new ListSource(_stream);
        if (replicas.Length == 1)
        {
            _ = replicas[0].RunUntil(source, Ticks.Never - 1);
        }
        else
        {
            new FleetSimulator(replicas, _replay.LeastWaiting ? new LeastWaitingRouter() : new RoundRobinRouter(), replicas.Length, _replay.Threads).Run(source);
        }

        ReplicaWork all = default;
        foreach (IReplicaEngine replica in replicas)
        {
            all.Add(replica.Work);
        }

        return all;
    }
}
