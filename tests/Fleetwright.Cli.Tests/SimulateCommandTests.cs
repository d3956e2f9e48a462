using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fleetwright.Cli.Commands;
using Fleetwright.Serving.Simulation;
using Fleetwright.Testing;

namespace Fleetwright.Cli.Tests;

public sealed partial class SimulateCommandTests : IDisposable
{
    private static readonly string[] Small = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--input", "lognormal:512,0.8", "--output", "lognormal:64,0.7"];

    // What the run took of the machine: the only lines and keys that differ between two runs.
    private static readonly string[] Measured = ["wall_seconds", "requests_per_wall_second", "requests_per_cpu_second", "peak_bytes"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Conversations_grow_by_what_was_said()
    {
        // Three turns of 100 new tokens and 10 tokens of answer: prompts of 100, 210 and 320.
        string csv = File("turns.csv");
        (int code, _, string error) = await Run(
            "simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--concurrency", "4", "--turns", "3", "--user-tokens", "100", "--input", "100", "--output", "10", "--think", "1", "--requests", "60", "--csv", csv, "--json");
        Assert.True(code == ExitCode.Success, error);
        string[] header = (await System.IO.File.ReadAllLinesAsync(csv, TestContext.Current.CancellationToken))[0].Split(',');
        int prompt = Array.IndexOf(header, "prompt_tokens");
        Assert.Equal([100, 210, 320], System.IO.File.ReadLines(csv).Skip(1).Select(l => int.Parse(l.Split(',')[prompt], CultureInfo.InvariantCulture)).Distinct().Order());
    }

    [Fact]
    public async Task Traces_follow_one_another()
    {
        string first = File("a.csv"), second = File("b.csv");
        await System.IO.File.WriteAllLinesAsync(first, ["arrived_at,num_prefill_tokens,num_decode_tokens", "0,100,5", "1,100,5", "2,100,5"], TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllLinesAsync(second, ["arrived_at,num_prefill_tokens,num_decode_tokens", "0,200,5", "4,200,5"], TestContext.Current.CancellationToken);
        string csv = File("both.csv");
        string[] words = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--trace", first, "--trace", second, "--csv", csv, "--json"];
        (int code, _, string error) = await Run(words);
        Assert.True(code == ExitCode.Success, error);
        string[] header = (await System.IO.File.ReadAllLinesAsync(csv, TestContext.Current.CancellationToken))[0].Split(',');
        Assert.Equal(["0", "1", "2", "3", "7"], System.IO.File.ReadLines(csv).Skip(1).Select(l => double.Parse(l.Split(',')[Array.IndexOf(header, "arrival_s")], CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)));
        (code, _, error) = await Run([.. words, "--trace", File("none.csv")]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("none.csv", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_Vidur_is_repeated_from_its_tables()
    {
        string folder = Repository.SharedData("traces", "vidur", "anchor"), file = File("requests.csv");
        (int code, string output, string error) = await Run(
            "simulate", "--tables", folder, "--table-prefix", "llama2-70b_tp2_a100", "--semantics", "vidur", "--scheduler", "sarathi", "--requests", Path.Combine(folder, "requests_conv_seed42_max4096.csv.gz"),
            "--qps", "1", "--count", "512", "--blocks", "1000", "--per-request", file, "--json");
        Assert.True(code == ExitCode.Success, error);
        JsonElement answer = JsonDocument.Parse(output).RootElement;
        Assert.Equal(10_101, answer.GetProperty("iterations").GetInt64());
        Assert.Equal(44, answer.GetProperty("restarts").GetInt64());
        Assert.True(answer.GetProperty("requests_per_cpu_second").GetDouble() > 10_000);
        string[] ours = System.IO.File.ReadAllLines(file);
        using var zip = new System.IO.Compression.GZipStream(System.IO.File.OpenRead(Path.Combine(folder, "per_request_l70b_tp2_preempt_sarathi.csv.gz")), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(zip);
        string[] vidur = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).TrimEnd().Split('\n');
        Assert.Equal(vidur[0].Trim(), ours[0]);
        Assert.Equal(vidur.Length, ours.Length);
        foreach ((string[] theirs, string[] own) in vidur.Skip(1).Zip(ours.Skip(1)).Select(p => (p.First.Trim().Split(','), p.Second.Split(','))))
        {
            Assert.Equal(theirs[0], own[0]);
            Assert.Equal(theirs[4], own[4]);
            for (int i = 1; i < 4; i++)
            {
                Assert.Equal(double.Parse(theirs[i], CultureInfo.InvariantCulture), double.Parse(own[i], CultureInfo.InvariantCulture), 1e-6);
            }
        }
    }

    [Theory]
    [InlineData("--semantics", "frontier")]
    [InlineData("--stages", "2")]
    [InlineData("--scheduler", "orca")]
    [InlineData("--router", "random")]
    [InlineData("--table-prefix", "llama9_tp2")]
    public async Task A_replay_names_the_option_that_it_cannot_take(string option, string value)
    {
        string[] words = ["simulate", "--tables", _folder, "--requests", File("none.csv")];
        (int code, _, string error) = await Run(option == "--table-prefix" ? [.. words, option, value] : [.. words, "--table-prefix", "llama2-70b_tp2_a100", option, value]);
        Assert.Equal(2, code);
        Assert.Contains(option, error, StringComparison.Ordinal);
        Assert.Contains(value, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_of_servers_is_predicted_row_by_row_and_says_why_not()
    {
        string rows = File("rows.csv"), to = File("predicted.csv");
        const string header = "id,concurrency,backend,model_path,system,precision,mode,isl,osl,gemm_quant_mode,moe_quant_mode,batch_size,tp_size,pp_size,attention_dp_size,moe_tp_size,moe_ep_size";
        await System.IO.File.WriteAllTextAsync(rows, header + "\na,16,vllm,meta-llama/Llama-3.1-8B,h100_sxm,fp8,agg,1024,128,fp8,,16,1,1,1,1,1\nb,16,vllm,no/such-model,h100_sxm,fp8,agg,1024,128,fp8,,16,1,1,1,1,1\nc,16,vllm,meta-llama/Llama-3.1-8B,h100_sxm,fp8,disagg,1024,128,fp8,,16,1,1,1,1,1\n", TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Run("validate", "serving", "--rows", rows, "--out", to);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("1 of 3 rows", output, StringComparison.Ordinal);
        string[] lines = System.IO.File.ReadAllLines(to);
        Assert.Equal(header + ",predicted_ttft_ms,predicted_tpot_ms,status", lines[0]);
        string[] first = lines[1].Split(',');
        Assert.Equal("ok", first[^1]);
        Assert.InRange(double.Parse(first[^2], CultureInfo.InvariantCulture), 2, 20);
        Assert.EndsWith(",,,the catalogue has no model no/such-model", lines[2], StringComparison.Ordinal);
        Assert.EndsWith(",,,\"a split deployment that does not say how many workers it has (prefill_num_workers, decode_num_workers)\"", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_measured_deployment_is_simulated_as_it_is_validated()
    {
        string rows = File("row.csv"), to = File("row_predicted.csv");
        await System.IO.File.WriteAllTextAsync(
            rows,
            "id,concurrency,backend,model_path,system,precision,mode,isl,osl,gemm_quant_mode,moe_quant_mode,batch_size,tp_size,pp_size,attention_dp_size,moe_tp_size,moe_ep_size\na,64,vllm,meta-llama/Llama-3.1-70B,h100_sxm,fp8,agg,1024,256,fp8,,64,4,1,1,1,1\n",
            TestContext.Current.CancellationToken);
        (int code, _, string error) = await Run("validate", "serving", "--rows", rows, "--out", to);
        Assert.True(code == ExitCode.Success, error);
        string[] predicted = System.IO.File.ReadAllLines(to)[1].Split(',');

        // The sweep of that table draws lengths from 0.8 of the stated one up to it and sends ten requests a place.
        (code, string json, error) = await Run(
            "simulate", "--model", "meta-llama/Llama-3.1-70B", "--chip", "h100_sxm", "--tp", "4", "--dtype", "fp8", "--kv-dtype", "bf16", "--engine", "vllm",
            "--concurrency", "64", "--input", "uniform:819,1024", "--output", "uniform:204,256", "--requests", "640", "--json");
        Assert.True(code == ExitCode.Success, error);
        using var answer = System.Text.Json.JsonDocument.Parse(json);
        Dictionary<string, double> means = answer.RootElement.GetProperty("latencies").EnumerateArray().ToDictionary(l => l.GetProperty("name").GetString()!, l => l.GetProperty("mean_seconds").GetDouble());
        double ttft = double.Parse(predicted[^3], CultureInfo.InvariantCulture), tpot = double.Parse(predicted[^2], CultureInfo.InvariantCulture);

        // The draws are others, nothing else.
        Assert.Equal(ttft, means["ttft"] * 1e3, 0.03 * ttft);
        Assert.Equal(tpot, means["tpot"] * 1e3, 0.01 * tpot);
        Assert.True(means["front_end"] > 0.05 * means["ttft"]);
    }

    [Fact]
    public async Task The_command_of_the_page_prints_what_the_page_shows()
    {
        (int code, string output, string error) = await Run(
            "simulate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--tp", "8", "--replicas", "4", "--rate", "12", "--input", "lognormal:1024,0.8", "--output", "lognormal:256,0.7", "--duration", "1h", "--html", File("page.html"));
        Assert.True(code == ExitCode.Success, error);
        string told = string.Join('\n', Same(output).Split('\n').Select(l => l.TrimEnd())).TrimEnd();
        string page = Repository.Path("docs", "serving.md"), text = await System.IO.File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            text = Block().Replace(text, m => $"{m.Groups[1].Value}{told}\n```", 1);
            await System.IO.File.WriteAllTextAsync(page, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(told, Block().Match(text).Groups[2].Value.TrimEnd());
    }

    [Fact]
    public async Task Json_has_the_documented_keys_and_no_others()
    {
        JsonElement answer = await Answer("--rate", "5", "--requests", "500", "--ttft", "1 s", "--tpot", "50 ms", "--e2e", "20 s");
        string[] keys = [.. answer.EnumerateObject().SelectMany(p => p.Value.ValueKind == JsonValueKind.Object ? p.Value.EnumerateObject().Select(c => $"{p.Name}.{c.Name}") : [p.Name])];
        Assert.Equal(
            [
                "fits", "partial", "model", "chip", "chips", "replicas", "sharding", "precision.weights", "precision.compute", "precision.kv_cache", "engine", "scheduler", "router", "seed", "traffic",
                "simulated_seconds", "completed", "rejected", "preemptions", "latencies",
                "throughput.requests_per_second", "throughput.prompt_tokens_per_second", "throughput.output_tokens_per_second", "throughput.output_tokens_per_second_per_chip", "throughput.offered_requests_per_second",
                "goodput.ttft_seconds", "goodput.tpot_seconds", "goodput.end_to_end_seconds", "goodput.good", "goodput.requests_per_second", "goodput.share",
                "replica.busy_share", "replica.mean_batch", "replica.tokens_per_iteration", "replica.running", "replica.waiting", "replica.maximum_sequences", "replica.token_budget", "replica.cache_share", "replica.cache_peak_share", "replica.cache_blocks", "replica.block_tokens",
                "cost.dollars", "cost.dollars_per_million_output_tokens", "cost.dollars_per_million_tokens", "cost.dollars_per_hour",
                "energy.kilowatt_hours", "energy.joules_per_output_token", "energy.chip_joules_per_output_token", "energy.watts_per_chip",
                "binding", "overloaded", "bottleneck", "time", "notes", "iterations", "leaps", "events", .. Measured,
            ],
            keys);
        Assert.Equal(["ttft", "tpot", "inter_token", "end_to_end", "queue", "front_end"], answer.GetProperty("latencies").EnumerateArray().Select(l => l.GetProperty("name").GetString()));
        Assert.Equal(1, answer.GetProperty("time").EnumerateArray().Sum(p => p.GetProperty("share").GetDouble()), 1e-9);
    }

    [Fact]
    public async Task Every_request_is_in_the_csv_and_the_summary_follows_from_it()
    {
        string csv = File("requests.csv");
        JsonElement answer = await Answer("--rate", "20", "--requests", "2000", "--replicas", "3", "--router", "least-outstanding", "--ttft", "60 ms", "--csv", csv);
        string[][] rows = Rows(csv);
        Assert.Equal(["request_id", "class", "arrival_s", "queue_s", "ttft_s", "tpot_s", "e2e_s", "prompt_tokens", "output_tokens", "preemptions", "status"], rows[0]);
        string[][] requests = rows[1..];
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => i.ToString(CultureInfo.InvariantCulture)), requests.Select(r => r[0]));
        Assert.All(requests, r => Assert.Equal("completed", r[10]));
        double[] ttft = [.. requests.Select(r => double.Parse(r[4], CultureInfo.InvariantCulture)).Order()];
        JsonElement told = Latency(answer, "ttft");
        Assert.Equal(ttft.Average(), told.GetProperty("mean_seconds").GetDouble(), 1e-9);
        Assert.Equal(ttft[1000], told.GetProperty("percentile_seconds").GetProperty("p50").GetDouble(), 0.01 * ttft[1000]);
        Assert.Equal(ttft[1979], told.GetProperty("percentile_seconds").GetProperty("p99").GetDouble(), 0.01 * ttft[1979]);
        Assert.Equal(ttft[^1], told.GetProperty("maximum_seconds").GetDouble(), 1e-9);
        Assert.Equal(ttft.Count(t => t <= 0.06), answer.GetProperty("goodput").GetProperty("good").GetInt32());
        double tokens = requests.Sum(r => double.Parse(r[8], CultureInfo.InvariantCulture));
        Assert.Equal(tokens, answer.GetProperty("throughput").GetProperty("output_tokens_per_second").GetDouble() * answer.GetProperty("simulated_seconds").GetDouble(), 1e-6 * tokens);
        Assert.Empty(Directory.GetFiles(_folder, "*.records"));
    }

    [Theory]
    [InlineData("--rate", "30", "--replicas", "5", "--duration", "60 s")]
    [InlineData("--rate", "30", "--replicas", "5", "--duration", "60 s", "--router", "power-of-two")]
    [InlineData("--concurrency", "9", "--replicas", "5", "--requests", "700", "--think", "exponential:0.5")]
    [InlineData("--rate", "600", "--replicas", "300", "--duration", "5 s")]
    public async Task The_answer_is_the_same_to_the_byte_on_one_and_two_threads(params string[] options)
    {
        (string Output, string Page, string Csv)[] runs = [await On("1"), await On("2")];
        Assert.Equal(runs[0], runs[1]);

        async Task<(string, string, string)> On(string threads)
        {
            string html = File("same.html"), csv = File("same.csv");
            (int code, string output, string error) = await Run([.. Small, .. options, "--threads", threads, "--html", html, "--csv", csv]);
            Assert.True(code == ExitCode.Success, error);
            return (Same(output), await System.IO.File.ReadAllTextAsync(html, TestContext.Current.CancellationToken), await System.IO.File.ReadAllTextAsync(csv, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_large_fleet_is_simulated_apart_with_the_rate_that_was_asked_for()
    {
        string csv = File("large.csv");
        JsonElement answer = await Answer("--rate", "900", "--replicas", "300", "--duration", "20 s", "--csv", csv);
        Assert.Equal(18000, answer.GetProperty("completed").GetDouble(), 5 * Math.Sqrt(18000));
        string[] numbers = [.. Rows(csv)[1..].Select(r => r[0])];
        Assert.Equal(answer.GetProperty("completed").GetInt32(), numbers.Distinct().Count());
    }

    [Fact]
    public async Task A_closed_loop_keeps_its_clients_in_flight()
    {
        JsonElement answer = await Answer("--concurrency", "16", "--requests", "4000");
        double seconds = answer.GetProperty("simulated_seconds").GetDouble(), whole = Latency(answer, "end_to_end").GetProperty("mean_seconds").GetDouble();

        // Little's law; the end of the run, where clients stop one by one, is a small part of it.
        Assert.Equal(16, 4000 * whole / seconds, 0.3);
    }

    [Fact]
    public async Task Clients_of_a_pipeline_are_shared_by_its_stages()
    {
        JsonElement answer = await Answer(Of("llama-3.1-8b", "--tp", "1", "--pp", "2"), "--concurrency", "3", "--requests", "600");
        double seconds = answer.GetProperty("simulated_seconds").GetDouble(), whole = Latency(answer, "end_to_end").GetProperty("mean_seconds").GetDouble();
        Assert.Equal(3, 600 * whole / seconds, 0.45);
        Assert.Equal(600, answer.GetProperty("completed").GetInt32());
    }

    [Theory]
    [InlineData("prompt_compute", true, "--tp", "8", "--rate", "60", "--requests", "3000", "--input", "4000", "--output", "2")]
    [InlineData("decode_bandwidth", false, "--tp", "8", "--rate", "1", "--requests", "300", "--input", "64", "--output", "512")]
    [InlineData("cache", true, "--tp", "2", "--dtype", "fp8", "--rate", "40", "--requests", "3000", "--input", "2000", "--output", "300")]
    [InlineData("sequences", true, "--tp", "8", "--engine", "vllm", "--rate", "90", "--requests", "8000", "--input", "2", "--output", "1000")]
    [InlineData("front_end", true, "--tp", "8", "--engine", "vllm", "--rate", "4000", "--requests", "8000", "--input", "2", "--output", "100")]
    public async Task What_binds_is_named(string binding, bool overloaded, params string[] options)
    {
        JsonElement answer = await Answer(Of("llama-3.1-70b", options));
        Assert.Equal(binding, answer.GetProperty("binding").GetString());
        Assert.Equal(overloaded, answer.GetProperty("overloaded").GetBoolean());
        Assert.Equal(answer.GetProperty("bottleneck").GetString()!.Contains("more than the fleet can serve", StringComparison.Ordinal), overloaded);
    }

    [Fact]
    public async Task The_page_needs_nothing_else_and_draws_everything()
    {
        string html = File("page.html");
        (int code, string output, string error) = await Run([.. Small, "--rate", "20", "--requests", "1000", "--html", html]);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains($"Page: {html}", output, StringComparison.Ordinal);
        string page = await System.IO.File.ReadAllTextAsync(html, TestContext.Current.CancellationToken);
        string[] drawings = [.. page.Split("<svg").Skip(1).Select(s => "<svg" + s[..(s.IndexOf("</svg>", StringComparison.Ordinal) + 6)])];
        Assert.Equal(6, drawings.Length);
        Assert.All(drawings, d => Assert.DoesNotContain("NaN", XDocument.Parse(d).ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Contains("Where the time goes", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_run_keeps_what_had_ended()
    {
        // As soon as it tells how far it is, some seconds before it would end.
        using var stopped = new CancellationTokenSource();
        string html = File("part.html"), csv = File("part.csv");
        (int code, string output, string error) = await RunUntil([.. Small, "--rate", "50", "--duration", "2000 h", "--html", html, "--csv", csv], stopped.Token, stopped);
        Assert.Equal(ExitCode.Cancelled, code);
        Assert.Contains("(partial)", output, StringComparison.Ordinal);
        Assert.Contains("is kept", error, StringComparison.Ordinal);
        Assert.Contains("(partial)", await System.IO.File.ReadAllTextAsync(html, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(Rows(csv).Length > 1000);
    }

    [Fact]
    public void A_long_run_tells_how_far_it_is()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var watch = new SimulationWatch(new CommandContext(output, error, CancellationToken.None), 4000, 100, together: true, TimeSpan.Zero);
        watch.Report(new SimulationProgress(1000, 30, 5));
        watch.Begin(4);
        watch.Begin(4);
        string[] lines = error.ToString().ReplaceLineEndings("\n").TrimEnd().Split('\n');
        Assert.Matches("^fleetwright: 1,000 requests, 30.0 s simulated, [0-9,]+ requests/s, [0-9,]+ events/s, 30 %, .* left$", lines[0]);
        Assert.Equal("fleetwright: 0 of 4 replicas", lines[1]);
        Assert.StartsWith("fleetwright: 1 of 4 replicas, 25 %, ", lines[2], StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }

    [Fact]
    public async Task A_trace_that_goes_wrong_late_keeps_what_came_before_and_names_the_line()
    {
        // The reader looks 65,536 lines ahead, so that many before the wrong one are lost with it.
        var text = new StringBuilder("arrived_at,num_prefill_tokens,num_decode_tokens\n");
        for (int i = 0; i < 67_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i * 0.05:0.00},100,{(i == 66_999 ? "ten" : "5")}\n");
        }

        string trace = File("late.csv"), html = File("late.html");
        await System.IO.File.WriteAllTextAsync(trace, text.ToString(), TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Run("simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--trace", trace, "--html", html);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("late.csv:67001", error, StringComparison.Ordinal);
        Assert.Contains("(partial)", output, StringComparison.Ordinal);
        Assert.Contains("1,463 answered", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classes_of_a_trace_are_told_apart()
    {
        string trace = File("classes.csv"), csv = File("classes.out.csv");
        await System.IO.File.WriteAllTextAsync(trace, "t,in,out,who\n0,100,10,chat\n0.1,200,20,\"code, long\"\n0.2,300,30,chat\n", TestContext.Current.CancellationToken);
        string[] options = ["--trace", trace, "--arrival-column", "t", "--prompt-column", "in", "--output-column", "out", "--class-column", "who", "--csv", csv];
        JsonElement answer = await Answer(["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", .. options]);
        Assert.Equal([("chat", 2), ("code, long", 1)], answer.GetProperty("classes").EnumerateArray().Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("completed").GetInt32())));
        Assert.Contains("1,\"code, long\",0.1,", await System.IO.File.ReadAllTextAsync(csv, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_scaling_and_limits_of_a_trace_are_kept()
    {
        string trace = File("cut.csv"), csv = File("cut.out.csv");
        await System.IO.File.WriteAllTextAsync(trace, "arrived_at,num_prefill_tokens,num_decode_tokens\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},{100 + i},8\n")), TestContext.Current.CancellationToken);
        JsonElement answer = await Answer(["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--trace", trace, "--from", "10 s", "--to", "60 s", "--scale-rate", "2", "--limit", "30", "--context", "130", "--csv", csv]);
        string[][] rows = Rows(csv)[1..];

        // Requests 10 to 39 at twice their rate; answers end with the context of 130, and the prompts of 130 and more are turned away.
        Assert.Equal(20, answer.GetProperty("completed").GetInt32());
        Assert.Equal(10, answer.GetProperty("rejected").GetInt32());
        Assert.Equal(("10", "0", "110"), (rows[0][0], rows[0][2], rows[0][7]));
        Assert.Equal(("29", "9.5", "129", "1"), (rows[^1][0], rows[^1][2], rows[^1][7], rows[^1][8]));
        Assert.Contains("10 requests turned away", answer.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_azure_trace_replays_by_one_flag()
    {
        JsonElement answer = await Answer(Of("llama-3.1-70b", "--tp", "8", "--trace", Repository.SharedData("traces", "azure-2023", "AzureLLMInferenceTrace_conv.csv.gz")));
        Assert.Equal(19366, answer.GetProperty("completed").GetInt32());
    }

    [Fact]
    public async Task A_deployment_that_does_not_fit_says_by_how_much_and_what_would()
    {
        string[] wide = Of("llama-3.1-70b", "--tp", "1", "--rate", "1");
        (int code, _, string error) = await Run(wide);
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("at least 2 chips", error, StringComparison.Ordinal);
        (code, string output, _) = await Run([.. wide, "--json"]);
        Assert.Equal(ExitCode.Infeasible, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.False(answer.RootElement.GetProperty("fits").GetBoolean());
    }

    [Theory]
    [InlineData("all 50 requests were turned away", "--rate", "4", "--requests", "50", "--input", "20000", "--context", "20000", "--scheduler", "vllm-v0")]
    [InlineData("requests were turned away", "--rate", "4", "--duration", "10 s", "--input", "2000", "--context", "1000")]
    [InlineData("no request arrived", "--rate", "0.001", "--duration", "1 s")]
    public async Task A_run_that_serves_nothing_has_no_answer(string told, params string[] options)
    {
        (int code, _, string error) = await Run([.. Of("llama-3.1-8b", "--tp", "1", "--html", File("none.html")), .. options]);
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_layout_the_fewest_chips_that_fit_are_taken()
    {
        JsonElement answer = await Answer(Of("llama-3.1-70b", "--rate", "1", "--requests", "50"));
        Assert.Equal(2, answer.GetProperty("chips").GetInt32());
    }

    [Theory]
    [InlineData("nothing arrives")]
    [InlineData("--rate: found '0'", "--rate", "0")]
    [InlineData("--rate: found 'NaN'", "--rate", "NaN")]
    [InlineData("--rate: found 'fast'", "--rate", "fast")]
    [InlineData("--rate or --concurrency", "--rate", "1", "--concurrency", "2")]
    [InlineData("--concurrency: found '0'", "--concurrency", "0")]
    [InlineData("did you mean gamma?", "--rate", "1", "--arrivals", "gama:2")]
    [InlineData("--think: found where it means nothing; allowed: with --concurrency", "--rate", "1", "--think", "3")]
    [InlineData("--arrivals: found where it means nothing; allowed: with --rate", "--concurrency", "1", "--arrivals", "poisson")]
    [InlineData("--scale-rate", "--rate", "1", "--scale-rate", "2")]
    [InlineData("--from", "--rate", "1", "--from", "2 s")]
    [InlineData("--requests: found 'many'", "--rate", "1", "--requests", "many")]
    [InlineData("--duration: '5' has no unit", "--rate", "1", "--duration", "5")]
    [InlineData("--percentiles", "--rate", "1", "--percentiles", "50,200")]
    [InlineData("--context: found '1'", "--rate", "1", "--context", "1")]
    [InlineData("allowed: reject, truncate", "--rate", "1", "--long-prompts", "cut")]
    [InlineData("did you mean vllm-v0 or vllm-v1?", "--rate", "1", "--scheduler", "vllm")]
    [InlineData("allowed: round-robin", "--rate", "1", "--router", "fair")]
    [InlineData("--replicas: found 0", "--rate", "1", "--replicas", "0")]
    [InlineData("no such file", "--trace", "missing.csv")]
    [InlineData("no folder", "--rate", "1", "--csv", "/no/such/folder/r.csv")]
    [InlineData("no folder", "--rate", "1", "--html", "/no/such/folder/r.html")]
    public async Task Bad_input_is_one_clear_error(string told, params string[] options)
    {
        (int code, _, string error) = await Run(["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", .. options]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Single(error.ReplaceLineEndings("\n").TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--input: found", "--rate", "1", "--input", "foo:3")]
    [InlineData("--output: found", "--rate", "1", "--output", "lognormal:-3,1")]
    public async Task A_length_that_is_none_is_one_clear_error(string told, params string[] options) => await Bad_input_is_one_clear_error(told, options);

    [Fact]
    public async Task Lengths_beside_a_trace_are_refused()
    {
        string trace = File("any.csv");
        await System.IO.File.WriteAllTextAsync(trace, "arrived_at,num_prefill_tokens,num_decode_tokens\n0,1,1\n", TestContext.Current.CancellationToken);
        await Bad_input_is_one_clear_error("without --trace, which has the lengths", "--trace", trace, "--input", "512");
        await Bad_input_is_one_clear_error("no request of", "--trace", trace, "--from", "5 s");
    }

    private static string[] Of(string model, params string[] options) => ["simulate", "--model", model, "--chip", "h100-sxm", .. options];

    private static Task<JsonElement> Answer(string[] command, params string[] options) => Answered([.. command, .. options]);

    private static Task<JsonElement> Answer(params string[] options) => Answered(options[0] == "simulate" ? options : [.. Small, .. options]);

    private static async Task<JsonElement> Answered(string[] arguments)
    {
        (int code, string output, string error) = await Run([.. arguments, "--json"]);
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument answer = JsonDocument.Parse(output);
        return answer.RootElement.Clone();
    }

    private static JsonElement Latency(JsonElement answer, string name) => answer.GetProperty("latencies").EnumerateArray().Single(l => l.GetProperty("name").GetString() == name);

    private static string[][] Rows(string csv) => [.. System.IO.File.ReadAllLines(csv).Select(l => l.Split(','))];

    private static string Same(string output) =>
        string.Join('\n', output.ReplaceLineEndings("\n").Split('\n').Where(l => !l.StartsWith("Took ", StringComparison.Ordinal) && !l.StartsWith("Page: ", StringComparison.Ordinal)));

    private string File(string name) => Path.Combine(_folder, name);

    private static Task<(int Code, string Output, string Error)> Run(params string[] arguments) => RunUntil(arguments, TestContext.Current.CancellationToken);

    private static async Task<(int Code, string Output, string Error)> RunUntil(string[] arguments, CancellationToken cancellation, CancellationTokenSource? stop = null)
    {
        using var output = new StringWriter();
        using var error = new StoppingWriter(stop);
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, cancellation));
        return (code, output.ToString(), error.ToString());
    }

    // Stops a run with the first line that it tells.
    private sealed class StoppingWriter(CancellationTokenSource? stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            stop?.Cancel();
        }
    }

    [GeneratedRegex("(<!-- simulate[^>]*-->\n```text\n)(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
