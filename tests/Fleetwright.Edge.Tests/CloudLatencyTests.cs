using Fleetwright.Catalog.Models;
using Fleetwright.Edge.Cloud;
using Fleetwright.Edge.Turns;
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
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Edge.Tests;

public sealed class CloudLatencyTests(ITestOutputHelper output)
{
    private const double Prompt = 1024;
    private const double Answer = 1024;
    private const double Variation = 0.3;

    internal static Replica Replica { get; } = new(
        new ModelGraph(Shipped.Catalog.Models.Get("llama-3.1-70b"), Precision.Fp8, new Sharding(8)), ChipModel.For(Shipped.Catalog, "h200-sxm"), EngineOptions.Of(Shipped.Catalog).Get("vllm"));

    internal static Workload Work { get; } = new(new LengthDistribution(Prompt, Variation), new LengthDistribution(Answer, Variation));

    private static double Most { get; } = OpenLoop.At(Replica, Work, 200, 0.99).RequestsPerSecond;

    // The mean is the open loop's; its quantile takes front end and running step at their worst at once, which counts in the middle but hardly in the tail.
    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void The_parts_are_those_of_the_open_loop(double share)
    {
        double rate = share * Most;
        CloudLatency cloud = CloudLatency.Of(Replica, Work, rate)!;
        LoadEstimate state = OpenLoop.AtRate(Replica, Work, rate, 0.5)!.Value;
        Assert.Equal(state.TtftMean, cloud.FirstToken(Prompt).Mean, 0.002 * state.TtftMean);
        Assert.Equal(state.TpotMean, cloud.SecondsPerToken, 1e-9);
        LatencyDistribution all = OverPrompts(cloud);
        foreach (double quantile in (double[])[0.5, 0.75, 0.9, 0.95, 0.99])
        {
            double formula = OpenLoop.AtRate(Replica, Work, rate, quantile)!.Value.TtftTail;
            output.WriteLine(FormattableString.Invariant($"{share:0 %} p{quantile * 100:0}: {all.Quantile(quantile) * 1e3:0} ms, open loop {formula * 1e3:0} ms, {(all.Quantile(quantile) / formula) - 1:+0.0 %;-0.0 %}"));
            Assert.InRange(all.Quantile(quantile), (quantile < 0.9 ? 0.85 : 0.95) * formula, 1.02 * formula);
        }
    }

    // docs/serving.md has the open loop within 4 % (mean) and 8 % (p99) of the engine for this workload; between, parts that are long together still fall short of real bursts.
    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void The_distribution_is_that_of_the_engine_that_steps(double share)
    {
        double rate = share * Most;
        LatencyDistribution all = OverPrompts(CloudLatency.Of(Replica, Work, rate)!);
        var traffic = new TrafficClass("requests", ArrivalModel.Poisson(rate), new IndependentLengths(new LognormalLength(Prompt, Variation), new LognormalLength(Answer, Variation)));
        SimulationResult run = ServingSimulation.Run(
            new SimulationRequest { Replica = Replica, Source = new CutSource(new GeneratedSource(traffic, 1), toSeconds: 60 + (8000 / rate)), TypicalContext = Prompt + Answer, WarmUpSeconds = 60, Threads = 1 },
            TestContext.Current.CancellationToken);
        ClassStatistics simulated = run.Statistics.Classes[0];
        Tell("mean", all.Mean, simulated.Ttft.Mean, 0.04);
        Tell("p50", all.Quantile(0.5), simulated.Ttft.Quantile(0.5), 0.08);
        Tell("p95", all.Quantile(0.95), simulated.Ttft.Quantile(0.95), 0.10);
        Tell("p99", all.Quantile(0.99), simulated.Ttft.Quantile(0.99), 0.10);

        void Tell(string name, double formula, double exact, double within)
        {
            output.WriteLine(FormattableString.Invariant($"{share:0 %} {name}: {formula * 1e3:0.0} against {exact * 1e3:0.0} ms, {(formula / exact) - 1:+0.0 %;-0.0 %}"));
            Assert.True(Math.Abs((formula / exact) - 1) <= within, name);
        }
    }

    [Fact]
    public void The_first_token_comes_no_sooner_under_more_load_or_after_a_longer_prompt()
    {
        double byLoad = 0;
        foreach (double share in (double[])[0.01, 0.1, 0.3, 0.5, 0.7, 0.9])
        {
            CloudLatency cloud = CloudLatency.Of(Replica, Work, share * Most)!;
            double p95 = cloud.FirstToken(Prompt).Quantile(0.95);
            Assert.True(p95 >= byLoad);
            byLoad = p95;
            double byPrompt = 0;
            foreach (double tokens in (double[])[1, 100, 1000, 5000, 20000, 100000])
            {
                double seconds = cloud.FirstToken(tokens).Quantile(0.5);
                Assert.True(seconds >= byPrompt);
                byPrompt = seconds;
            }
        }
    }

    [Fact]
    public void A_replica_that_cannot_keep_up_answers_nothing() => Assert.Null(CloudLatency.Of(Replica, Work, 100 * Most));

    [Fact]
    public void Hours_of_more_load_are_slower_and_a_turn_costs_its_part_of_the_days_dollars()
    {
        double[] curve = [0.2, 0.2, 1, 1.6, 3.2];
        double mean = 0.3 * Most;
        IReadOnlyList<CloudLatency?> hours = CloudLatency.ByHour(Replica, Work, mean, curve, dollarsPerHour: 30);
        Assert.Equal(curve.Length, hours.Count);
        for (int i = 1; i < hours.Count; i++)
        {
            Assert.True(hours[i]!.FirstToken(Prompt).Mean >= hours[i - 1]!.FirstToken(Prompt).Mean);
        }

        // Mean prompt and answer of requests that come one every 1 / mean seconds.
        CloudLatency atMean = CloudLatency.Of(Replica, Work, mean, dollarsPerHour: 30)!;
        Assert.Equal(30 / 3600.0 / mean, atMean.DollarsPerTurn(Prompt, Answer), 1e-12);
        Assert.Equal(30 / 3600.0 / mean, hours[0]!.DollarsPerTurn(Prompt, Answer), 1e-12);
        Assert.True(atMean.DollarsPerTurn(2 * Prompt, Answer) > atMean.DollarsPerTurn(Prompt, Answer));
        Assert.True(atMean.DollarsPerTurn(Prompt, 2 * Answer) > atMean.DollarsPerTurn(Prompt, Answer));
    }

    [Fact]
    public void A_fixed_service_says_what_it_was_given()
    {
        CloudLatency cloud = CloudLatency.Fixed(LatencyDistribution.Constant(0.4), 0.02, 5);
        Assert.Equal(0.4, cloud.FirstToken(1e6).Quantile(0.99), 1e-12);
        Assert.Equal(5e-6 * 300, cloud.DollarsPerTurn(200, 100), 1e-15);
    }

    private static LatencyDistribution OverPrompts(CloudLatency cloud)
    {
        var prompts = new TokenLengths(Prompt, Variation);
        return cloud.Waiting.Plus(LatencyDistribution.FromQuantile(p => cloud.ReadingSeconds(prompts.Quantile(p))));
    }
}
