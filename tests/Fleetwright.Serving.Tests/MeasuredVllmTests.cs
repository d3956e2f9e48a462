using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Real servers of vLLM 0.19 under Poisson arrivals, from the operator tables of the same cards.</summary>
public sealed class MeasuredVllmTests
{
    [Theory]
    [InlineData("RTX4090/Llama-3.1-8B", "RTX4090/meta-llama/Llama-3.1-8B/bf16/tp1", 32, 256, 2587, 1, 0, 0)]
    [InlineData("RTXPRO6000/Llama-3.1-8B", "RTXPRO6000/meta-llama/Llama-3.1-8B/bf16/tp1", 32, 128, 35_000, 1, 0, 0)]
    [InlineData("RTXPRO6000/Qwen3-32B", "RTXPRO6000/Qwen/Qwen3-32B/bf16/tp2", 64, 128, 20_000, 2, 0, 0)]
    [InlineData("RTXPRO6000/Qwen3-30B-A3B-Instruct-2507", "RTXPRO6000/Qwen/Qwen3-30B-A3B-Instruct-2507/bf16/tp1", 48, 128, 30_000, 1, 128, 8)]
    public void Latencies(string run, string profile, int layers, int sequences, long blocks, int tensor, int experts, int chosen)
    {
        string folder = Repository.SharedData("traces", "llmservingsim-vllm");
        string tables = Unpack(Path.Combine(folder, "operator_profiles.tar.gz"));
        (List<Request> requests, List<double[]> measured) = Read(Path.Combine(folder, "measured", run, "vllm", "requests.jsonl"));
        var options = new ProfileOptions
        {
            Layers = layers,
            MaximumSequences = sequences,
            Experts = experts,
            Chosen = chosen,
            ExpertRanks = experts > 0 ? 2 : 1,
            Exchange = experts > 0 ? t => layers * ((2 * 20e-6) + (t * (4160 + 4096) / 16e9)) : null,
            GraphSizes = experts > 0 ? [1, 2, 4, .. Enumerable.Range(1, 32).Select(i => 8 * i)] : [],
            Communication = tensor > 1 ? t => layers * 2 * (20e-6 + (t * 5120 * 2.0 / 16e9)) : null,
        };
        ProfileTable table = ProfileTable.Read(Path.Combine(tables, profile), options);
        if (experts > 0)
        {
            foreach ((int n, int c) in new[] { (60, 1000), (128, 1229), (107, 1366) })
            {
                foreach (int chunk in new[] { 0, 64, 274, 500, 1000, 1370, 2000 })
                {
                    PromptChunk[] chunks = chunk > 0 ? [new PromptChunk(chunk, 0)] : [];
                    RankBatch a = RankBatch.Of(n, n * (long)c, c, chunks), b = RankBatch.Of(n, n * (long)c, c, []), l = RankBatch.Of(n, n * (long)c, 3 * c, []);
                    TestContext.Current.TestOutputHelper?.WriteLine($"PROBE {n} {c} chunk {chunk}: {1e3 * table.Iteration((RankBatch[])[a, b]):0.00} skewed {1e3 * table.Iteration((RankBatch[])[l, b]):0.00}");
                }
            }
        }

        var sink = new LeapTests.Sink();
        var limits = new SchedulerLimits { TokenBudget = 2048, MaximumSequences = sequences, Blocks = blocks };
        if (experts == 0)
        {
            new ReplicaSimulator<ProfileTimes>(new ProfileTimes(table), new VllmV1Scheduler(), new ReplicaState(limits, keepsEvicted: true), sink).Run(new ListSource(requests));
        }
        else
        {
            new LockstepSimulator<ProfileTimes>(
                new ProfileTimes(table), [new VllmV1Scheduler(), new VllmV1Scheduler()], [new ReplicaState(limits, keepsEvicted: true), new ReplicaState(limits, keepsEvicted: true)], sink).Run(new ListSource(requests));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"preemptions {sink.Of.Values.Sum(r => r.Preemptions)}");
        if (experts > 0)
        {
            foreach (CompletedRequest r in sink.Of.Values.OrderBy(r => r.Id))
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"SIM {r.Id} {Ticks.Seconds(r.Arrival):0.000} {r.PromptTokens} {r.OutputTokens} {Ticks.Seconds(r.FirstToken):0.0000} {Ticks.Seconds(r.Completed):0.0000}");
            }
        }

        string[] names = ["TTFT", "TPOT", "latency"];
        for (int m = 0; m < 3; m++)
        {
            int metric = m;
            double[] real = [.. measured.Select(x => x[metric]).Order()];
            double[] own = [.. sink.Of.Values.Select(r => metric == 0 ? r.Ttft : metric == 1 ? r.Tpot : r.EndToEnd).Order()];
            string text = $"{run} {names[m]}: mean {own.Average() / real.Average() - 1:+0.0 %;-0.0 %}";
            foreach (double q in (double[])[0.5, 0.9, 0.99])
            {
                text += $", p{q * 100} {At(own, q) / At(real, q) - 1:+0.0 %;-0.0 %} of {At(real, q):0.000}";
            }

            TestContext.Current.TestOutputHelper?.WriteLine(text);
        }
    }

    private static double At(double[] sorted, double q)
    {
        double rank = q * (sorted.Length - 1);
        int low = (int)rank;
        return sorted[low] + ((rank - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low]));
    }

    private static (List<Request>, List<double[]>) Read(string path)
    {
        List<JsonElement> lines = [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement).OrderBy(r => r.GetProperty("queued_ts").GetDouble())];
        double start = lines[0].GetProperty("queued_ts").GetDouble();
        List<Request> requests = [.. lines.Select((r, i) => new Request(i, Ticks.Of(r.GetProperty("queued_ts").GetDouble() - start), r.GetProperty("input_toks").GetInt32(), r.GetProperty("output_toks").GetInt32()))];
        List<double[]> measured = [.. lines.Select(r =>
        {
            double queued = r.GetProperty("queued_ts").GetDouble(), first = r.GetProperty("first_token_ts").GetDouble(), last = r.GetProperty("last_token_ts").GetDouble();
            return new[] { first - queued, (last - first) / Math.Max(1, r.GetProperty("output_toks").GetInt32() - 1), last - queued };
        })];
        return (requests, measured);
    }

    private static string Unpack(string archive)
    {
        string folder = Directory.CreateTempSubdirectory("profiles").FullName;
        using var zip = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        TarFile.ExtractToDirectory(zip, folder, true);
        return folder;
    }
}
