using Fleetwright.Models;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>Replicas of several kinds, weights, groups by class, and what more replicas do.</summary>
public sealed class MixedFleetTests
{
    public static TheoryData<RouterKind> Routers => [.. Enum.GetValues<RouterKind>()];

    [Theory]
    [MemberData(nameof(Routers))]
    public void Two_equal_kinds_are_one_fleet(RouterKind router)
    {
        SimulationRequest plain = FailureTests.Busy(router);
        SimulationResult one = Run(plain), two = Run(plain with { Source = FailureTests.Stream(), Replicas = 2, Also = [new FleetKind("again", plain.Replica, 4)] });
        Assert.Equal(one.Work, two.Work);
        Assert.Equal(one.Statistics.Classes[0].EndToEnd.SumSeconds, two.Statistics.Classes[0].EndToEnd.SumSeconds);
        Assert.Equal(one.Statistics.Classes[0].Ttft.Quantile(0.99), two.Statistics.Classes[0].Ttft.Quantile(0.99));
        Assert.Equal(one.Joules, two.Joules, one.Joules * 1e-9);
        Assert.Equal(one.Seconds, two.Seconds);
        Assert.Equal(3000, two.Fleet!.Kinds.Sum(k => k.Statistics.Completed));
    }

    [Fact]
    public void Round_robin_shares_by_weight_as_nginx_does()
    {
        var loads = new Loads(5, 1, 1);
        var router = new WeightedRoundRobinRouter();
        Assert.Equal("aabacaa", string.Concat(Enumerable.Range(0, 7).Select(_ => (char)('a' + router.Choose(default, loads)))));
        int[] counts = new int[3];
        for (int i = 0; i < 7000; i++)
        {
            counts[router.Choose(default, loads)]++;
        }

        Assert.Equal([5000, 1000, 1000], counts);
    }

    [Fact]
    public void Drawn_shares_follow_weights()
    {
        var loads = new Loads(5, 1, 2);
        foreach (Router router in (Router[])[new WeightedRandomRouter(1), new WeightedSessionRouter(1)])
        {
            int[] counts = new int[3];
            for (int i = 0; i < 80_000; i++)
            {
                counts[router.Choose(new Request(i, 0, 1, 1), loads)]++;
            }

            // A count of n·p has a deviation of √(n·p(1 − p)), at most 139.
            Assert.Equal(50_000.0, counts[0], 4.0 * 139);
            Assert.Equal(10_000.0, counts[1], 4.0 * 94);
        }
    }

