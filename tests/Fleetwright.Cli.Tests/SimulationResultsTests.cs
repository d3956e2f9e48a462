using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Fleetwright.Cli.Commands;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Cli.Tests;

/// <summary>What <c>simulate</c> gives beside its answer: traces for viewers, checkpoints, the csv, bands; and how it is stopped.</summary>
public sealed class SimulationResultsTests : IDisposable
{
    private const int Interrupt = 2;
    private static readonly string[] Small = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--input", "lognormal:512,0.8", "--output", "lognormal:64,0.7"];
    private static readonly string[] Measured = ["wall_seconds", "requests_per_wall_second", "requests_per_cpu_second", "peak_bytes"];
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--rate", "300", "--replicas", "3", "--requests", "1000000")]
    [InlineData("--rate", "300", "--replicas", "3", "--requests", "1000000", "--router", "power-of-two")]
    [InlineData("--concurrency", "20", "--replicas", "3", "--requests", "1500000", "--context", "700")]
    public async Task A_run_that_was_stopped_goes_on_from_its_checkpoint_to_the_same_answer(params string[] options)
    {
        string file = File("run.checkpoint");
        string whole = Same((await Run([.. Small, .. options, "--json"])).Output);
        int stops = 0;
        string[] resume = [];
        while (true)
        {
            using var stop = new CancellationTokenSource();
            using var error = new StringWriter();
            using var output = new StringWriter();
            stop.CancelAfter(TimeSpan.FromMilliseconds(150 * (stops + 1)));
            int code = await FleetwrightCli.RunAsync([.. Small, .. options, "--json", "--checkpoint", file, "--checkpoint-every", "100 ms", .. resume], new CommandContext(output, error, stop.Token));
            if (code == ExitCode.Success)
            {
                Assert.Equal(whole, Same(output.ToString()));
                break;
            }

            Assert.True(code == ExitCode.Cancelled, error.ToString());
            Assert.Contains("is kept", error.ToString(), StringComparison.Ordinal);
            resume = ["--resume", file];
            stops++;
        }

        Assert.True(stops > 0);
        Assert.Equal([file], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_checkpoint_of_another_run_is_refused_with_what_differs()
    {
        string file = File("run.checkpoint");
        using (var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300)))
        using (var none = new StringWriter())
        {
            Assert.Equal(ExitCode.Cancelled, await FleetwrightCli.RunAsync([.. Small, "--rate", "300", "--requests", "100000000", "--json", "--checkpoint", file], new CommandContext(none, none, stop.Token)));
        }

        await Refused("--rate was 300 and is 200", "--rate", "200", "--requests", "100000000", "--resume", file);
        await Refused("--seed was left out and is 7", "--rate", "300", "--requests", "100000000", "--seed", "7", "--resume", file);
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        await Refused("--resume", "--rate", "300", "--requests", "100000000", "--resume", file);
    }

