using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.FrontEnds;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>The one process in front of an engine.</summary>
public sealed class FrontEndTests(ITestOutputHelper output)
{
    private static readonly AffineTimes Times = new() { Fixed = 4e-3, PerToken = 2e-5, PerContextToken = 1e-8 };

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.7)]
    [InlineData(0.9)]
    public void Poisson_requests_of_one_length_spend_in_it_what_M_D_1_says(double load)
    {
        const double seconds = 10e-3;
        var frontEnd = new FrontEnd(Ticks.Of(6e-3), 4e-6);
        var traffic = new TrafficClass("requests", ArrivalModel.Poisson(load / seconds), new IndependentLengths(new ConstantLength(1000), new ConstantLength(1)));
        frontEnd.Listen(new CutSource(new GeneratedSource(traffic, 1), count: 400_000));
        double sum = 0;
        long count = 0;
        for (; frontEnd.NextArrival != Ticks.Never; count++)
        {
            sum += Ticks.Seconds(frontEnd.Take().FrontEnd);
        }

        double expected = seconds * (1 + (load / (2 * (1 - load))));
        Assert.Equal(400_000, count);
        Assert.Equal(expected, sum / count, 0.03 * expected);
    }

    [Fact]
    public void Requests_leave_in_the_order_in_which_clients_sent_them_though_some_think_longer()
    {
        var clients = new CutSource(new ClosedLoopSource("clients", new IndependentLengths(new UniformLength(10, 2000), new UniformLength(1, 50)), 12, 3, new DelayModel(DelayKind.Exponential, 0.2)), count: 3000);
        var sink = new LeapTests.Sink();
        var engine = new ReplicaSimulator<AffineTimes>(Times, new VllmV1Scheduler(), new ReplicaState(Limits), sink) { Loop = clients };
        Assert.True(new FrontEndReplica(engine, new FrontEnd(Ticks.Of(5e-3), 2e-6)).RunUntil(clients, Ticks.Never - 1));
        Assert.Equal(3000, sink.Of.Count);
        CompletedRequest[] left = [.. sink.Of.Values.OrderBy(r => r.Arrival + r.FrontEnd)];
        for (int i = 1; i < left.Length; i++)
        {
            Assert.True(left[i].Arrival >= left[i - 1].Arrival);
            Assert.True(left[i].Arrival + left[i].FrontEnd >= left[i - 1].Arrival + left[i - 1].FrontEnd + Ticks.Of(5e-3));
        }
    }

    [Theory]
    [InlineData(40, 20)]
    [InlineData(170, 60)]
    public void Windows_and_single_requests_give_the_same_as_one_run(double rate, double seconds)
    {
        Dictionary<long, CompletedRequest>[] all = [.. Enumerable.Range(0, 3).Select(_ => new Dictionary<long, CompletedRequest>())];
        for (int way = 0; way < all.Length; way++)
        {
            var sink = new LeapTests.Sink();
            var engine = new FrontEndReplica(new ReplicaSimulator<AffineTimes>(Times, new VllmV1Scheduler(), new ReplicaState(Limits), sink), new FrontEnd(Ticks.Of(5e-3), 1e-6));
            var source = new CutSource(new GeneratedSource(new TrafficClass("requests", ArrivalModel.Poisson(rate), new IndependentLengths(new UniformLength(10, 900), new UniformLength(1, 90))), 7), toSeconds: seconds);
            if (way == 0)
            {
                Assert.True(engine.RunUntil(source, Ticks.Never - 1));
            }
            else if (way == 1)
            {
                long until = 0;
                while (!engine.RunUntil(source, until))
                {
                    until += Ticks.Of(0.37);
                }
            }
            else
            {
                while (source.NextArrival != Ticks.Never)
                {
                    Request request = source.Take();
                    engine.AdvanceTo(request.Arrival);
                    engine.Offer(request);
                }

                engine.AdvanceTo(Ticks.Never - 1);
            }

            all[way] = sink.Of;
        }

        Assert.True(all[0].Count > 0.9 * rate * seconds);
        Assert.Equal(all[0].OrderBy(x => x.Key), all[1].OrderBy(x => x.Key));
        Assert.Equal(all[0].OrderBy(x => x.Key), all[2].OrderBy(x => x.Key));
    }

    [Fact]
    public void Time_to_the_first_token_counts_from_the_client_and_the_queue_from_the_engine()
    {
        EngineOptions engine = Fixtures.Engine with { FrontEndSecondsPerRequest = 20e-3, FrontEndSecondsPerToken = 10e-6 };
        SimulationResult with = Run(engine), without = Run(engine with { FrontEndSecondsPerRequest = 0, FrontEndSecondsPerToken = 0 });
        ClassStatistics a = with.Statistics.Classes[0], b = without.Statistics.Classes[0];

        // One client at a time finds the front end and the engine idle.
        Assert.Equal(30e-3, a.FrontEnd.Mean, 1e-9);
        Assert.Equal(b.Ttft.Mean + 30e-3, a.Ttft.Mean, 1e-6);
        Assert.Equal(b.Queue.Mean, a.Queue.Mean, 1e-6);
        Assert.Equal(0, b.FrontEnd.Count);

        static SimulationResult Run(EngineOptions engine) => ServingSimulation.Run(
            new SimulationRequest
            {
                Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, Sharding.None, engine: engine),
                Sources = _ => new CutSource(new ClosedLoopSource("client", new IndependentLengths(new ConstantLength(1000), new ConstantLength(20)), 1, 1), count: 50),
            },
            TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(RouterKind.RoundRobin)]
    [InlineData(RouterKind.LeastOutstanding)]
    public void A_front_end_that_cannot_keep_up_is_what_binds(RouterKind router)
    {
        EngineOptions engine = Fixtures.Engine with { FrontEndSecondsPerRequest = 50e-3 };
        var traffic = new TrafficClass("requests", ArrivalModel.Poisson(60), new IndependentLengths(new ConstantLength(200), new ConstantLength(20)));
        var request = new SimulationRequest
        {
            Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, Sharding.None, engine: engine),
            Replicas = 2,
            Router = router,
            Source = new CutSource(new GeneratedSource(traffic, 1), toSeconds: 60),
        };
        SimulationResult result = ServingSimulation.Run(request, TestContext.Current.CancellationToken);
        var bottleneck = Bottleneck.Of(result, request);
        output.WriteLine(bottleneck.Sentence);
        Assert.Equal(BottleneckKind.FrontEnd, bottleneck.Kind);
        Assert.True(bottleneck.Waits && bottleneck.Overloaded);
    }

    [Fact]
    public void Ranks_take_turns_under_SGLang()
    {
        var balancer = new RankBalancer(3, 0, RankDealing.RoundRobin);
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], Enumerable.Range(0, 7).Select(i => balancer.Choose(i)));
        Assert.Equal(RankDealing.RoundRobin, EngineOptions.Of(Fixtures.Catalog).Get("sglang").RankDealing);
        Assert.Equal(RankDealing.LeastLoaded, EngineOptions.Of(Fixtures.Catalog).Get("vllm").RankDealing);
    }

    private static SchedulerLimits Limits => new() { TokenBudget = 2048, MaximumSequences = 64, Blocks = 4000 };
}
