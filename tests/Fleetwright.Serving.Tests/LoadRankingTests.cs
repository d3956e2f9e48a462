using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>The least loaded of many replicas is kept, not looked for: against a router that looks at each of them at each arrival.</summary>
public sealed class LoadRankingTests
{
    private const int Replicas = 37;
    private static readonly IndependentLengths Lengths = new(LengthText.Parse("input", "lognormal:700,0.8"), LengthText.Parse("output", "lognormal:60,0.9"));

    private static readonly (Router Kept, Router Looked)[] Pairs =
    [
        (new LeastWaitingRouter(), new Looking((loads, i) => loads.Waiting(i))),
        (new LeastOutstandingRouter(), new Looking((loads, i) => loads.Outstanding(i))),
        (new LeastCacheRouter(), new Looking((loads, i) => loads.CacheTaken(i))),
    ];

    [Theory]
    [InlineData(0, 60)]
    [InlineData(0, 600)]
    [InlineData(1, 60)]
    [InlineData(1, 600)]
    [InlineData(2, 60)]
    [InlineData(2, 600)]
    public void Every_request_goes_where_a_look_at_each_replica_sends_it(int router, double rate)
    {
        var traffic = new TrafficClass("chat", ArrivalModel.Poisson(rate), Lengths);
        IRequestSource Source() => new CutSource(new GeneratedSource(traffic, 7), count: 5000);
        Assert.Equal(Run(Pairs[router].Looked, Source()), Run(Pairs[router].Kept, Source()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void So_it_does_where_the_next_request_waits_for_an_answer(int router)
    {
        IRequestSource Source() => new CutSource(new ClosedLoopSource("loop", Lengths, 200, 1), count: 5000);
        Assert.Equal(Run(Pairs[router].Looked, Source()), Run(Pairs[router].Kept, Source()));
    }

    private static CompletedRequest[] Run(Router router, IRequestSource source)
    {
        // A small cache, so that requests wait and are evicted.
        var limits = new SchedulerLimits { TokenBudget = 2048, MaximumSequences = 16, Blocks = 700 };
        var times = new AffineTimes { Fixed = 5e-3, PerToken = 2e-5, PerDecode = 1e-4, PerContextToken = 1e-8 };
        var kept = new Kept();
        IReplicaEngine[] replicas = [.. Enumerable.Range(0, Replicas).Select(_ =>
            new ReplicaSimulator<AffineTimes>(times, new VllmV1Scheduler(), new ReplicaState(limits), kept) { Loop = source as IClosedLoop })];
        new FleetSimulator(replicas, router, 1, 1).Run(source);
        return [.. kept.Requests.OrderBy(r => r.Id)];
    }

    private sealed class Looking(Func<IReplicaLoads, int, double> load) : Router
    {
        public override int Choose(in Request request, IReplicaLoads loads) => Enumerable.Range(0, loads.Count).MinBy(i => load(loads, i));
    }

    private sealed class Kept : ICompletionSink
    {
        public List<CompletedRequest> Requests { get; } = [];

        void ICompletionSink.Completed(in CompletedRequest request) => Requests.Add(request);

        void ICompletionSink.Rejected(in Request request)
        {
        }
    }
}
