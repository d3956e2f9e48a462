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
