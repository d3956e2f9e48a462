using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Published;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation;

namespace Fleetwright.Cli.Commands;

/// <summary>Options of <c>simulate</c> that a replay shares with it.</summary>
internal sealed record VidurWords(string? Model, string? Scheduler, string? Router, string? Requests, int Replicas, int Threads, string? Csv);

/// <summary><c>fleetwright simulate --tables DIR --table-prefix P --semantics vidur …</c>: repeats a run of Vidur from its operator tables and request stream.</summary>
internal sealed class VidurOptions
{
    // Runs are repeated for this long once warm, because one of ten thousand requests takes milliseconds.
    private const double TimedSeconds = 0.5;
    private readonly Option<string?> _tables = new("--tables") { Description = "Replay: folder of operator tables." };
    private readonly Option<string?> _prefix = new("--table-prefix") { Description = "Replay: what the names of the tables begin with, such as llama2-70b_tp2_a100." };
    private readonly Option<string?> _semantics = new("--semantics") { Description = "Replay: whose rules; vidur." };
    private readonly Option<double?> _rate = new("--qps") { Description = "Replay: requests per second, by which unit_arrival is divided; left out for a file with arrived_at." };
    private readonly Option<int?> _count = new("--count") { Description = "Replay: requests at most." };
    private readonly Option<long?> _blocks = new("--blocks") { Description = "Replay: blocks of a replica's cache; by Vidur's formula when left out." };
    private readonly Option<int> _stages = new("--stages") { Description = "Replay: pipeline stages; 1, as the tables hold no transfers between stages.", DefaultValueFactory = _ => 1 };
    private readonly Option<int?> _cap = new("--batch-cap") { Description = "Replay: sequences of a replica at most; the largest batch of the decode table when left out." };
    private readonly Option<int> _chunk = new("--chunk") { Description = "Replay: tokens of an iteration of Sarathi at most.", DefaultValueFactory = _ => 512 };
    private readonly Option<int?> _tokens = new("--max-tokens") { Description = "Replay: tokens of a sequence and of vLLM's batch of prompts at most; the end of the tables when left out." };

