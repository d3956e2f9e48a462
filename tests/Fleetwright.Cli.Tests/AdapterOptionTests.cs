using System.Text.Json;

namespace Fleetwright.Cli.Tests;

/// <summary>LoRA adapters through the real command.</summary>
public sealed class AdapterOptionTests
{
    private static readonly string[] s_load = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--rate", "20", "--requests", "2000", "--input", "lognormal:512,0.8", "--output", "lognormal:64,0.7"];

    [Fact]
    public async Task Adapters_take_memory_and_time_and_slots_that_bind_are_told()
    {
        (int code, string output, string error) = await Run([.. s_load, "--adapters", "100", "--html", Path.Combine(Path.GetTempPath(), "adapters.html")]);
        Assert.True(code == 0, error);
        Assert.Contains("adapter slots of a replica bind", output, StringComparison.Ordinal);
        Assert.Contains("100 of rank 16, 83.9 MB each; 1 slots take 0.08 GB of a chip", output, StringComparison.Ordinal);

        JsonElement none = await Answer(), many = await Answer("--adapters", "100", "--max-loras", "100", "--adapter-rank", "64", "--adapter-share", "50 %");
        Assert.False(none.TryGetProperty("adapters", out _));
        JsonElement adapters = many.GetProperty("adapters");
        Assert.Equal(4 * 41_943_040, adapters.GetProperty("parameters").GetDouble());
        Assert.Equal(100 * 2 * 4 * 41_943_040.0, adapters.GetProperty("slot_bytes_per_chip").GetDouble());
        Assert.InRange(adapters.GetProperty("loads").GetInt64(), 50, 100);
        Assert.True(Tpot(many) > Tpot(none));
        Assert.True(many.GetProperty("replica").GetProperty("cache_blocks").GetInt64() < none.GetProperty("replica").GetProperty("cache_blocks").GetInt64());
    }

    [Fact]
    public async Task What_host_memory_does_not_keep_comes_from_disk()
    {
        JsonElement host = await Answer("--adapters", "50", "--max-loras", "4"), disk = await Answer("--adapters", "50", "--max-loras", "4", "--max-cpu-loras", "8", "--disk-bandwidth", "2 GB/s");
        Assert.Equal(0, host.GetProperty("adapters").GetProperty("disk_loads").GetInt64());
        Assert.True(disk.GetProperty("adapters").GetProperty("disk_loads").GetInt64() > 100);
        Assert.True(disk.GetProperty("adapters").GetProperty("load_share").GetDouble() > 5 * host.GetProperty("adapters").GetProperty("load_share").GetDouble());
    }

    [Theory]
    [InlineData("--adapters", "--adapters", "0")]
    [InlineData("--adapters", "--adapters", "many")]
    [InlineData("--adapters", "--adapter-rank", "16")]
    [InlineData("--adapter-skew", "--adapters", "9", "--adapter-skew", "-1")]
    [InlineData("--adapter-share", "--adapters", "9", "--adapter-share", "120 %")]
    [InlineData("--max-loras", "--adapters", "9", "--max-loras", "0")]
    [InlineData("--max-cpu-loras", "--adapters", "9", "--max-loras", "4", "--max-cpu-loras", "2", "--disk-bandwidth", "1 GB/s")]
    [InlineData("--disk-bandwidth", "--adapters", "9", "--max-loras", "4", "--max-cpu-loras", "5")]
    [InlineData("--router", "--router", "adapter")]
    [InlineData("--adapters", "--adapters", "9", "--pp", "2")]
    [InlineData("--adapters", "--adapters", "9", "--dp-attention", "2")]
    [InlineData("--speculate", "--adapters", "9", "--speculate", "3", "--acceptance", "0.7")]
    [InlineData("--adapters", "--adapters", "9", "--preemption", "swap")]
    [InlineData("--adapters", "--adapters", "9", "--prefill-replicas", "1", "--decode-replicas", "1")]
    [InlineData("--checkpoint", "--adapters", "9", "--checkpoint", "none.bin")]
    public async Task What_cannot_be_is_named(string names, params string[] options)
    {
        (int code, _, string error) = await Run([.. s_load, "--json", .. options]);
        Assert.Equal(2, code);
        Assert.Contains(names, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adapters_go_together_with_classes_of_unequal_urgency()
    {
        (int code, string output, string error) = await Run(
            "simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--duration", "1min", "--adapters", "20", "--max-loras", "4", "--json",
            "--class", "chat: rate=20 input=512 output=64 priority=0", "--class", "batch: rate=20 input=512 output=64 priority=1");
        Assert.True(code == 0, error);
        JsonElement[] classes = [.. JsonDocument.Parse(output).RootElement.GetProperty("classes").EnumerateArray()];
        double Queue(int of) => classes[of].GetProperty("latencies").EnumerateArray().First(l => l.GetProperty("name").GetString() == "queue").GetProperty("mean_seconds").GetDouble();
        Assert.True(Queue(0) < Queue(1));
    }

    [Fact]
    public async Task Slots_that_leave_no_room_for_a_cache_are_said()
    {
        (int code, _, string error) = await Run([.. s_load, "--tp", "1", "--json", "--adapters", "2000", "--max-loras", "1000"]);
        Assert.Equal(3, code);
        Assert.Contains("1000 adapters of rank 16 83.9 GB", error, StringComparison.Ordinal);
    }

    private static double Tpot(JsonElement answer) => answer.GetProperty("latencies").EnumerateArray().First(l => l.GetProperty("name").GetString() == "tpot").GetProperty("mean_seconds").GetDouble();

    private static async Task<JsonElement> Answer(params string[] options)
    {
        (int code, string output, string error) = await Run([.. s_load, "--json", .. options]);
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
