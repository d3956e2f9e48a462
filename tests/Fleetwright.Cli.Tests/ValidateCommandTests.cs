using System.Globalization;
using System.Text.Json;

namespace Fleetwright.Cli.Tests;

public sealed class ValidateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-validate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Help_lists_the_sections()
    {
        (int code, string output, _) = await Run("validate", "--help");
        Assert.Equal(ExitCode.Success, code);
        Assert.All(["--data", "--out", "--only", "--json", "kernels-refined", "llmcompass"], w => Assert.Contains(w, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_without_data_says_what_is_absent_and_is_a_success()
    {
        Directory.CreateDirectory(At("empty"));
        (int code, string output, string error) = await Run("validate", "--data", At("empty"), "--only", "models,llmcompass,serving", "--out", At("page.md"));
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("not scored", output, StringComparison.Ordinal);
        Assert.Contains("llmcompass", error, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(At("page.md"), TestContext.Current.CancellationToken);
        Assert.Contains("Data absent, so not scored: `silicon/measured_serving.csv.gz`", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_section_is_printed_and_nothing_is_written()
    {
        (int code, string output, _) = await Run("validate", "--only", "mtia");
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("## MTIA", output, StringComparison.Ordinal);
        Assert.Contains("left out: catalogue, models", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_the_answer_is_json()
    {
        (int code, string output, _) = await Run("validate", "--only", "mtia", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.Equal("mtia", answer.RootElement.GetProperty("sections")[0].GetProperty("id").GetString());
        Assert.Equal("met", answer.RootElement.GetProperty("bars")[0].GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_stopped_run_leaves_the_page_and_writes_what_is_finished_beside_it()
    {
        await File.WriteAllTextAsync(At("page.md"), "the page before", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(At("empty"));
        using var stop = new CancellationTokenSource();
        using var error = new StopWriter("mtia", stop);
        using var output = new StringWriter();
        int code = await FleetwrightCli.RunAsync(["validate", "--data", At("empty"), "--only", "models,mtia,speed", "--out", At("page.md")], new CommandContext(output, error, stop.Token));
        Assert.Equal(ExitCode.Cancelled, code);
        Assert.Equal("the page before", await File.ReadAllTextAsync(At("page.md"), TestContext.Current.CancellationToken));
        string partial = await File.ReadAllTextAsync(At("page.partial.md"), TestContext.Current.CancellationToken);
        Assert.Contains("these sections are missing: speed", partial, StringComparison.Ordinal);
        Assert.Contains("## MTIA", partial, StringComparison.Ordinal);
    }

    // One deployment told twice: as a row of the measured servers, whose columns say how its weights are scaled, and by simulate's options, where the model's
    // own checkpoint says so. The row's lengths are constant, as it names no attention_dp_size.
    [Theory]
    [InlineData("deepseek-ai/DeepSeek-V3", "h200_sxm", "trtllm", "fp8", 8, 1, 4)]
    [InlineData("deepseek-ai/DeepSeek-V3", "h200_sxm", "trtllm", "fp8", 8, 8, 16)]
    [InlineData("Qwen/Qwen3-235B-A22B-FP8", "h100_sxm", "trtllm", "fp8_block", 8, 1, 4)]
    [InlineData("MiniMaxAI/MiniMax-M2.5", "b200_sxm", "vllm", "fp8", 4, 1, 16)]
    [InlineData("zai-org/GLM-5-FP8", "h200_sxm", "sglang", "fp8_block", 8, 1, 4)]
    [InlineData("meta-llama/Llama-3.1-70B", "h200_sxm", "trtllm", "fp8", 4, 1, 4)]
    public async Task A_row_is_predicted_as_its_deployment_is_simulated(string model, string chip, string engine, string format, int tp, int ep, int clients)
    {
        var c = CultureInfo.InvariantCulture;
        await File.WriteAllLinesAsync(
            At("rows.csv"),
            [
                "id,mode,model_path,system,backend,precision,gemm_quant_mode,moe_quant_mode,concurrency,batch_size,isl,osl,tp_size,pp_size,attention_dp_size,moe_tp_size,moe_ep_size,silicon_ttft_ms,silicon_tpot_ms",
                string.Create(c, $"row,agg,{model},{chip},{engine},fp8,{format},{format},{clients},{clients},512,64,{tp},1,,{tp / ep},{ep},,"),
            ],
            TestContext.Current.CancellationToken);
        (int code, _, string error) = await Run("validate", "serving", "--rows", At("rows.csv"), "--out", At("predicted.csv"));
        Assert.True(code == ExitCode.Success, error);
        string[][] predicted = [.. (await File.ReadAllLinesAsync(At("predicted.csv"), TestContext.Current.CancellationToken)).Select(l => l.Split(','))];
        double Predicted(string column) => double.Parse(predicted[1][Array.IndexOf(predicted[0], column)], c);

        (code, string output, error) = await Run(
            "simulate", "--model", model, "--chip", chip, "--engine", engine, "--tp", tp.ToString(c), "--ep", ep.ToString(c), "--dtype", "fp8", "--kv-dtype", engine == "trtllm" || chip == "b200_sxm" ? "fp8" : "bf16",
            "--concurrency", clients.ToString(c), "--requests", (10 * clients).ToString(c), "--input", "512", "--output", "64", "--context", "576", "--seed", "1", "--json");
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument answer = JsonDocument.Parse(output);
        double Simulated(string name) => 1e3 * answer.RootElement.GetProperty("latencies").EnumerateArray().Single(l => l.GetProperty("name").GetString() == name).GetProperty("mean_seconds").GetDouble();
        Assert.Equal(Predicted("predicted_tpot_ms"), Simulated("tpot"), 1e-3);
        Assert.Equal(Predicted("predicted_ttft_ms"), Simulated("ttft"), 1e-3);
    }

    [Theory]
    [InlineData("--data", "nowhere", "there is no such folder")]
    [InlineData("--only", "kernel", "did you mean kernels")]
    [InlineData("--out", ".", "which is a folder")]
    public async Task A_wrong_option_is_one_message(string option, string value, string message)
    {
        (int code, _, string error) = await Run("validate", option, value);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Stops the run as soon as a section says that it begins.</summary>
    private sealed class StopWriter(string section, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.EndsWith(section, StringComparison.Ordinal) == true)
            {
                stop.Cancel();
            }
        }
    }
}
