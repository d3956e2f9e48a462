using System.Globalization;
using System.Text.Json;

namespace Fleetwright.Cli.Tests;

public class ServingCommandTests
{
    private static readonly string[] Keys =
    [
        "ttft_seconds", "tpot_seconds", "tokens_per_second_per_chip", "memory_bytes_per_chip", "dollars_per_million_output_tokens",
        "joules_per_output_token", "fits", "operators",
    ];

    [Fact]
    public async Task Estimate_answers_with_the_documented_keys()
    {
        (int code, string output, _) = await Run("estimate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--tp", "8", "--dtype", "fp8", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.All(Keys, key => Assert.True(answer.RootElement.TryGetProperty(key, out _), key));
        Assert.True(answer.RootElement.GetProperty("fits").GetBoolean());
    }

    [Fact]
    public async Task Estimate_without_a_layout_takes_the_fewest_chips_that_fit()
    {
        (int code, string output, _) = await Run("estimate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--dtype", "bf16", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.Equal(2, answer.RootElement.GetProperty("chips").GetInt32());
    }

    [Fact]
    public async Task A_model_that_does_not_fit_says_what_would()
    {
        (int code, string output, string error) = await Run("estimate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--tp", "1", "--json");
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("at least 2 chips", error, StringComparison.Ordinal);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.False(answer.RootElement.GetProperty("fits").GetBoolean());
    }

    [Theory]
    [InlineData("near", "estimate", "--model", "lama-3.1-70b", "--chip", "h100-sxm")]
    [InlineData("heads", "estimate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--tp", "3")]
    [InlineData("--prompt", "estimate", "--model", "llama-3.1-70b", "--chip", "h100-sxm", "--prompt", "-4")]
    [InlineData("ms", "size", "--model", "llama-3.1-70b", "--chips", "h100-sxm", "--rate", "1", "--ttft", "500 parsec")]
    [InlineData("--rate", "size", "--model", "llama-3.1-70b", "--chips", "h100-sxm", "--rate", "NaN")]
    [InlineData("h100", "size", "--model", "llama-3.1-70b", "--chips", "h101-sxm", "--rate", "1")]
    public async Task Wrong_options_are_bad_input(string word, params string[] arguments)
    {
        (int code, _, string error) = await Run(arguments);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(word == "near" ? "llama-3.1-70b" : word, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Size_finds_a_fleet_on_each_chip_and_names_the_cheapest()
    {
        (int code, string output, _) = await Run(
            "size", "--model", "llama-3.1-8b", "--chips", "h100-sxm,mi300x", "--rate", "50", "--prompt", "512", "--output", "128", "--ttft", "500 ms", "--tpot", "50 ms", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        JsonElement chips = answer.RootElement.GetProperty("chips");
        Assert.Equal(2, chips.GetArrayLength());
        Assert.All(chips.EnumerateArray(), c => Assert.True(c.GetProperty("ttft_seconds").GetDouble() <= 0.5));
        Assert.Contains(answer.RootElement.GetProperty("cheapest").GetString(), (string[])["h100-sxm", "mi300x"]);
    }

    [Fact]
    public async Task An_impossible_target_is_infeasible_and_names_the_best_reachable()
    {
        (int code, _, string error) = await Run("size", "--model", "llama-3.1-70b", "--chips", "h100-sxm", "--rate", "10", "--ttft", "1 ms");
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("best reachable", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_is_sized_by_simulation_with_what_less_and_more_load_do()
    {
        string[] words = ["size", "--simulate", "--model", "llama-3.1-8b", "--chips", "h100-sxm", "--rate", "100", "--dtype", "fp8", "--ttft", "500 ms", "--tpot", "30 ms", "--json", "--threads"];
        (int code, string output, _) = await Run([.. words, "1"]);
        Assert.Equal(0, code);
        JsonElement plan = JsonDocument.Parse(output).RootElement.GetProperty("plans")[0];
        Assert.True(plan.GetProperty("at_load").GetProperty("meets").GetBoolean());
        Assert.False(plan.GetProperty("fewer").GetProperty("meets").GetBoolean());
        JsonElement ttft = plan.GetProperty("at_load").GetProperty("ttft");
        Assert.InRange(ttft.GetProperty("value").GetDouble(), ttft.GetProperty("low").GetDouble(), ttft.GetProperty("high").GetDouble());
        Assert.True(plan.GetProperty("at_more").GetProperty("tpot").GetProperty("value").GetDouble() > plan.GetProperty("at_load").GetProperty("tpot").GetProperty("value").GetDouble());
        Assert.Equal(output, (await Run([.. words, "2"])).Output);
    }

    [Theory]
    [InlineData("--arrivals", "sometimes")]
    [InlineData("--router", "nearest")]
    [InlineData("--e2e", "soon")]
    public async Task Sizing_by_simulation_names_the_option_that_it_cannot_read(string option, string value)
    {
        (int code, _, string error) = await Run("size", "--simulate", "--model", "llama-3.1-8b", "--chips", "h100-sxm", "--rate", "40", option, value);
        Assert.Equal(2, code);
        Assert.Contains(value, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_is_sized_for_a_trace()
    {
        // Ten requests a second for ten minutes, sped up to forty.
        string trace = Path.Combine(Directory.CreateTempSubdirectory("fleetwright").FullName, "trace.csv");
        await File.WriteAllLinesAsync(trace, ["arrived_at,num_prefill_tokens,num_decode_tokens", .. Enumerable.Range(0, 6000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i * 0.1},{100 + (i * 37 % 1000)},{50 + (i * 53 % 200)}"))], TestContext.Current.CancellationToken);
        string[] words = ["size", "--simulate", "--model", "llama-3.1-8b", "--chips", "h100-sxm", "--dtype", "fp8", "--tpot", "10 ms", "--trace", trace, "--router", "round-robin,least-outstanding", "--json"];
        (int code, string output, string error) = await Run(words);
        Assert.True(code == 0, error);
        JsonElement own = JsonDocument.Parse(output).RootElement.GetProperty("plans")[0].GetProperty("at_load");
        Assert.Equal(10, own.GetProperty("requests_per_second").GetDouble(), 1e-9);
        Assert.Equal(own.GetProperty("ttft").GetProperty("low").GetDouble(), own.GetProperty("ttft").GetProperty("high").GetDouble());
        (_, output, _) = await Run([.. words, "--rate", "400"]);
        JsonElement faster = JsonDocument.Parse(output).RootElement.GetProperty("plans")[0].GetProperty("at_load");
        Assert.Equal(400, faster.GetProperty("requests_per_second").GetDouble(), 1e-9);
        Assert.True(faster.GetProperty("replicas").GetInt32() > own.GetProperty("replicas").GetInt32());
        Directory.Delete(Path.GetDirectoryName(trace)!, recursive: true);
    }

    [Theory]
    [InlineData("found beside --trace", "--simulate", "--trace", "t.csv", "--prompt", "500")]
    [InlineData("found without --simulate", "--trace", "t.csv")]
    [InlineData("nothing arrives", "--simulate")]
    [InlineData("found 'fast'", "--simulate", "--rate", "fast")]
    [InlineData("--from: found where it means nothing", "--simulate", "--rate", "5", "--from", "1 s")]
    [InlineData("t.csv", "--simulate", "--trace", "t.csv")]
    public async Task Sizing_for_a_trace_names_what_does_not_go_together(string told, params string[] words)
    {
        (int code, _, string error) = await Run(["size", "--model", "llama-3.1-8b", "--chips", "h100-sxm", .. words]);
        Assert.Equal(2, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ranking_model_is_sized_by_samples()
    {
        (int code, string output, _) = await Run("size", "--model", "dlrm-medium", "--chips", "h100-sxm,mtia-2i", "--price", "mtia-2i=$4,000", "--rate", "1000000", "--ttft", "100 ms", "--json");
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("samples_per_second_per_chip", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, CancellationToken.None));
        return (code, output.ToString(), error.ToString());
    }
}