    [Theory]
    [InlineData("--resume: found 'none.checkpoint'; there is no such file", "--rate", "1", "--resume", "none.checkpoint")]
    [InlineData("--checkpoint-every: found where it means nothing", "--rate", "1", "--checkpoint-every", "5 s")]
    [InlineData("--checkpoint: found beside --csv", "--rate", "1", "--checkpoint", "a", "--csv", "b.csv")]
    [InlineData("--checkpoint: found beside --perfetto", "--rate", "1", "--checkpoint", "a", "--perfetto", "b.json", "--perfetto-window", "1s..2s")]
    [InlineData("--qps: found where it means nothing; allowed: with --tables", "--qps", "1")]
    [InlineData("--count: found where it means nothing; allowed: with --tables", "--count", "10")]
    [InlineData("--chunk: found where it means nothing; allowed: with --tables", "--chunk", "512")]
    [InlineData("--perfetto: found beside a replay", "--tables", ".", "--perfetto", "b.json")]
    [InlineData("--checkpoint: found beside a replay", "--tables", ".", "--checkpoint", "b")]
    [InlineData("--checkpoint: found beside --prefill-replicas, whose state", "--rate", "1", "--prefill-replicas", "1", "--decode-replicas", "1", "--checkpoint", "b")]
    [InlineData("--resume: found beside a fleet that changes", "--rate", "1", "--mtbf-chip", "1 h", "--resume", "b")]
    [InlineData("--checkpoint: found beside --speculate", "--rate", "1", "--speculate", "3", "--checkpoint", "b")]
    [InlineData("--checkpoint: found beside --class", "--class", "a: rate=1", "--checkpoint", "b")]
    [InlineData("--checkpoint: found beside a prefix cache", "--rate", "1", "--prefix-cache", "--checkpoint", "b")]
    [InlineData("--perfetto: found beside a split, changing", "--rate", "1", "--restart-every", "1 h", "--perfetto", "b.json")]
    [InlineData("--autoscale: found where it means nothing; allowed: without --prefill-replicas", "--rate", "1", "--prefill-replicas", "1", "--decode-replicas", "1", "--autoscale", "rate:1")]
    [InlineData("--class: found with --prefill-replicas", "--prefill-replicas", "1", "--decode-replicas", "1", "--class", "a: rate=1")]
    [InlineData("--mtbf-chip: found where it means nothing; allowed: without --preemption swap", "--rate", "1", "--preemption", "swap", "--mtbf-chip", "1 h")]
    [InlineData("--class: found with --preemption swap", "--host-cache", "1 GB", "--class", "a: rate=1")]
    [InlineData("--speculate: found with --also", "--rate", "1", "--also", "chip=h100-sxm,tp=1", "--speculate", "3")]
    [InlineData("--perfetto-window: is missing", "--rate", "1", "--perfetto", "b.json")]
    [InlineData("--perfetto-window: found '20s..10s'", "--rate", "1", "--perfetto", "b.json", "--perfetto-window", "20s..10s")]
    [InlineData("--perfetto-window: found '10'", "--rate", "1", "--perfetto", "b.json", "--perfetto-window", "10")]
    [InlineData("--perfetto-window: found where it means nothing", "--rate", "1", "--perfetto-window", "1s..2s")]
    [InlineData("from 0 to 1", "--rate", "1", "--replicas", "2", "--perfetto", "b.json", "--perfetto-window", "1s..2s", "--perfetto-replicas", "1..2")]
    [InlineData("no folder", "--rate", "1", "--perfetto", "/no/such/folder/b.json", "--perfetto-window", "1s..2s")]
    public async Task What_does_not_go_together_is_one_clear_error(string told, params string[] options) => await Refused(told, options);

