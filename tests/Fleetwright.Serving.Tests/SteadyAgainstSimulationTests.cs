using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests;

/// <summary>How far the formulas of the steady state lie from the engine that steps, front end included (docs/serving.md).</summary>
public sealed class SteadyAgainstSimulationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("vllm", 1, 0.05, 0.07)]
    [InlineData("vllm", 16, 0.16, 0.05)]
    [InlineData("vllm", 64, 0.19, 0.03)]
    [InlineData("vllm", 256, 0.2, 0.07)]
    [InlineData("sglang", 16, 0.16, 0.05)]
    [InlineData("sglang", 64, 0.17, 0.03)]
    [InlineData("sglang", 256, 0.09, 0.08)]
    public void Closed_loops_agree(string engine, int clients, double ttftWithin, double tpotWithin)
    {
        foreach ((int prompt, int answer) in ((int, int)[])[(1024, 1024), (4096, 256), (256, 512)])
        {
            Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H200, new Sharding(8), engine: EngineOptions.Of(Fixtures.Catalog).Get(engine));
            ServingEstimate e = SteadyState.Estimate(replica, new Workload(new LengthDistribution(prompt, 0.3), new LengthDistribution(answer, 0.3)), clients);
            var source = new ClosedLoopSource("clients", new IndependentLengths(new LognormalLength(prompt, 0.3), new LognormalLength(answer, 0.3)), clients, 1);
            double turn = clients / e.RequestsPerSecond;
            SimulationResult s = ServingSimulation.Run(
                new SimulationRequest { Replica = replica, Sources = _ => new CutSource(source, toSeconds: 24 * turn), TypicalContext = prompt + answer, WarmUpSeconds = 6 * turn, Threads = 1 }, TestContext.Current.CancellationToken);
            ClassStatistics all = s.Statistics.Classes[0];
            Tell($"{engine} {clients} clients {prompt}/{answer}", e.Ttft.Value, all.Ttft.Mean, ttftWithin);
            Tell($"{engine} {clients} clients {prompt}/{answer} TPOT", e.Tpot.Value, all.Tpot.Mean, tpotWithin);
        }
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Poisson_loads_agree(double share)
    {
        foreach ((int prompt, int answer) in ((int, int)[])[(1024, 1024), (4096, 256), (256, 512)])
        {
            Replica replica = Fixtures.Replica(Fixtures.Llama70, Fixtures.H200, new Sharding(8), engine: EngineOptions.Of(Fixtures.Catalog).Get("vllm"));
            var work = new Workload(new LengthDistribution(prompt, 0.3), new LengthDistribution(answer, 0.3));
            double most = OpenLoop.At(replica, work, 200, 0.99).RequestsPerSecond;
            double front = 1 / replica.Engine.FrontEndSeconds(prompt);
            LoadEstimate e = OpenLoop.AtRate(replica, work, share * Math.Min(most, front), 0.99)!.Value;
            var traffic = new TrafficClass("requests", ArrivalModel.Poisson(e.RequestsPerSecond), new IndependentLengths(new LognormalLength(prompt, 0.3), new LognormalLength(answer, 0.3)));
            double end = 60 + (8000 / e.RequestsPerSecond);
            SimulationResult s = ServingSimulation.Run(
                new SimulationRequest { Replica = replica, Source = new CutSource(new GeneratedSource(traffic, 1), toSeconds: end), TypicalContext = prompt + answer, WarmUpSeconds = 60, Threads = 1 }, TestContext.Current.CancellationToken);
            ClassStatistics all = s.Statistics.Classes[0];
            string name = FormattableString.Invariant($"vllm {share:0 %} of {Math.Min(most, front):0.0}/s {prompt}/{answer}");
            Tell(name, e.TtftMean, all.Ttft.Mean, 0.04);
            Tell($"{name} p99", e.TtftTail, all.Ttft.Quantile(0.99), 0.08);
            Tell($"{name} TPOT", e.TpotMean, all.Tpot.Mean, 0.08);

            // Where prompts fill most steps, chunks that come together make a request's tokens late together; the formula takes them one by one.
            Tell($"{name} TPOT p99", e.TpotTail, all.Tpot.Quantile(0.99), prompt > 1024 ? 0.5 : 0.12);
        }
    }

    private void Tell(string name, double formula, double simulated, double within)
    {
        output.WriteLine(FormattableString.Invariant($"{name}: {formula * 1e3:0.0} against {simulated * 1e3:0.0} ms, {(formula / simulated) - 1:+0.0 %;-0.0 %}"));
        Assert.True(Math.Abs((formula / simulated) - 1) <= within, name);
    }
}
