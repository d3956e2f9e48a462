using Fleetwright.Hardware.Calibration;
using Fleetwright.Serving.Published;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Scores simulated closed loops against measured servers. One set of parameters an engine; the bounds lie slightly above what was measured (docs/serving-scores.md).</summary>
public class ScoreTests(ITestOutputHelper output)
{
    private static readonly string[] Named = ["meta-llama/Llama-3.1-70B", "Qwen/Qwen3-32B", "openai/gpt-oss-120b"];

    [Fact]
    public void Measured_servers_are_predicted_within_the_recorded_error()
    {
        IReadOnlyList<ServedRow> rows = MeasuredServers.Predict(Fixtures.Catalog, Repository.SharedData("silicon", "measured_serving.csv.gz"), TestContext.Current.CancellationToken);
        foreach (IGrouping<string, ServedRow> group in rows.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Write(group.Key, group);
        }

        Write("all aggregated rows", rows);
        (ErrorScore ttft, ErrorScore tpot) = Write("without DeepSeek", rows.Where(r => !r.Model.Contains("DeepSeek", StringComparison.Ordinal)));
        Write("Llama 3.1 70B, Qwen3 32B, gpt-oss 120B", rows.Where(r => Named.Contains(r.Model)));
        (ErrorScore sparseTtft, ErrorScore sparseTpot) = Write("MiniMax M2.5 on B200", rows.Where(r => r.Group.StartsWith("MiniMaxAI/MiniMax-M2.5 b200", StringComparison.Ordinal)));
        foreach (IGrouping<string, ServedRow> engine in rows.Where(r => !r.Model.Contains("DeepSeek", StringComparison.Ordinal)).GroupBy(r => r.Server.Engine))
        {
            Write(engine.Key, engine);
        }

        Assert.True(rows.Count >= 1041, FormattableString.Invariant($"only {rows.Count} rows could be predicted"));
        Assert.True(sparseTpot.Mape < 0.075 && sparseTpot.Median < 0.065, $"TPOT {sparseTpot}");
        Assert.True(sparseTtft.Mape < 0.23 && sparseTtft.Median < 0.20, $"TTFT {sparseTtft}");
        Assert.True(tpot.Mape < 0.09 && tpot.Median < 0.068, $"TPOT {tpot}");
        Assert.True(ttft.Mape < 0.25 && ttft.Median < 0.19, $"TTFT {ttft}");
    }

    private (ErrorScore Ttft, ErrorScore Tpot) Write(string name, IEnumerable<ServedRow> rows)
    {
        (ErrorScore ttft, ErrorScore tpot) = (ErrorScore.Of(rows.Select(r => r.Ttft)), ErrorScore.Of(rows.Select(r => r.Tpot)));
        output.WriteLine($"{name}: TPOT {tpot}; TTFT {ttft}");
        return (ttft, tpot);
    }
}
