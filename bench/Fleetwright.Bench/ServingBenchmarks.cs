using BenchmarkDotNet.Attributes;
using Fleetwright.Serving.Published;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;
using Fleetwright.Serving.Tests;

namespace Fleetwright.Bench;

/// <summary>Runs of 10,000 requests that Vidur took 31.711 and 9.662 CPU seconds for (shared/data/traces/vidur/anchor/results.json), and what leaping is worth.</summary>
[MemoryDiagnoser]
public class VidurBenchmarks
{
    private VidurScript _script = null!;

    [Params("l70b_tp2_sarathi_10000", "l8b_10000")]
    public string Run { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        string folder = Environment.GetEnvironmentVariable("FLEETWRIGHT_DATA") ?? "../shared/data";
        _script = VidurRun.Read(Path.Combine(folder, "traces", "vidur", "anchor"), Run).Script();
    }

    [Benchmark(Baseline = true)]
    public long Stepping() => Simulate(leaps: false);

    [Benchmark]
    public long Leaping() => Simulate(leaps: true);

    private long Simulate(bool leaps)
    {
        var statistics = new RunStatistics([new ServiceTarget(1, 0.1)]);
        _ = _script.Run(_ => statistics, leaps);
        return statistics.Completed == _script.Count ? statistics.LastCompletion : throw new InvalidOperationException("requests were lost");
    }
}

/// <summary>A hundred thousand Poisson requests of lognormal lengths through one replica, drawing and sketches included.</summary>
[MemoryDiagnoser]
public class PoissonBenchmarks
{
    private const int Requests = 100_000;
    private static readonly AffineTimes Times = new() { Fixed = 8e-3, PerToken = 1.2e-5, PerDecode = 1e-5, PerContextToken = 2e-9, PerPair = 1e-10 };
    private readonly TrafficClass _traffic = new("chat", ArrivalModel.Poisson(12), new IndependentLengths(LengthText.Parse("input", "lognormal:1024,0.8"), LengthText.Parse("output", "lognormal:256,0.7")));

    [Benchmark(OperationsPerInvoke = Requests)]
    public long VllmV1()
    {
        var statistics = new RunStatistics([new ServiceTarget(1, 0.1)]);
        var limits = new SchedulerLimits { TokenBudget = 8192, MaximumSequences = 1024, Blocks = 100_000 };
        new ReplicaSimulator<AffineTimes>(Times, new VllmV1Scheduler(), new ReplicaState(limits), statistics).Run(new CutSource(new GeneratedSource(_traffic, 1), count: Requests));
        return statistics.Completed;
    }
}
