using System.Diagnostics;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

public sealed class SpeedProbe
{
    private sealed class Count : ICompletionSink
    {
        public long N;
        public double Sum;
        public void Completed(in CompletedRequest request) { N++; Sum += request.Ttft; }
        public void Rejected(in Request request) { }
    }

    [Theory]
    [InlineData("l70b_tp2_sarathi_10000")]
    [InlineData("l8b_10000")]
    public void Speed(string run)
    {
        VidurRun vidur = VidurRun.Read(Repository.SharedData("traces", "vidur", "anchor"), run);
        List<Request> stream = vidur.Stream();
        VidurTables tables = vidur.Tables();
        double best = 1e9; long runs = 0, its = 0;
        for (int i = 0; i < 60; i++)
        {
            var sink = new Count();
            var sim = vidur.Create(tables, sink);
            long t = Stopwatch.GetTimestamp();
            sim.Run(new ListSource(stream));
            double s = Stopwatch.GetElapsedTime(t).TotalSeconds;
            best = Math.Min(best, s); runs = sim.Work.Runs; its = sim.Work.Iterations;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{run}: best {best * 1e3:0.000} ms, runs {runs}, iterations {its}, {best / runs * 1e9:0} ns a run, {best / stream.Count * 1e9:0} ns a request");
    }
}