    [Theory]
    [InlineData(RouterKind.RoundRobin)]
    [InlineData(RouterKind.LeastOutstanding)]
    public void Faster_replicas_get_more_and_all_wait_less_than_unweighted(RouterKind router)
    {
        SimulationRequest slow = FailureTests.Busy(router) with { Source = FailureTests.Stream(60, 4000), Replicas = 3 };
        FleetKind fast = new("tp4", Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(4)), 3, 2.5);
        SimulationResult even = Run(slow with { Also = [fast with { Weight = 1 }] }), weighted = Run(slow with { Also = [fast], Source = FailureTests.Stream(60, 4000) });
        Assert.True(weighted.Statistics.Classes[0].EndToEnd.Mean < even.Statistics.Classes[0].EndToEnd.Mean, $"{weighted.Statistics.Classes[0].EndToEnd.Mean} {even.Statistics.Classes[0].EndToEnd.Mean}");
        double share = weighted.Fleet!.Kinds[1].Statistics.Completed / 4000.0;
        if (router == RouterKind.RoundRobin)
        {
            Assert.Equal(2.5 / 3.5, share, 1e-3);
        }
        else
        {
            Assert.InRange(share, 0.55, 0.9);
        }
    }

    [Fact]
    public void Classes_stay_on_their_replicas()
    {
        // Class 0 on two replicas, all others on four; a class by itself behaves as a fleet by itself.
        List<Request> requests = [.. Requests().Select(r => r with { Class = (int)(r.Id % 3) })];
        SimulationRequest request = FailureTests.Busy(RouterKind.ByClass) with
        {
            Source = new ListSource(requests),
            Targets = [default, default, default],
            Groups = [new ClassGroup(0, 2), new ClassGroup(-1, 4)],
            GroupRouter = RouterKind.LeastOutstanding,
        };
        SimulationResult found = Run(request);
        SimulationResult first = Run(FailureTests.Busy(RouterKind.LeastOutstanding) with { Replicas = 2, Source = new ListSource([.. requests.Where(r => r.Class == 0)]) });
        Assert.Equal(first.Statistics.Classes[0].EndToEnd.SumSeconds, found.Statistics.Classes[0].EndToEnd.SumSeconds);
        Assert.Equal(3000, found.Statistics.Completed);

        // Also where replicas fail: what is routed again stays in its group.
        FleetOutcome failing = Run(request with
        {
            Source = new ListSource(requests),
            Replicas = 2,
            Also = [new FleetKind("rest", request.Replica, 4)],
            Behaviour = new FleetBehaviour { Failures = new FailureRules { ChipMtbfSeconds = 100, RepairSeconds = 20 } },
        }).Fleet!;
        Assert.True(failing.Failures!.Retries > 10);
        Assert.Equal([1000, 0, 0], failing.Kinds[0].Statistics.Classes.Select(c => c.Completed));
        Assert.Equal([0, 1000, 1000], failing.Kinds[1].Statistics.Classes.Select(c => c.Completed));
    }

    [Theory]
    [MemberData(nameof(Routers))]
    public void More_replicas_are_never_worse_in_expectation(RouterKind router)
    {
        // Four streams, which every number of replicas meets: the mean of what more of them change is not above 0 but by chance (Student's one-sided 97.5 % of three degrees).
        double[] ttft = [], whole = [];
        foreach (int replicas in (int[])[3, 4, 6, 9])
        {
            ClassStatistics[] runs = [.. Enumerable.Range(1, 4).Select(seed => Run(FailureTests.Busy(router) with { Replicas = replicas, Seed = (ulong)seed, Source = new ListSource(Requests((ulong)seed)) }).Statistics.Classes[0])];
            double[] first = [.. runs.Select(r => r.Ttft.Mean)], last = [.. runs.Select(r => r.EndToEnd.Mean)];
            if (ttft.Length > 0)
            {
                Assert.True(Worse(ttft, first) <= 0 && Worse(whole, last) <= 0, $"{replicas} replicas: TTFT {first.Average()} after {ttft.Average()}, end to end {last.Average()} after {whole.Average()}");
            }

            (ttft, whole) = (first, last);
        }
    }

    // The lower end of the range of the mean difference.
    private static double Worse(double[] before, double[] after)
    {
        double[] more = [.. before.Zip(after, (b, a) => a - b)];
        double mean = more.Average();
        return mean - (3.182 * Math.Sqrt(more.Sum(m => (m - mean) * (m - mean)) / (more.Length - 1) / more.Length));
    }

    private static List<Request> Requests(ulong seed = 1)
    {
        List<Request> requests = [];
        for (IRequestSource source = new Simulation.Traffic.Transforms.CutSource(new Simulation.Traffic.Generated.GeneratedSource(new Simulation.Traffic.Generated.TrafficClass("chat", Simulation.Traffic.Arrivals.ArrivalModel.Poisson(60), FailureTests.Lengths), seed), count: 3000); source.NextArrival != Ticks.Never;)
        {
            requests.Add(source.Take());
        }

        return requests;
    }

    private static SimulationResult Run(SimulationRequest request) => ServingSimulation.Run(request, TestContext.Current.CancellationToken);

    private sealed class Loads(params double[] weights) : IReplicaLoads
    {
        public int Count => weights.Length;

        public int Waiting(int replica) => 0;

        public int Outstanding(int replica) => 0;

        public double CacheTaken(int replica) => 0;

        public int FoundTokens(int replica, in Request request) => 0;

        public double Weight(int replica) => weights[replica];
    }
}
