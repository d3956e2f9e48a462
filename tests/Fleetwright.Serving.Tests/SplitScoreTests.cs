using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Tables;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Published;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Scores simulated split fleets against measured ones; nothing is fitted to them (docs/serving-split.md).</summary>
public class SplitScoreTests(ITestOutputHelper output)
{
    [Fact]
    public void Measured_split_servers_are_predicted_within_the_recorded_error()
    {
        var engines = EngineOptions.Of(Fixtures.Catalog);
        var found = new List<ServedRow>();
        foreach (CsvRow row in CsvTable.Read(Repository.SharedData("silicon", "measured_serving.csv.gz")).Rows.Where(r => r["mode"] == SplitServer.Mode))
        {
            if (SplitServer.Predict(Fixtures.Catalog, row, engines, out string status, TestContext.Current.CancellationToken) is { } served)
            {
                found.Add(served);
                output.WriteLine(FormattableString.Invariant($"{row["id"]}: TTFT {served.Ttft.Predicted * 1e3:0} of {served.Ttft.Measured * 1e3:0}, TPOT {served.Tpot.Predicted * 1e3:0.0} of {served.Tpot.Measured * 1e3:0.0}"));
            }
            else if (!status.Contains("how many workers", StringComparison.Ordinal))
            {
                output.WriteLine($"{row["id"]}: {status}");
            }
        }

        (ErrorScore ttft, ErrorScore tpot) = Write("DeepSeek, H200", found.Where(f => f.Model.Contains("DeepSeek", StringComparison.Ordinal) && f.Server.System == "h200_sxm"));
        Write("DeepSeek, H100", found.Where(f => f.Model.Contains("DeepSeek", StringComparison.Ordinal) && f.Server.System == "h100_sxm"));
        Write("Qwen3", found.Where(f => f.Model.Contains("Qwen3", StringComparison.Ordinal)));
        Write("all", found);
        Assert.True(found.Count >= 40, $"only {found.Count} rows could be predicted");
        Assert.True(tpot.Mape < 0.10 && tpot.Median < 0.09, $"TPOT {tpot}");
        Assert.True(ttft.Mape < 0.55, $"TTFT {ttft}");
    }

    private (ErrorScore Ttft, ErrorScore Tpot) Write(string name, IEnumerable<ServedRow> rows)
    {
        (ErrorScore ttft, ErrorScore tpot) = (ErrorScore.Of(rows.Select(r => r.Ttft)), ErrorScore.Of(rows.Select(r => r.Tpot)));
        output.WriteLine($"{name}: TPOT {tpot}; TTFT {ttft}");
        return (ttft, tpot);
    }
}