    /// <summary>Those that mean something in a replay alone, beside those that ask for one.</summary>
    public IEnumerable<Option> Details => [_rate, _count, _blocks, _stages, _cap, _chunk, _tokens];

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_tables, _prefix, _semantics, .. Details])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether a replay is meant.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_tables) is not null || parsed.GetValue(_prefix) is not null || parsed.GetValue(_semantics) is not null;

    /// <summary>Runs it.</summary>
    public int Run(CommandContext context, ParseResult parsed, bool json, VidurWords words)
    {
        string semantics = parsed.GetValue(_semantics) ?? "vidur";
        if (semantics != "vidur")
        {
            throw new InputException(_semantics.Name, $"found '{semantics}'; allowed: vidur");
        }

        if (parsed.GetValue(_stages) != 1)
        {
            throw new InputException(_stages.Name, FormattableString.Invariant($"found {parsed.GetValue(_stages)}; allowed: 1, as the tables hold no transfers between stages"));
        }

        string prefix = Given(_prefix, parsed.GetValue(_prefix));
        VidurScript script = new VidurReplay
        {
            Tables = Given(_tables, parsed.GetValue(_tables)),
            Prefix = prefix,
            Model = ModelOf(context, words.Model, prefix),
            Sarathi = words.Scheduler is null or "sarathi" || (words.Scheduler is "vllm" or "vllm-v0" ? false : throw new InputException("--scheduler", $"found '{words.Scheduler}'; allowed with --semantics vidur: sarathi, vllm")),
            Requests = words.Requests ?? throw new InputException("--requests", "is missing: the file of requests (unit_arrival or arrived_at, num_prefill_tokens, num_decode_tokens)"),
            RequestsPerSecond = Above(_rate, parsed.GetValue(_rate)),
            Count = (int?)Above(_count, parsed.GetValue(_count)),
            Blocks = (long?)Above(_blocks, parsed.GetValue(_blocks)),
            BatchCap = (int?)Above(_cap, parsed.GetValue(_cap)),
            ChunkTokens = (int)Above(_chunk, parsed.GetValue(_chunk))!.Value,
            MaximumTokens = (int?)Above(_tokens, parsed.GetValue(_tokens)),
            Replicas = words.Replicas,
            LeastWaiting = words.Router is "lor" or "least-waiting" || (words.Router is null or "rr" or "round-robin" ? false : throw new InputException("--router", $"found '{words.Router}'; allowed with --semantics vidur: rr, lor")),
            Threads = words.Threads,
        }.Read();

        var list = new Kept();
        ReplicaWork work = script.Run(list.Replica);
        CompletedRequest[] ended = [.. list.All.OrderBy(r => r.Id)];
        if (words.Csv is { } file)
        {
            Save(file, ended);
        }

        Answer answer = Answer.Of(script, ended, list.Rejected, work) with { RequestsPerCpuSecond = Speed(script, ended.Length), PeakBytes = Process.GetCurrentProcess().PeakWorkingSet64 };
        if (json)
        {
            context.WriteJson(answer);
        }
        else
        {
            Tell(context, answer);
        }

        return ExitCode.Success;
    }

    private static string Given(Option<string?> option, string? value) => value ?? throw new InputException(option.Name, "is missing; a replay needs --tables, --table-prefix and --requests");

    private static double? Above<T>(Option<T> option, double? value) =>
        value is null || (value > 0 && double.IsFinite(value.Value)) ? value : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found {value}; allowed: a number above 0"));

    // llama2-70b is llama-2-70b of the catalogue.
    private static ModelSpec ModelOf(CommandContext context, string? name, string prefix)
    {
        if (name is not null)
        {
            return ServingOptions.Model(context, name);
        }

        string first = prefix.Split('_')[0];
        string spaced = string.Concat(first.Select((c, i) => i > 0 && char.IsDigit(c) && char.IsLetter(first[i - 1]) ? $"-{c}" : $"{c}"));
        return context.Catalog.Models.Find(spaced) ?? context.Catalog.Models.Find(first)
            ?? throw new InputException("--table-prefix", $"found '{prefix}'; it must begin with a model of the catalogue, such as llama2-70b_tp2_a100, or --model must name one");
    }

    private static double Speed(VidurScript script, int requests)
    {
        var sink = new Uncounted();
        ICompletionSink Sink(int replica) => sink;
        for (int i = 0; i < 30; i++)
        {
            _ = script.Run(Sink);
        }

        double before = Environment.CpuUsage.TotalTime.TotalSeconds, spent;
        long runs = 0;
        do
        {
            _ = script.Run(Sink);
            runs++;
            spent = Environment.CpuUsage.TotalTime.TotalSeconds - before;
        }
        while (spent < TimedSeconds);
        return requests * runs / spent;
    }

    private static void Save(string file, CompletedRequest[] ended) => WholeFile.Write(file, writer =>
    {
        writer.WriteLine("request_id,sched_delay_s,ttft_s,e2e_s,restarts");
        foreach (CompletedRequest r in ended)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Id},{r.QueueSeconds:R},{r.Ttft:R},{r.EndToEnd:R},{r.Preemptions}"));
        }
    });

    private static void Tell(CommandContext context, Answer a)
    {
        IFormatProvider c = CultureInfo.InvariantCulture;
        context.Output.WriteLine(string.Create(c, $"{a.Completed:#,0} requests in {a.SimulatedSeconds:0.000} s of simulated time: {a.Iterations:#,0} iterations in {a.Leaps:#,0} leaps, {a.Events:#,0} events, {a.Restarts:#,0} restarts; {a.Blocks:#,0} blocks a replica"));
        context.WriteTable(["s", "mean>", "p50>", "p90>", "p95>", "p99>", "longest>"], a.Named.Select(n => (IReadOnlyList<string>)
            [n.Name, .. ((double[])[n.Values.Mean, n.Values.P50, n.Values.P90, n.Values.P95, n.Values.P99, n.Values.Max]).Select(v => v.ToString("0.000000", c))]));
        context.Output.WriteLine(string.Create(c, $"{a.RequestsPerCpuSecond:#,0} requests a CPU second once warm, {a.PeakBytes / 1e6:0} MB at most"));
    }

    // What ended on each replica, apart, as replicas may run at once.
    private sealed class Kept
    {
        private readonly Dictionary<int, OfReplica> _of = [];

        public IEnumerable<CompletedRequest> All => _of.Values.SelectMany(r => r.Ended);

        public long Rejected => _of.Values.Sum(r => r.Rejections);

        public ICompletionSink Replica(int index) => _of[index] = new OfReplica();

        private sealed class OfReplica : ICompletionSink
        {
            public List<CompletedRequest> Ended { get; } = [];

            public long Rejections { get; private set; }

            public void Completed(in CompletedRequest request) => Ended.Add(request);

            public void Rejected(in Request request) => Rejections++;
        }
    }

    private sealed class Uncounted : ICompletionSink
    {
        public void Completed(in CompletedRequest request)
        {
        }

        public void Rejected(in Request request)
        {
        }
    }

    /// <summary>Percentiles as numpy's: linear between ranks.</summary>
    private sealed record Spread(double Mean, double P50, double P90, double P95, double P99, double Max)
    {
        public static Spread Of(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            double At(double share)
            {
                double rank = share * (sorted.Length - 1);
                int low = (int)rank;
                return sorted[low] + ((rank - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low]));
            }

            return sorted.Length == 0 ? new Spread(0, 0, 0, 0, 0, 0) : new Spread(sorted.Average(), At(0.5), At(0.9), At(0.95), At(0.99), sorted[^1]);
        }
    }

    private sealed record Answer(
        int Requests, int Completed, long Rejected, double SimulatedSeconds, long Iterations, long Leaps, long Events, long Restarts, long Blocks, Spread SchedDelayS, Spread TtftS, Spread TpotS, Spread E2eS)
    {
        public double RequestsPerCpuSecond { get; init; }

        public long PeakBytes { get; init; }

        [System.Text.Json.Serialization.JsonIgnore]
        public IEnumerable<(string Name, Spread Values)> Named => [("queue", SchedDelayS), ("TTFT", TtftS), ("TPOT", TpotS), ("end to end", E2eS)];

        public static Answer Of(VidurScript script, CompletedRequest[] ended, long rejected, in ReplicaWork work) => new(
            script.Count,
            ended.Length,
            rejected,
            ended.Length > 0 ? ended.Max(r => Ticks.Seconds(r.Completed)) : 0,
            work.Iterations,
            work.Runs,
            work.Runs + script.Count,
            ended.Sum(r => (long)r.Preemptions),
            script.Limits.Blocks,
            Spread.Of(ended.Select(r => r.QueueSeconds)),
            Spread.Of(ended.Select(r => r.Ttft)),

            // Vidur divides by all tokens of the answer.
            Spread.Of(ended.Select(r => (r.EndToEnd - r.Ttft) / r.OutputTokens)),
            Spread.Of(ended.Select(r => r.EndToEnd)));
    }
}
