using System.Diagnostics;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;
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

    [Fact]
    public void Poisson()
    {
        var replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H100, new Fleetwright.Models.Sharding(8));
        foreach (double rate in (double[])[5, 15, 25])
        {
            var traffic = new TrafficClass("chat", ArrivalModel.Poisson(rate), new IndependentLengths(LengthText.Parse("input", "lognormal:1024,0.8"), LengthText.Parse("output", "lognormal:256,0.7")));
            long t = Stopwatch.GetTimestamp();
            SimulationResult r = ServingSimulation.Run(new SimulationRequest { Replica = replica, Sources = i => new CutSource(new GeneratedSource(traffic, 1), 0, 200_000 / rate), Threads = 1 }, TestContext.Current.CancellationToken);
            double warm = Stopwatch.GetElapsedTime(t).TotalSeconds;
            t = Stopwatch.GetTimestamp();
            TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
            r = ServingSimulation.Run(new SimulationRequest { Replica = replica, Sources = i => new CutSource(new GeneratedSource(traffic, 2), 0, 2_000_000 / rate), Threads = 1 }, TestContext.Current.CancellationToken);
            double s = Stopwatch.GetElapsedTime(t).TotalSeconds, c = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
            var k = r.Statistics.Classes[0];
            TestContext.Current.TestOutputHelper?.WriteLine($"rate {rate}: {s:0.00} s wall {c:0.00} cpu, {k.Completed / c / 1e6:0.00} M req/s cpu, runs/req {(double)r.Work.Runs / k.Completed:0.00}, ns/run {c / r.Work.Runs * 1e9:0}, TTFT p50 {k.Ttft.Quantile(.5):0.000} p99 {k.Ttft.Quantile(.99):0.000} TPOT p50 {k.Tpot.Quantile(.5) * 1e3:0.0} ms p99 {k.Tpot.Quantile(.99) * 1e3:0.0}, busy {Ticks.Seconds(r.Work.BusyTicks) / r.Seconds:0.00}, batch {(double)r.Work.Decoded / r.Work.Iterations:0.0}, J/token {r.Joules / k.OutputTokens:0.00}");
        }
    }
}
