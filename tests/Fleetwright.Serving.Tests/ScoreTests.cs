using Fleetwright.Hardware.Calibration;
using Fleetwright.Serving.Published;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Scores the closed loop against measured servers. Nothing is fitted to single rows; the bounds lie slightly above what was measured (docs/serving.md).</summary>
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

        (ErrorScore ttft, ErrorScore tpot) = Write("all aggregated rows", rows);
        Write("Llama 3.1 70B, Qwen3 32B, gpt-oss 120B", rows.Where(r => Named.Contains(r.Model)));
        (ErrorScore denseTtft, ErrorScore denseTpot) = Write("dense", rows.Where(r => r.Model is "meta-llama/Llama-3.1-70B" or "Qwen/Qwen3-32B"));
        (ErrorScore sparseTtft, ErrorScore sparseTpot) = Write("MiniMax M2.5 on B200", rows.Where(r => r.Group.StartsWith("MiniMaxAI/MiniMax-M2.5 b200", StringComparison.Ordinal)));
        Assert.True(rows.Count >= 940, FormattableString.Invariant($"only {rows.Count} rows could be predicted"));
        Assert.True(denseTpot.Mape < 0.19 && denseTpot.Median < 0.15, $"TPOT {denseTpot}");
        Assert.True(denseTtft.Mape < 0.27 && denseTtft.Median < 0.18, $"TTFT {denseTtft}");
        Assert.True(sparseTpot.Mape < 0.12 && sparseTpot.Median < 0.10, $"TPOT {sparseTpot}");
        Assert.True(sparseTtft.Mape < 0.3 && sparseTtft.Median < 0.27, $"TTFT {sparseTtft}");
        Assert.True(ttft.Mape < 0.34 && ttft.Median < 0.3, $"TTFT {ttft}");
        Assert.True(tpot.Mape < 0.22 && tpot.Median < 0.14, $"TPOT {tpot}");
    }

    private (ErrorScore Ttft, ErrorScore Tpot) Write(string name, IEnumerable<ServedRow> rows)
    {
        (ErrorScore ttft, ErrorScore tpot) = (ErrorScore.Of(rows.Select(r => r.Ttft)), ErrorScore.Of(rows.Select(r => r.Tpot)));
        output.WriteLine($"{name}: TPOT {tpot}; TTFT {ttft}");
        return (ttft, tpot);
    }
}
