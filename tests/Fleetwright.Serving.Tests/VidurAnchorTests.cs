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
        IReadOnlyDictionary<long, CompletedRequest> ours = vidur.Simulate(out long iterations);
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

    [Theory]
    [InlineData("l70b_tp2_sarathi_2000")]
    [InlineData("l70b_tp2_sarathi_10000")]
    [InlineData("l70b_tp2_overload")]
    [InlineData("l70b_tp2_overload_vllm")]
    [InlineData("l70b_tp2_preempt_sarathi")]
    [InlineData("l70b_tp2_preempt_vllm")]
    [InlineData("l70b_tp2_16r_sarathi_8000")]
    [InlineData("l70b_tp2_64r_sarathi_16000")]
    [InlineData("l70b_tp2_lor4")]
    [InlineData("l8b_2000")]
    [InlineData("l8b_10000")]
    [InlineData("l8b_16r_8000")]
    [InlineData("l8b_64r_16000")]
    [InlineData("l8b_replay_conv")]
    public void Percentiles_are_Vidurs(string run)
    {
        VidurRun vidur = VidurRun.Read(Repository.SharedData("traces", "vidur", "anchor"), run);
        IReadOnlyDictionary<long, CompletedRequest> ours = vidur.Simulate(out long iterations);
        Assert.Equal(vidur.Requests, ours.Count);
        Assert.Equal(vidur.Batches, iterations);
        Check("ttft_s", r => r.Ttft);
        Check("e2e_s", r => r.EndToEnd);
        Check("sched_delay_s", r => r.QueueSeconds);
        Check("restarts", r => r.Preemptions);

        // Vidur divides by all tokens of the answer, and after an eviction by fewer; those runs are compared without it.
        if (ours.Values.All(r => r.Preemptions == 0))
        {
            Check("tpot_s", r => r.EndToEnd - r.Ttft, r => r.OutputTokens);
        }

        void Check(string metric, Func<CompletedRequest, double> value, Func<CompletedRequest, double>? divisor = null)
        {
            double[] sorted = [.. ours.Values.Select(r => value(r) / (divisor?.Invoke(r) ?? 1)).Order()];
            Same(metric, "mean", sorted.Average());
            Same(metric, "max", sorted[^1]);
            foreach (int p in (ReadOnlySpan<int>)[50, 90, 95, 99])
            {
                double rank = p / 100.0 * (sorted.Length - 1);
                int low = (int)rank;
                Same(metric, $"p{p}", sorted[low] + ((rank - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low])));
            }
        }

        // The published figures are rounded to six places.
        void Same(string metric, string name, double own)
        {
            double published = vidur.Published(metric, name);
            Assert.True(Math.Abs(own - published) <= (1e-6 * published) + 0.51e-6, $"{metric} {name}: {own}, Vidur {published}");
        }
    }
}
