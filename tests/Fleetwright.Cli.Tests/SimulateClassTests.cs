using System.Text.Json;

namespace Fleetwright.Cli.Tests;

/// <summary>Speculation, classes of requests and uneven experts through the command line.</summary>
public sealed class SimulateClassTests : IDisposable
{
    private static readonly string[] Small = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--requests", "600", "--duration", "1h"];

    private static readonly string[] Chat = ["--class", "chat: rate=20 input=512 output=lognormal:64,0.5 ttft=300ms tpot=50ms priority=0", "--class", "batch: rate=20 input=uniform:1000,3000 output=16 priority=1"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Few_sequences_are_faster_with_drafts_and_many_slower()
    {
        string[] drafts = ["--speculate", "3", "--acceptance", "0.6", "--draft", "head"];
        double Tpot(JsonElement answer) => answer.GetProperty("latencies").EnumerateArray().Single(l => l.GetProperty("name").GetString() == "tpot").GetProperty("mean_seconds").GetDouble();
        async Task<double> Gain(string clients) => Tpot(await Answer(["--concurrency", clients, "--input", "256", "--output", "200"])) / Tpot(await Answer(["--concurrency", clients, "--input", "256", "--output", "200", .. drafts]));
        Assert.InRange(await Gain("1"), 1.3, 2.2);
        Assert.InRange(await Gain("256"), 0.3, 1);
    }

    [Fact]
    public async Task Speculation_tells_what_it_gained()
    {
        JsonElement told = (await Answer(["--rate", "2", "--input", "512", "--output", "400", "--speculate", "3", "--acceptance", "0.7,0.6,0.5", "--draft-model", "llama-3.2-1b"])).GetProperty("speculation");
        Assert.Equal(1 + 0.7 + 0.42 + 0.21, told.GetProperty("expected_tokens").GetDouble(), 1e-9);
        Assert.Equal(told.GetProperty("expected_tokens").GetDouble(), told.GetProperty("tokens_per_step").GetDouble(), 0.03);
        Assert.Equal("llama-3.2-1b", told.GetProperty("draft").GetString());
        Assert.InRange(told.GetProperty("draft_share").GetDouble(), 0.1, 0.6);
        (_, string text, _) = await Run([.. Small, "--rate", "2", "--speculate", "3", "--acceptance", "0.7", "--draft", "ngram", "--html", Path.Combine(_folder, "p.html")]);
        Assert.Contains("3 drafted a step by ngram", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classes_have_targets_priorities_and_percentiles_of_their_own()
    {
        JsonElement answer = await Answer(Chat);
        JsonElement[] classes = [.. answer.GetProperty("classes").EnumerateArray()];
        Assert.Equal(["chat", "batch"], classes.Select(c => c.GetProperty("name").GetString()));
        Assert.Equal([0, 1], classes.Select(c => c.GetProperty("priority").GetInt32()));
        Assert.Equal(0.3, classes[0].GetProperty("goodput").GetProperty("ttft_seconds").GetDouble());
        Assert.False(classes[1].TryGetProperty("goodput", out _));
        Assert.Equal(600, classes.Sum(c => c.GetProperty("completed").GetInt64()));
        Assert.Equal(40, answer.GetProperty("throughput").GetProperty("offered_requests_per_second").GetDouble());
        string page = Path.Combine(_folder, "p.html");
        (int code, string text, string error) = await Run([.. Small, .. Chat, "--html", page]);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("keep what their class asks", text, StringComparison.Ordinal);
        Assert.Contains("Class chat (priority 0): ", text, StringComparison.Ordinal);
        Assert.Contains("keep TTFT ≤ 300.0 ms, TPOT ≤ 50.0 ms", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_urgent_wait_less_where_places_are_few()
    {
        // Many more than one replica can start at once: who is urgent overtakes, and without priorities nobody does.
        string[] crowd = ["--scheduler", "static", "--context", "4096"];
        double[] with = Queues(await Answer([.. Chat, .. crowd])), without = Queues(await Answer([.. Chat.Select(t => t.Replace(" priority=0", "", StringComparison.Ordinal).Replace(" priority=1", "", StringComparison.Ordinal)), .. crowd]));
        Assert.True(with[0] < without[0]);
        Assert.True(with[1] > without[1]);

        static double[] Queues(JsonElement answer) =>
            [.. answer.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("latencies").EnumerateArray().Single(l => l.GetProperty("name").GetString() == "queue").GetProperty("mean_seconds").GetDouble())];
    }

    [Fact]
    public async Task A_class_of_a_trace_has_targets_too()
    {
        string trace = Path.Combine(_folder, "t.csv");
        await File.WriteAllLinesAsync(trace, ["arrived_at,num_prefill_tokens,num_decode_tokens,kind", .. Enumerable.Range(0, 40).Select(i => FormattableString.Invariant($"{i},100,20,{(i % 2 == 0 ? "chat" : "batch")}"))], TestContext.Current.CancellationToken);
        string[] replay = ["--trace", trace, "--class-column", "kind"];
        JsonElement answer = await Answer([.. replay, "--class", "batch: e2e=1us priority=3"]);
        JsonElement batch = answer.GetProperty("classes").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "batch");
        Assert.Equal(0, batch.GetProperty("good").GetInt64());
        Assert.Equal(20, answer.GetProperty("goodput").GetProperty("good").GetInt64());
        await Refused("the trace has no class 'chats'; it has: ", [.. replay, "--class", "chats: ttft=1s"]);
    }

    [Fact]
    public async Task Uneven_experts_take_longer()
    {
        string[] experts = ["simulate", "--model", "qwen3-30b-a3b", "--chip", "h100-sxm", "--tp", "4", "--ep", "4", "--concurrency", "256", "--requests", "1000", "--input", "512", "--output", "64"];
        double Rate(JsonElement answer) => answer.GetProperty("throughput").GetProperty("requests_per_second").GetDouble();
        double even = Rate(await Answered(experts)), uneven = Rate(await Answered([.. experts, "--expert-skew", "zipf:1"])), measured = Rate(await Answered([.. experts, "--expert-skew", "1.5"]));
        Assert.True(uneven < even);
        Assert.True(measured < even);
    }

    [Theory]
    [InlineData("--acceptance: is missing", "--rate", "1", "--speculate", "3")]
    [InlineData("--acceptance: found '1.2'; allowed: one number from 0 to 1, or 3", "--rate", "1", "--speculate", "3", "--acceptance", "1.2")]
    [InlineData("--acceptance: found '0.1,0.2'", "--rate", "1", "--speculate", "3", "--acceptance", "0.1,0.2")]
    [InlineData("--acceptance: found without --speculate", "--rate", "1", "--acceptance", "0.7")]
    [InlineData("--speculate: found '0'; allowed: a whole number from 1 to 32", "--rate", "1", "--speculate", "0", "--acceptance", "0.7")]
    [InlineData("--acceptance-spread: found '2'", "--rate", "1", "--speculate", "3", "--acceptance", "0.7", "--acceptance-spread", "2")]
    [InlineData("did you mean head?", "--rate", "1", "--speculate", "3", "--acceptance", "0.7", "--draft", "heed")]
    [InlineData("--draft-cost: found beside another draft", "--rate", "1", "--speculate", "3", "--acceptance", "0.7", "--draft", "head", "--draft-cost", "5 %")]
    [InlineData("--draft-cost: found '200 %'", "--rate", "1", "--speculate", "3", "--acceptance", "0.7", "--draft-cost", "200 %")]
    [InlineData("'llama-9'", "--rate", "1", "--speculate", "3", "--acceptance", "0.7", "--draft-model", "llama-9")]
    [InlineData("--speculate: found with --tables", "--tables", "x", "--speculate", "3", "--acceptance", "0.7")]
    [InlineData("--class: found 'rate=3'; allowed: a name", "--class", "rate=3")]
    [InlineData("--class: found 'rat=3' in class 'a'; allowed", "--class", "a: rat=3")]
    [InlineData("--class: found 'a' twice", "--class", "a: rate=3", "--class", "a: rate=3")]
    [InlineData("'b' has no rate and others have", "--class", "a: rate=3", "--class", "b: ttft=1s")]
    [InlineData("--class a: rate: found 'x'", "--class", "a: rate=x")]
    [InlineData("--class a: ttft: ", "--class", "a: rate=1 ttft=5")]
    [InlineData("--class a: priority: found '1.5'", "--class", "a: rate=1 priority=1.5")]
    [InlineData("--class a: input: found", "--class", "a: rate=1 input=foo:3")]
    [InlineData("--class a: output: found without rate=", "--rate", "1", "--class", "a: output=3")]
    [InlineData("but the traffic has no classes", "--rate", "1", "--class", "a: ttft=1s")]
    [InlineData("--rate: found beside classes with a rate", "--rate", "1", "--class", "a: rate=1")]
    [InlineData("--expert-skew: found for llama-3.1-8b, which has no experts", "--rate", "1", "--expert-skew", "zipf:1")]
    public Task Bad_input_is_one_clear_error(string told, params string[] options) => Refused(told, options);

    [Theory]
    [InlineData("--expert-skew: found 'zipf:x'", "--expert-skew", "zipf:x")]
    [InlineData("--expert-skew: found '0.5'", "--expert-skew", "0.5")]
    [InlineData("--redundant-experts: found without --expert-skew", "--redundant-experts", "4")]
    [InlineData("--redundant-experts: found with a measured ratio", "--expert-skew", "1.5", "--redundant-experts", "4")]
    [InlineData("--redundant-experts: found 3: 128 experts and 3 copies do not divide by EP 4", "--tp", "4", "--ep", "4", "--expert-skew", "zipf:1", "--redundant-experts", "3")]
    [InlineData("--speculate: found with --dp-attention", "--dp-attention", "4", "--ep", "4", "--speculate", "1", "--acceptance", "0.7")]
    public async Task So_are_layouts_and_skews_that_do_not_go(string told, params string[] options)
    {
        (int code, _, string error) = await Run(["simulate", "--model", "qwen3-30b-a3b", "--chip", "h100-sxm", "--rate", "1", "--requests", "10", .. options]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    private static async Task Refused(string told, string[] options)
    {
        (int code, _, string error) = await Run(["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", .. options]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Single(error.ReplaceLineEndings("\n").TrimEnd().Split('\n'));
    }

    private static Task<JsonElement> Answer(string[] options) => Answered([.. Small, .. options]);

    private static async Task<JsonElement> Answered(string[] arguments)
    {
        (int code, string output, string error) = await Run([.. arguments, "--json"]);
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument answer = JsonDocument.Parse(output);
        return answer.RootElement.Clone();
    }

    private static async Task<(int Code, string Output, string Error)> Run(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }
}
