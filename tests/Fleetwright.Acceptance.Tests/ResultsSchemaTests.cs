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
        SchemaValidator.Passes(Repository.Path("docs", "schemas", "results.schema.json"), _folder.Path("results.json"));
    }

    [Fact]
    public async Task Results_of_a_run_stopped_at_its_start_fit_the_schema()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Outcome outcome = await Program.Run(new StringWriter(), ["run", ScenarioText.Short().Write(_folder), "--out", _folder.Path("out")], stop.Token);
        Assert.Equal(130, outcome.Code);
        SchemaValidator.Passes(Repository.Path("docs", "schemas", "results.schema.json"), _folder.Path("out/results.json"));
    }

    [Fact]
    public void Scenarios_with_every_key_fit_the_schema()
        => SchemaValidator.Passes(
            Repository.Path("catalog", "schemas", "scenario.schema.json"),
            ScenarioText.Default().Add("chat-70b", "unserved_limit: { value: 5 %, assumed: true }").Write(_folder),
            Repository.Path("examples", "artemis-memory.yaml"));

    [Fact]
    public async Task Results_with_designs_fit_the_schema()
    {
        Assert.Equal(0, (await Program.Run("run", Repository.Path("examples", "artemis-memory.yaml"), "--out", _folder.Path("out"))).Code);
        SchemaValidator.Passes(Repository.Path("docs", "schemas", "results.schema.json"), _folder.Path("out/results.json"));
    }
}
