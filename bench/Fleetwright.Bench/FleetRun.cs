using System.Diagnostics;
using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Bench;

/// <summary>
/// Runs that are too long for BenchmarkDotNet: <c>fleet REPLICAS HOURS RATE THREADS</c>, replicas of Llama 3.1 70B on eight H100 each, every one with its part of a Poisson
/// stream. Prints requests, runs, processor and wall time, memory, and a digest of all latencies, which is the same for any number of threads.
/// </summary>
internal static class FleetRun
{
    public static int Run(string[] args)
    {
        IFormatProvider c = CultureInfo.InvariantCulture;
        int replicas = int.Parse(args[0], c), threads = int.Parse(args[3], c);
        double hours = double.Parse(args[1], c), rate = double.Parse(args[2], c);
        FleetCatalog catalog = FleetCatalog.OpenDefault();
        var replica = new Replica(new ModelGraph(catalog.Models.Get("llama-3.1-70b"), Precision.Fp8, new Sharding(8)), ChipModel.For(catalog, "h100-sxm"), EngineOptions.Of(catalog).Get("vllm"));
        var traffic = new TrafficClass("chat", ArrivalModel.Poisson(rate * replicas), new IndependentLengths(LengthText.Parse("input", "lognormal:1024,0.8"), LengthText.Parse("output", "lognormal:256,0.7")));
        var clock = Stopwatch.StartNew();
        SimulationResult found = ServingSimulation.Run(new SimulationRequest
        {
            Replica = replica,
            Replicas = replicas,
            Sources = i => new CutSource(GeneratedSource.Part(traffic, 1, i, replicas, SplitRule.Random), 0, hours * 3600),
            Targets = [new ServiceTarget(1, 0.05)],
            Threads = threads,
        });
        ClassStatistics all = found.Statistics.Classes[0];
        double wall = clock.Elapsed.TotalSeconds, cpu = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
        Console.WriteLine(string.Create(c, $"replicas {replicas}, chips {replicas * 8}, requests {all.Completed}, iterations {found.Work.Iterations}, runs {found.Work.Runs} ({(double)found.Work.Runs / all.Completed:0.00} a request)"));
        Console.WriteLine(string.Create(c, $"wall {wall:0.0} s, cpu {cpu:0.0} s, {all.Completed / wall:0} requests/s of wall, {all.Completed / cpu:0} of one core, peak memory {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:0} MB, threads {threads}"));
        Console.WriteLine(string.Create(c, $"TTFT p50 {all.Ttft.Quantile(0.5) * 1e3:0.00} ms p99 {all.Ttft.Quantile(0.99) * 1e3:0.00} ms, TPOT p50 {all.Tpot.Quantile(0.5) * 1e3:0.000} ms p99 {all.Tpot.Quantile(0.99) * 1e3:0.000} ms, good {(double)all.Good / all.Completed:0.0000}, energy {found.Joules / 3.6e9:0.000} MWh"));
        Console.WriteLine(string.Create(c, $"digest {all.Ttft.SumSeconds:R} {all.Tpot.SumSeconds:R} {all.EndToEnd.SumSeconds:R} {all.EndToEnd.Maximum:R}"));
        return 0;
    }
}
