using System.Text.Json;
using Fleetwright.Hardware.Tables;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Runs of Vidur 7d47513, repeated from its operator tables and request streams.</summary>
public sealed class VidurAnchorTests
{
    [Theory]
    [InlineData("l70b_tp2_sarathi", "per_request_l70b_tp2_sarathi")]
    [InlineData("l70b_tp2_vllm", "per_request_l70b_tp2_vllm")]
    [InlineData("l70b_tp2_preempt_sarathi", "per_request_l70b_tp2_preempt_sarathi")]
    [InlineData("l8b_big", "per_request_l8b_big")]
    [InlineData("l8b_big_vllm", "per_request_l8b_big_vllm")]
    public void Every_request_ends_when_Vidur_says(string run, string file)
    {
        string folder = Repository.SharedData("traces", "vidur", "anchor");
        VidurRun vidur = VidurRun.Read(folder, run);
        Dictionary<long, CompletedRequest> ours = vidur.Simulate(out long iterations);
        Assert.Equal(vidur.Batches, iterations);
        IReadOnlyList<CsvRow> rows = CsvTable.Read(Path.Combine(folder, file + ".csv.gz"), "request_id", "sched_delay_s", "ttft_s", "e2e_s", "restarts").Rows;
        Assert.Equal(vidur.Requests, rows.Count);
        double worst = 0;
        foreach (CsvRow row in rows)
        {
            CompletedRequest own = ours[row.Whole("request_id")];
            worst = Math.Max(worst, Math.Abs(own.QueueSeconds - row.Number("sched_delay_s")));
            worst = Math.Max(worst, Math.Abs(own.Ttft - row.Number("ttft_s")));
            worst = Math.Max(worst, Math.Abs(own.EndToEnd - row.Number("e2e_s")));
            Assert.Equal(row.Whole("restarts"), own.Preemptions);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{run}: worst {worst:e2} s");
        Assert.InRange(worst, 0, 1e-6);
    }
}
