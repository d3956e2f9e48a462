using System.Diagnostics;
using Fleetwright.Testing;

namespace Fleetwright.Acceptance.Tests;

/// <summary>What the program writes and reads fits the published schemas.</summary>
public sealed class ResultsSchemaTests(ShortRun run) : IClassFixture<ShortRun>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Complete_results_fit_the_schema()
    {
        File.WriteAllText(_folder.Path("results.json"), run.Results.Root.GetRawText());
        Validate(Repository.Path("docs", "schemas", "results.schema.json"), _folder.Path("results.json"));
    }

    [Fact]
    public async Task Results_of_a_run_stopped_at_its_start_fit_the_schema()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Outcome outcome = await Program.Run(new StringWriter(), ["run", ScenarioText.Short().Write(_folder), "--out", _folder.Path("out")], stop.Token);
        Assert.Equal(130, outcome.Code);
        Validate(Repository.Path("docs", "schemas", "results.schema.json"), _folder.Path("out/results.json"));
    }

    [Fact]
    public void Scenarios_with_every_key_fit_the_schema()
        => Validate(
            Repository.Path("catalog", "schemas", "scenario.schema.json"),
            ScenarioText.Default().Add("chat-70b", "unserved_limit: { value: 5 %, assumed: true }").Write(_folder),
            Repository.Path("examples", "artemis-memory.yaml"));

    [Fact]
    public async Task Results_with_designs_fit_the_schema()
    {
        Assert.Equal(0, (await Program.Run("run", Repository.Path("examples", "artemis-memory.yaml"), "--out", _folder.Path("out"))).Code);
        Validate(Repository.Path("docs", "schemas", "results.schema.json"), _folder.Path("out/results.json"));
    }

    private static void Validate(string schema, params string[] files)
    {
        string folder = Repository.Path("tests", "schemas");
        Assert.SkipUnless(Runs("node", folder, "--version"), "Needs node on the path to run the JSON Schema validator.");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "ajv")))
        {
            Assert.SkipUnless(Runs("npm", folder, "ci", "--no-audit", "--no-fund"), "npm ci failed in tests/schemas; without its packages the schemas cannot be checked.");
        }

        (int code, string output) = Run("node", folder, ["validate.mjs", schema, .. files]);
        Assert.True(code == 0, output);
    }

    private static bool Runs(string program, string folder, params string[] arguments)
    {
        try
        {
            return Run(program, folder, arguments).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int Code, string Output) Run(string program, string folder, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
