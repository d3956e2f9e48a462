using System.Text.Json;
using System.Text.RegularExpressions;
using Fleetwright.Testing;

namespace Fleetwright.Cli.Tests;

/// <summary>Split fleets on the command line.</summary>
public sealed partial class SplitCommandTests : IDisposable
{
    private static readonly string[] Small = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--input", "lognormal:512,0.8", "--output", "lognormal:64,0.7", "--rate", "20", "--requests", "1000"];
    private static readonly string[] Pools = ["--prefill-replicas", "1", "--decode-replicas", "2"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Pools_have_what_is_said_of_them_and_the_rest_of_the_deployment()
    {
        JsonElement answer = await Answer("--prefill-chip", "h200-sxm", "--decode-tp", "2", "--decode-scheduler", "sarathi", "--decode-router", "least-outstanding", "--kv-latency", "1 ms");
        JsonElement split = answer.GetProperty("split"), prefill = split.GetProperty("prefill"), decode = split.GetProperty("decode"), sent = split.GetProperty("transfers");
        Assert.Equal("h200-sxm 1 TP1 vllm_v1 round_robin", Pool(prefill));
        Assert.Equal("h100-sxm 4 TP2 sarathi least_outstanding", Pool(decode));
        Assert.Equal("h200-sxm and h100-sxm", answer.GetProperty("chip").GetString());
        Assert.Equal(5, answer.GetProperty("chips").GetInt32());
        Assert.Equal("after_transfer", split.GetProperty("first_token").GetString());

        // The smaller side's port: one chip of 50 GB/s, of which 96 % are carried.
        Assert.Equal(0.96 * 50e9, sent.GetProperty("link_bytes_per_second").GetDouble(), 1);
        Assert.Equal(1e-3, sent.GetProperty("link_latency_seconds").GetDouble());
        Assert.Equal(["wait_for_blocks", "wait_for_link", "transfer", "hand_over"], sent.GetProperty("latencies").EnumerateArray().Select(l => l.GetProperty("name").GetString()));

        // Cost and energy are of both pools.
        Assert.Equal(prefill.GetProperty("dollars_per_hour").GetDouble() + decode.GetProperty("dollars_per_hour").GetDouble(), answer.GetProperty("cost").GetProperty("dollars_per_hour").GetDouble(), 1e-6);
        Assert.Equal(prefill.GetProperty("kilowatt_hours").GetDouble() + decode.GetProperty("kilowatt_hours").GetDouble(), answer.GetProperty("energy").GetProperty("kilowatt_hours").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task First_tokens_from_the_prefill_pool_come_a_transfer_sooner_and_answers_end_alike()
    {
        JsonElement after = await Answer(), before = await Answer("--first-token", "from-prefill");
        Assert.True(Mean(before, "ttft") < Mean(after, "ttft"));
        Assert.True(Mean(before, "tpot") > Mean(after, "tpot"));
        Assert.Equal(Mean(before, "end_to_end"), Mean(after, "end_to_end"));
    }

    [Fact]
    public async Task A_thin_link_binds_and_is_named()
    {
        JsonElement answer = await Answer("--kv-link", "0.6 GB/s");
        Assert.Equal("cache_links", answer.GetProperty("binding").GetString());
        Assert.Contains("links between the pools bind", answer.GetProperty("bottleneck").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_of_a_closed_loop_are_those_of_the_whole_fleet()
    {
        (int code, string output, string error) = await Run(["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--concurrency", "16", "--requests", "500", "--json", .. Pools]);
        Assert.True(code == ExitCode.Success, error);
        JsonElement answer = JsonDocument.Parse(output).RootElement;
        Assert.StartsWith("16 clients,", answer.GetProperty("traffic").GetString(), StringComparison.Ordinal);
        Assert.Equal(500, answer.GetProperty("completed").GetInt32());
    }

    [Fact]
    public async Task The_page_shows_both_pools()
    {
        string html = Path.Combine(_folder, "split.html");
        (int code, string output, string error) = await Run([.. Small, .. Pools, "--html", html]);
        Assert.True(code == ExitCode.Success, error);
        string page = await File.ReadAllTextAsync(html, TestContext.Current.CancellationToken);
        Assert.All((string[])["Prefill pool over time", "Prefill cache over time", "From the prompt to the second token", "A replica of the decode pool", "Caches on their way"], title => Assert.Contains(title, page, StringComparison.Ordinal));
        Assert.Contains("3 × h100-sxm: prefill 1 × TP1, decode 2 × TP1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--decode-replicas", "is missing", "--prefill-replicas", "2")]
    [InlineData("--prefill-replicas", "is missing", "--decode-replicas", "2")]
    [InlineData("--kv-link", "with --prefill-replicas and --decode-replicas", "--kv-link", "1 GB/s")]
    [InlineData("--decode-tp", "with --prefill-replicas and --decode-replicas", "--decode-tp", "2")]
    [InlineData("--replicas", "beside --prefill-replicas", "--prefill-replicas", "1", "--decode-replicas", "1", "--replicas", "2")]
    [InlineData("--decode-replicas", "found 0", "--prefill-replicas", "1", "--decode-replicas", "0")]
    [InlineData("--prefill-scheduler", "found 'static'", "--prefill-replicas", "1", "--decode-replicas", "1", "--prefill-scheduler", "static")]
    [InlineData("--scheduler", "found 'orca'", "--prefill-replicas", "1", "--decode-replicas", "1", "--scheduler", "orca")]
    [InlineData("--decode-router", "found 'prefix'", "--prefill-replicas", "1", "--decode-replicas", "1", "--decode-router", "prefix")]
    [InlineData("--prefill-tp", "found 0", "--prefill-replicas", "1", "--decode-replicas", "1", "--prefill-tp", "0")]
    [InlineData("--prefill-tp", "3", "--prefill-replicas", "1", "--decode-replicas", "1", "--prefill-tp", "3")]
    [InlineData("--kv-link", "has no unit", "--prefill-replicas", "1", "--decode-replicas", "1", "--kv-link", "50")]
    [InlineData("--kv-link", "no scale-out bandwidth for tpu-v6e", "--prefill-replicas", "1", "--decode-replicas", "1", "--decode-chip", "tpu-v6e")]
    [InlineData("--first-token", "allowed: after-transfer, from-prefill", "--prefill-replicas", "1", "--decode-replicas", "1", "--first-token", "never")]
    public async Task Wrong_options_are_named_with_what_is_allowed(string option, string told, params string[] options)
    {
        (int code, _, string error) = await Run([.. Small, .. options]);
        Assert.Equal(2, code);
        Assert.Contains(option, error, StringComparison.Ordinal);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_that_does_not_fit_says_by_how_much()
    {
        (int code, _, string error) = await Run(["simulate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--tp", "4", "--decode-tp", "1", "--rate", "1", "--requests", "10", .. Pools]);
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("TP1 of h100-sxm leaves no room for a cache", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sizing_compares_pools_with_replicas_that_do_both()
    {
        (int code, string output, string error) = await Run("size", "--simulate", "--pools", "both", "--model", "llama-3.1-8b", "--chips", "h100-sxm", "--rate", "30", "--dtype", "fp8", "--ttft", "500 ms", "--tpot", "15 ms", "--max-chips", "1", "--json");
        Assert.True(code == ExitCode.Success, error);
        JsonElement answer = JsonDocument.Parse(output).RootElement, split = answer.GetProperty("split_plans")[0];
        double together = answer.GetProperty("plans")[0].GetProperty("dollars_per_hour").GetDouble(), apart = split.GetProperty("dollars_per_hour").GetDouble();
        Assert.Equal(together <= apart ? "together" : "split", answer.GetProperty("cheaper_pools").GetString());
        Assert.True(split.GetProperty("at_load").GetProperty("meets").GetBoolean());
    }

    [Fact]
    public async Task Pools_are_sized_by_simulation_only()
    {
        (int code, _, string error) = await Run("size", "--model", "llama-3.1-8b", "--chips", "h100-sxm", "--rate", "30", "--pools", "split");
        Assert.Equal(2, code);
        Assert.Contains("--pools", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_of_the_page_prints_what_the_page_shows()
    {
        (int code, string output, string error) = await Run(
            "simulate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--tp", "4", "--prefill-replicas", "2", "--decode-replicas", "2", "--rate", "6", "--input", "lognormal:2048,0.8", "--output", "lognormal:256,0.7",
            "--duration", "10min", "--html", Path.Combine(_folder, "page.html"));
        Assert.True(code == ExitCode.Success, error);
        string told = string.Join('\n', output.ReplaceLineEndings("\n").Split('\n').Where(l => !l.StartsWith("Took ", StringComparison.Ordinal) && !l.StartsWith("Page: ", StringComparison.Ordinal)).Select(l => l.TrimEnd())).TrimEnd();
        string page = Repository.Path("docs", "serving-split.md"), text = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            text = Block().Replace(text, m => $"{m.Groups[1].Value}{told}\n```", 1);
            await File.WriteAllTextAsync(page, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(told, Block().Match(text).Groups[2].Value.TrimEnd());
    }

    private static string Pool(JsonElement pool) =>
        $"{pool.GetProperty("chip").GetString()} {pool.GetProperty("chips").GetInt32()} {pool.GetProperty("sharding").GetString()} {pool.GetProperty("scheduler").GetString()} {pool.GetProperty("router").GetString()}";

    private static double Mean(JsonElement answer, string name) =>
        answer.GetProperty("latencies").EnumerateArray().Single(l => l.GetProperty("name").GetString() == name).GetProperty("mean_seconds").GetDouble();

    private static async Task<JsonElement> Answer(params string[] options)
    {
        (int code, string output, string error) = await Run([.. Small, .. Pools, .. options, "--json"]);
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument answer = JsonDocument.Parse(output);
        return answer.RootElement.Clone();
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }

    [GeneratedRegex("(<!-- simulate[^>]*-->\n```text\n)(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