    [Theory]
    [InlineData("--rate", "40", "--duration", "30 s")]
    [InlineData("--rate", "40", "--duration", "30 s", "--router", "least-outstanding")]
    [InlineData("--concurrency", "9", "--requests", "700")]
    public async Task A_trace_for_viewers_changes_nothing_and_does_not_depend_on_threads(params string[] options)
    {
        string[] words = [.. Small, "--replicas", "3", .. options, "--json"];
        string file = File("trace.json"), zipped = File("trace.json.gz"), plain = Same((await Run(words)).Output);
        (int code, string output, string error) = await Run([.. words, "--threads", "1", "--perfetto", file, "--perfetto-window", "2s..4s", "--perfetto-replicas", "1..2"]);
        Assert.True(code == ExitCode.Success, error);
        Assert.Equal(plain, Same(output));
        Assert.Equal(plain, Same((await Run([.. words, "--threads", "2", "--perfetto", zipped, "--perfetto-window", "2s..4s", "--perfetto-replicas", "1..2"])).Output));
        using var zip = new GZipStream(System.IO.File.OpenRead(zipped), CompressionMode.Decompress);
        using var text = new StreamReader(zip);
        string trace = await System.IO.File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal(trace, await text.ReadToEndAsync(TestContext.Current.CancellationToken));
        using JsonDocument document = JsonDocument.Parse(trace);
        JsonElement[] events = [.. document.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Assert.Equal(["replica 1", "replica 2"], events.Where(e => e.GetProperty("name").GetString() == "process_name").Select(e => e.GetProperty("args").GetProperty("name").GetString()));
        Assert.Equal([2, 3], events.Select(e => e.GetProperty("pid").GetInt32()).Distinct());
        Assert.True(events.Count(e => e.GetProperty("ph").GetString() == "B") > 100);
        Assert.Equal([file, zipped], Directory.GetFiles(_folder).Order());
    }

    [Fact]
    public async Task Every_latency_but_the_queues_has_a_band_of_the_measured_error_at_least()
    {
        using JsonDocument answer = JsonDocument.Parse((await Run([.. Small, "--rate", "20", "--requests", "500", "--json"])).Output);
        foreach (JsonElement latency in answer.RootElement.GetProperty("latencies").EnumerateArray())
        {
            string name = latency.GetProperty("name").GetString()!;
            if (name is "queue" or "front_end")
            {
                Assert.False(latency.TryGetProperty("mean_band", out JsonElement none) && none.ValueKind != JsonValueKind.Null);
                continue;
            }

            // The errors of catalog/engines/vllm.yaml: predicted is 1 ± error times measured.
            double mean = latency.GetProperty("mean_seconds").GetDouble(), low = latency.GetProperty("mean_band").GetProperty("low").GetDouble(), high = latency.GetProperty("mean_band").GetProperty("high").GetDouble();
            double error = name == "ttft" ? 0.254 : name == "end_to_end" ? 0 : 0.103;
            Assert.InRange(low, mean * 0.4, mean / (1 + error) * 1.000001);
            Assert.InRange(high, mean / (1 - error) * 0.999999, mean * 2);
        }
    }

    [Fact]
    public void Requests_that_end_in_any_order_are_written_in_that_of_their_numbers()
    {
        // More pages than are held in memory: some rows come when their page has left it, some never, and one page is whole late.
        const int count = 1_200_000;
        string file = File("all.csv");
        using (var log = new RequestLog(file, ["a,b"]))
        {
            var random = new Random(1);
            int[] late = [5, 9000, 400_000];
            for (int block = 0; block < count; block += 1000)
            {
                int[] ids = [.. Enumerable.Range(block, 1000)];
                random.Shuffle(ids);
                foreach (int id in ids.Where(i => !late.Contains(i) && i % 100_003 != 7))
                {
                    End(log, id);
                }
            }

            foreach (int id in late)
            {
                End(log, id);
            }

            ((ICompletionSink)log).Rejected(new Request(count, 1_500_000_000_000, 3, 4));
            log.Finish();
        }

        string[] lines = System.IO.File.ReadAllLines(file);
        Assert.Equal("request_id,class,arrival_s,queue_s,ttft_s,tpot_s,e2e_s,prompt_tokens,output_tokens,preemptions,status", lines[0]);
        Assert.Equal(Enumerable.Range(0, count).Where(i => i % 100_003 != 7).Append(count), lines.Skip(1).Select(l => int.Parse(l.AsSpan(0, l.IndexOf(',')))));
        Assert.Equal("5,\"a,b\",0.000000005,0.5,1.25,0.000000003,1.25000001,10,4,0,completed", lines[6]);
        Assert.Equal("1200000,\"a,b\",1.5,,,,,3,4,,rejected", lines[^1]);
        Assert.Equal([file], Directory.GetFiles(_folder));

        static void End(RequestLog log, int id)
        {
            long arrival = id * 1000L;
            ((ICompletionSink)log).Completed(new CompletedRequest(id, 0, 10, 4, arrival, arrival + 500_000_000_000, arrival + 1_250_000_000_000, arrival + 1_250_000_010_000, 0));
        }
    }

    [Theory]
    [InlineData("--rate", "3000", "--replicas", "4")]
    [InlineData("--rate", "300", "--replicas", "4", "--router", "least-outstanding")]
    [InlineData("--concurrency", "50", "--replicas", "4")]
    public async Task A_process_tells_how_far_it_is_and_an_interrupt_keeps_what_it_has(params string[] options)
    {
        string html = File("part.html");
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT", dotnet, Path.Combine(AppContext.BaseDirectory, "fleetwright.dll"), .. Small, .. options, "--requests", "2000000000", "--html", html])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        using Process process = Process.Start(start)!;
        try
        {
            // One line a second or more from the third on; the interrupt is obeyed at once.
            string first = (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken))!;
            string second = (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken))!;
            Assert.Matches("^fleetwright: [0-9,]+ requests, .*[0-9,]+ requests/s, [0-9,]+ events/s", first);
            Assert.StartsWith("fleetwright: ", second, StringComparison.Ordinal);
            Assert.Equal(0, Kill(process.Id, Interrupt));
            Task<string> told = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(ExitCode.Cancelled, process.ExitCode);
            Assert.Contains("(partial)", output, StringComparison.Ordinal);
            Assert.Contains("is kept", await told, StringComparison.Ordinal);
            Assert.Contains("(partial)", await System.IO.File.ReadAllTextAsync(html, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);

    private static async Task Refused(string told, params string[] options)
    {
        (int code, _, string error) = await Run([.. options[0] == "--tables" ? ["simulate"] : Small, .. options]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Single(error.ReplaceLineEndings("\n").TrimEnd().Split('\n'));
    }

    private static string Same(string json) => string.Join('\n', json.Split('\n').Where(l => !Measured.Any(m => l.Contains($"\"{m}\"", StringComparison.Ordinal))));

    private string File(string name) => Path.Combine(_folder, name);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }
}
