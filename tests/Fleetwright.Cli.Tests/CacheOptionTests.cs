using System.Globalization;
using System.Text.Json;

namespace Fleetwright.Cli.Tests;

/// <summary>Options of the cache through the real command.</summary>
public sealed class CacheOptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Prompts_of_a_trace_find_their_beginnings_on_chips_and_in_tiers()
    {
        JsonElement none = await Answer(), prefixes = await Answer("--prefix-cache"), tiers = await Answer("--host-cache", "60 GB", "--disk-cache", "200 GB", "--disk-bandwidth", "30 GB/s");
        Assert.False(none.TryGetProperty("cache", out _));
        Assert.Contains(none.GetProperty("notes").EnumerateArray(), n => n.GetString()!.Contains("--prefix-cache", StringComparison.Ordinal));
        Assert.Empty(prefixes.GetProperty("notes").EnumerateArray());
        JsonElement found = tiers.GetProperty("cache").GetProperty("found");
        Assert.True(found.GetProperty("host").GetInt64() > 0 && found.GetProperty("disk").GetInt64() > 0);
        Assert.True(found.GetProperty("share").GetDouble() > prefixes.GetProperty("cache").GetProperty("found").GetProperty("share").GetDouble());
        JsonElement loads = tiers.GetProperty("cache").GetProperty("loads");
        Assert.True(loads.GetProperty("mean_wait_seconds").GetDouble() >= loads.GetProperty("mean_copy_seconds").GetDouble());

        // 131,072 B a token of Llama 3.1 8B in bf16.
        Assert.Equal(131_072.0 * found.GetProperty("host").GetInt64(), loads.GetProperty("host_bytes").GetDouble(), 1.0);
    }

    [Fact]
    public async Task Swaps_are_counted_and_told()
    {
        string[] words = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--rate", "40", "--requests", "1500", "--input", "2000", "--output", "1500", "--html", Path.Combine(_folder, "page.html"), "--preemption", "swap"];
        (int code, string output, string error) = await Run(words);
        Assert.True(code == 0, error);
        Assert.Contains("swaps ", output, StringComparison.Ordinal);
        (_, output, _) = await Run([.. words, "--json", "--swap-space", "1 GB"]);
        JsonElement swaps = JsonDocument.Parse(output).RootElement.GetProperty("cache").GetProperty("swaps");
        Assert.True(swaps.GetProperty("out").GetInt64() > 0);
        Assert.True(swaps.GetProperty("recomputed").GetInt64() > 0);
        Assert.Equal(swaps.GetProperty("out").GetInt64(), swaps.GetProperty("in").GetInt64());

        // Both ways at the 64 GB/s that the catalogue has of the chip; whole picoseconds.
        Assert.Equal((swaps.GetProperty("bytes_out").GetDouble() + swaps.GetProperty("bytes_in").GetDouble()) / 64e9, swaps.GetProperty("seconds").GetDouble(), 1e-6);
    }

    [Theory]
    [InlineData("--preemption", "swap", "--scheduler", "orca", "--preemption")]
    [InlineData("--prefix-cache", "true", "--scheduler", "static", "--prefix-cache")]
    [InlineData("--host-cache", "10 GB", "--scheduler", "vllm-v0", "--host-cache")]
    [InlineData("--host-cache", "10 GB", "--pp", "2", "--host-cache")]
    [InlineData("--preemption", "swap", "--dp-attention", "2", "--preemption")]
    [InlineData("--preemption", "copy", "--tp", "1", "--preemption")]
    [InlineData("--swap-space", "10 GB", "--tp", "1", "--swap-space")]
    [InlineData("--swap-space", "10 s", "--preemption", "swap", "--swap-space")]
    [InlineData("--disk-cache", "1 TB", "--tp", "1", "--disk-bandwidth")]
    [InlineData("--disk-bandwidth", "7 GB/s", "--host-cache", "1 GB", "--disk-bandwidth")]
    [InlineData("--disk-cache", "1 TB", "--disk-bandwidth", "0 GB/s", "--disk-bandwidth")]
    [InlineData("--host-link", "55 GB/s", "--tp", "1", "--host-link")]
    public async Task What_cannot_be_is_named(string option, string value, string other, string otherValue, string names)
    {
        (int code, _, string error) = await Run("simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--rate", "1", "--requests", "10", "--json", option, value, other, otherValue);
        Assert.Equal(2, code);
        Assert.Contains(names, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_of_Vidur_has_none_of_them()
    {
        (int code, _, string error) = await Run("simulate", "--tables", _folder, "--table-prefix", "llama2-70b_tp2_a100", "--requests", Path.Combine(_folder, "none.csv"), "--preemption", "swap");
        Assert.Equal(2, code);
        Assert.Contains("--preemption", error, StringComparison.Ordinal);
    }

    // 400 conversations of four turns on one chip: fifty at a time have three, and all have a last one in the opposite order, so that some come back soon and some late.
    private async Task<JsonElement> Answer(params string[] options)
    {
        string trace = Path.Combine(_folder, "trace.jsonl");
        IEnumerable<(int Chat, int Turn)> turns = Enumerable.Range(0, 1200).Select(i => ((i / 150 * 50) + (i % 50), i / 50 % 3)).Concat(Enumerable.Range(0, 400).Select(i => (399 - i, 3)));
        await File.WriteAllLinesAsync(trace, turns.Select((t, i) =>
        {
            int chat = t.Chat, blocks = 8 + (8 * t.Turn);
            return string.Create(CultureInfo.InvariantCulture, $"{{\"timestamp\": {i * 500}, \"input_length\": {(blocks * 512) + 100}, \"output_length\": 20, \"hash_ids\": [{string.Join(", ", Enumerable.Range(0, blocks + 1).Select(b => (chat * 100) + b))}]}}");
        }), TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Run(["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--trace", trace, "--json", .. options]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(args, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }
}
