using System.Text.Json;

namespace Fleetwright.Cli.Tests;

public sealed class DeviceCommandTests
{
    private static readonly string[] Quest = ["device", "--device", "quest-3", "--model", "llama-3.2-1b", "--engine", "executorch", "--prompt", "300", "--reply", "80"];

    [Fact]
    public async Task A_turn_on_a_Quest_3_prints_everything_with_bands_and_that_nothing_of_it_was_measured()
    {
        (int code, string output, string error) = await Run(Quest);
        Assert.Equal(ExitCode.Success, code);
        Assert.Empty(error);
        foreach (string word in (string[])["UNMEASURED", "prefill", "decode", "limited by", "memory", "of 5.75 GiB", "power", "throttle", "of the battery", "voice-to-voice"])
        {
            Assert.Contains(word, output, StringComparison.Ordinal);
        }

        using JsonDocument answer = JsonDocument.Parse((await Run([.. Quest, "--json"])).Output);
        foreach (string band in (string[])["decode_tokens_per_second", "prefill_tokens_per_second", "memory_bytes", "decode_watts", "battery_per_turn", "voice_to_voice_p50_band"])
        {
            JsonElement value = answer.RootElement.GetProperty(band);
            Assert.True(value.GetProperty("low").GetDouble() < value.GetProperty("value").GetDouble() && value.GetProperty("value").GetDouble() < value.GetProperty("high").GetDouble(), band);
        }
    }

    [Fact]
    public async Task A_model_that_glasses_cannot_hold_is_refused_by_how_many_GiB()
    {
        (int code, string output, string error) = await Run("device", "--device", "ray-ban-meta", "--model", "llama-3.2-1b", "--engine", "executorch");
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Empty(output);
        Assert.Contains("GiB too much", error, StringComparison.Ordinal);
        Assert.Contains("fits", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_too_long_for_memory_says_which_would_fit()
    {
        (int code, _, string error) = await Run([.. Quest[..7], "--context", "131072"]);
        Assert.Equal(ExitCode.Infeasible, code);
        Assert.Contains("tokens of context would fit", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_capped_context_costs_less_than_the_whole()
    {
        using JsonDocument whole = JsonDocument.Parse((await Run([.. Quest[..7], "--prompt", "3000", "--json"])).Output);
        using JsonDocument cut = JsonDocument.Parse((await Run([.. Quest[..7], "--prompt", "3000", "--context-cap", "1024", "--json"])).Output);
        Assert.Equal(1024 - 80, cut.RootElement.GetProperty("prompt_tokens").GetDouble());
        Assert.True(First(cut) < First(whole) / 2);

        static double First(JsonDocument answer) => answer.RootElement.GetProperty("first_token_seconds").GetProperty("value").GetDouble();
    }

    [Fact]
    public async Task Prompts_may_be_read_by_another_unit()
    {
        using JsonDocument one = JsonDocument.Parse((await Run([.. Quest, "--json"])).Output);
        using JsonDocument split = JsonDocument.Parse((await Run([.. Quest, "--prefill-unit", "npu", "--prefill-engine", "genie", "--json"])).Output);
        Assert.True(Value(split, "first_token_seconds") < Value(one, "first_token_seconds"));
        Assert.Equal(Value(one, "decode_tokens_per_second"), Value(split, "decode_tokens_per_second"));
        Assert.True(Value(split, "memory_bytes") > Value(one, "memory_bytes"));

        static double Value(JsonDocument answer, string name) => answer.RootElement.GetProperty(name).GetProperty("value").GetDouble();
    }

    [Theory]
    [InlineData("--context-cap", "50", "allowed: more than")]
    [InlineData("--prefill-engine", "genie", "goes with --prefill-unit")]
    [InlineData("--prefill-unit", "gpo", "allowed: cpu, gpu, npu")]
    [InlineData("--prefill-unit", "cpu", "needs two units")]
    public async Task What_makes_no_sense_is_refused(string option, string value, string says)
    {
        (int code, _, string error) = await Run([.. Quest, option, value]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frames_are_shown_for_every_scene_and_unit_as_estimates()
    {
        (int code, string output, _) = await Run("device", "frames", "--device", "quest-3", "--model", "llama-3.2-1b", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.Equal("estimate", answer.RootElement.GetProperty("basis").GetString());
        Assert.Equal(9, answer.RootElement.GetProperty("frames").GetArrayLength());
        Assert.Equal(3, answer.RootElement.GetProperty("streams").GetArrayLength());
        Assert.Contains("ESTIMATE", (await Run("device", "frames", "--device", "quest-3", "--model", "llama-3.2-1b", "--render", "90hz")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quest-3", "60hz", "Meta Quest 3 has 72hz, 90hz, 120hz")]
    [InlineData("oneplus-12", "90hz", "has no render loads")]
    public async Task Frames_of_a_scene_that_the_device_lacks_are_refused(string device, string scene, string says)
    {
        (int code, _, string error) = await Run("device", "frames", "--device", device, "--model", "llama-3.2-1b", "--render", scene);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, CancellationToken.None));
        return (code, output.ToString(), error.ToString());
    }
}
