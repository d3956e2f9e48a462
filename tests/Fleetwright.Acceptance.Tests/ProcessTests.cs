using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Fleetwright.Acceptance.Tests;

/// <summary>The program as a process: its streams, its exit code, what it does without a solver and when it is stopped.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Interrupt = 2;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task With_json_nothing_but_the_answer_is_on_stdout()
    {
        Outcome outcome = await Program.RunProcess(null, "run", ScenarioText.Short().Write(_folder), "--out", _folder.Path("out"), "--json");
        Assert.True(outcome.Code == 0, outcome.Error);
        using JsonDocument answer = JsonDocument.Parse(outcome.Output);
        Assert.Equal(File.ReadAllText(_folder.Path("out/results.json")), outcome.Output);
        Assert.All(outcome.Messages, m => Assert.StartsWith("fleetwright: ", m, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_input_ends_with_two_and_one_line_on_stderr()
    {
        Outcome outcome = await Program.RunProcess(null, "run", ScenarioText.Default().Set("h100", "chip", "h100-smx").Write(_folder), "--out", _folder.Path("out"));
        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Output);
        Assert.Contains("did you mean h100-sxm", Assert.Single(outcome.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_solver_the_rest_of_the_chain_runs_and_says_how_to_get_one()
    {
        Outcome outcome = await Program.RunProcess(_folder.Root, "run", ScenarioText.Default().Write(_folder), "--out", _folder.Path("out"));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Contains("coinor-cbc", outcome.Output, StringComparison.Ordinal);
        Results results = Results.Read(_folder.Path("out"));
        Assert.Equal("partial", results.Status);
        Assert.Contains("coinor-cbc", Results.Text(results.Root, "supply_problem"), StringComparison.Ordinal);
        Assert.False(results.Root.TryGetProperty("supply", out _));
        Assert.Equal(5, results.Root.GetProperty("placement").GetArrayLength());
        Assert.Contains(results.Serving("chat-8b"), o => o.GetProperty("feasible").GetBoolean());
    }

    [Fact]
    public async Task Supply_without_a_solver_says_how_to_get_one()
    {
        Outcome outcome = await Program.RunProcess(_folder.Root, "supply", ScenarioText.Short().Write(_folder));
        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Output);
        Assert.Contains("coinor-cbc", outcome.Messages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_as_a_process_it_ends_with_130_and_leaves_readable_results()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs signals.");
        using Process process = Program.Start(null, "run", ScenarioText.Default().Write(_folder), "--out", _folder.Path("out"), "--json");
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Contains("planning supply", StringComparison.Ordinal))
            {
                Assert.Equal(0, Kill(process.Id, Interrupt));
            }
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Interrupted(Results.Read(_folder.Path("out")));
        Assert.Equal("partial", Results.Parse(await output).Status);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path("out"), "*.part"));
    }

    [Theory]
    [InlineData("sizing")]
    [InlineData("placing")]
    [InlineData("planning supply")]
    [InlineData("weighing cost")]
    public async Task Stopped_at_any_stage_it_keeps_the_stages_before(string stage)
    {
        using var stop = new CancellationTokenSource();
        using var error = new StopWriter(stage, stop);
        Outcome outcome = await Program.Run(error, ["run", ScenarioText.Short().Write(_folder), "--out", _folder.Path("out")], stop.Token);
        Assert.Equal(130, outcome.Code);
        Results results = Results.Read(_folder.Path("out"));
        Assert.Equal("partial", results.Status);
        Assert.Equal(5, results.Root.GetProperty("demand").GetProperty("products").GetArrayLength());
        Assert.Equal(stage == "weighing cost", results.Root.TryGetProperty("supply", out _));
        if (stage == "planning supply")
        {
            Interrupted(results);
        }
    }

    private static void Interrupted(Results results)
    {
        Assert.Equal("partial", results.Status);
        Assert.Equal(5, results.Root.GetProperty("placement").GetArrayLength());
        Assert.Equal(3, results.Root.GetProperty("serving").GetArrayLength());
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);

    /// <summary>Stops the run as soon as a stage says that it begins.</summary>
    private sealed class StopWriter(string stage, CancellationTokenSource stop) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith($"fleetwright: {stage}", StringComparison.Ordinal) == true)
            {
                stop.Cancel();
            }
        }
    }
}
