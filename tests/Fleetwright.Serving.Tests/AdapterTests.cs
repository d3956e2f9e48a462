using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests;

/// <summary>What LoRA adapters are, what they cost, and what they do to a replica.</summary>
public sealed class AdapterTests
{
    private static readonly LoraAdapters Some = new() { Count = 100, Rank = 16, Slots = 32, HostLink = 55e9, Skew = 1 };

    // PEFT's own count for "all-linear" targets, as logs of public training runs show it: 39,976,960 of 6,778,392,576 (Llama 2 7B), 41,943,040 of 8,072,204,288 (Llama 3.1 8B)
    // and of 7,283,675,136 (Mistral 7B), all at r = 16.
    [Theory]
    [InlineData("llama-2-7b", 39_976_960)]
    [InlineData("llama-3.1-8b", 41_943_040)]
    [InlineData("mistral-7b", 41_943_040)]
    public void An_adapter_has_as_many_parameters_as_PEFT_counts(string model, long parameters)
    {
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get(model), Fixtures.H100, new Sharding(1));
        var sizes = AdapterSizes.Of(Some, replica);
        Assert.Equal(parameters, sizes.Parameters);
        Assert.Equal(2 * parameters, sizes.ChipBytes);
        Assert.Equal(2 * parameters / 55e9, sizes.HostSeconds, 12);
    }

    // vLLM's layers: B of a column-parallel matrix and A of a row-parallel one are split, their partners are whole on each chip.
    [Fact]
    public void Tensor_parallelism_splits_half_of_an_adapter()
    {
        ModelSpec model = Fixtures.Catalog.Models.Get("llama-2-7b");
        var sizes = AdapterSizes.Of(Some, Fixtures.Replica(model, Fixtures.H100, new Sharding(8)));
        const double hidden = 4096, inner = 11008, rank = 16, layers = 32, tp = 8;
        double whole = (3 * hidden) + (2 * hidden) + hidden + hidden, split = (3 * hidden) + (2 * inner) + hidden + inner;
        Assert.Equal(2 * rank * layers * (whole + (split / tp)), sizes.ChipBytes);
        Assert.Equal(39_976_960, sizes.Parameters);
    }

    // Punica (Chen et al., MLSys 2024), abstract: 2 ms more a token, Llama 2 7B, rank 16, 32 requests of different adapters on an A100.
    [Fact]
    public void Different_adapters_add_what_Punica_measured()
    {
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get("llama-2-7b"), ChipModel.For(Fixtures.Catalog, "a100-80gb-sxm"), new Sharding(1));
        double seconds = new AdapterTable(replica, Some, 64).Seconds(new AdapterBatch(32, 32));
        TestContext.Current.TestOutputHelper?.WriteLine($"{seconds * 1e3:0.00} ms");
        Assert.InRange(seconds, 2e-3 / 1.5, 2e-3 * 1.5);
    }

    [Fact]
    public void More_tokens_and_more_adapters_take_longer()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1));
        var table = new AdapterTable(replica, Some, 8192);
        foreach ((int tokens, int adapters) in ((int, int)[])[(1, 1), (32, 1), (32, 32), (128, 4), (512, 4), (8192, 1), (8192, 32)])
        {
            double step = replica.Step(tokens <= 512 ? StepShape.Decode(tokens, 1024) : StepShape.Prefill(8, tokens / 8.0)).Seconds;
            TestContext.Current.TestOutputHelper?.WriteLine($"{tokens} tokens, {adapters} adapters: {table.Seconds(new AdapterBatch(tokens, adapters)) * 1e3:0.000} ms of {step * 1e3:0.00}");
        }

        Assert.Equal(0, table.Seconds(default));
        double last = 0;
        foreach ((int tokens, int adapters) in ((int, int)[])[(1, 1), (32, 1), (32, 32), (512, 32), (8192, 32), (16384, 32)])
        {
            double own = table.Seconds(new AdapterBatch(tokens, adapters));
            Assert.True(own > last);
            last = own;
        }
    }

    [Fact]
    public void Requests_choose_adapters_by_popularity_and_conversations_keep_theirs()
    {
        var draw = new AdapterDraw(Some with { Count = 3, Share = 0.6 }, 7);
        const int n = 200_000;
        int[] seen = new int[4];
        for (int i = 0; i < n; i++)
        {
            seen[draw.Of(new Request(i, 0, 1, 1))]++;
        }

        // Popularity i^-1 of three: 6/11, 3/11, 2/11; five standard errors.
        double[] expected = [0.4, 0.6 * 6 / 11, 0.6 * 3 / 11, 0.6 * 2 / 11];
        for (int i = 0; i < 4; i++)
        {
            Assert.InRange((double)seen[i] / n, expected[i] - (5 * Math.Sqrt(expected[i] / n)), expected[i] + (5 * Math.Sqrt(expected[i] / n)));
        }

        Assert.All(Enumerable.Range(1, 100), s => Assert.Equal(draw.Of(new Request(s, 0, 1, 1) { Session = s }), draw.Of(new Request(9_000 + s, 5, 7, 1) { Session = s })));
    }

    [Fact]
    public void Slots_take_room_from_the_cache_and_too_many_do_not_fit()
    {
        SimulationRequest plain = Load(null), with = Load(Some);
        double bytes = Some.Slots * AdapterSizes.Of(Some, with.Replica).ChipBytes, block = with.Replica.Graph.CacheBytesPerSequence(with.TypicalContext) / with.TypicalContext * 16;
        Assert.Equal(ServingSimulation.Limits(plain).Blocks - (bytes / block), ServingSimulation.Limits(with).Blocks, 1.0);
        string problem = ServingSimulation.Problem(Load(Some with { Count = 5000, Slots = 1000 }))!;
        Assert.Contains("1000 adapters of rank 16 83.9 GB", problem, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Run(Load(Some with { Count = 5000, Slots = 1000 })));
    }

    [Fact]
    public void Requests_without_adapters_run_as_without_any()
    {
        // As many blocks as there are requests for: the room of the slots is not missed.
        SimulationResult plain = Run(Load(null)), none = Run(Load(Some with { Share = 0 }));
        Assert.Equal(plain.Statistics.Classes[0].EndToEnd.Mean, none.Statistics.Classes[0].EndToEnd.Mean);
        Assert.Equal(plain.Work.Iterations, none.Work.Iterations);
        Assert.Equal(0, none.Adapters!.Starts);
    }

    [Fact]
    public void More_slots_and_affinity_load_less_and_threads_change_nothing()
    {
        SimulationResult few = Run(Load(Some with { Slots = 8 }, replicas: 4)), many = Run(Load(Some with { Slots = 64 }, replicas: 4));
        SimulationResult near = Run(Load(Some with { Slots = 8 }, replicas: 4, RouterKind.Adapter));
        Assert.True(many.Adapters!.Loads < few.Adapters!.Loads && many.Statistics.Classes[0].Ttft.Mean < few.Statistics.Classes[0].Ttft.Mean);
        Assert.True(near.Adapters!.Loads < few.Adapters.Loads / 2 && near.Statistics.Classes[0].Ttft.Mean < few.Statistics.Classes[0].Ttft.Mean, $"{near.Adapters.Loads} of {few.Adapters.Loads}");

        SimulationResult one = Run(Load(Some with { Slots = 8 }, replicas: 4, RouterKind.Adapter) with { Threads = 1 });
        Assert.Equal(near.Statistics.Classes[0].EndToEnd.Mean, one.Statistics.Classes[0].EndToEnd.Mean);
        Assert.Equal(near.Adapters.Loads, one.Adapters!.Loads);
    }

    // Slots that bind are said, with the sum of what was counted.
    [Fact]
    public void Slots_that_bind_are_named()
    {
        SimulationRequest request = Load(Some with { Slots = 1, Skew = 0 });
        SimulationResult result = Run(request);
        Bottleneck found = Bottleneck.Of(result, request);
        Assert.Equal(BottleneckKind.Adapters, found.Kind);
        Assert.True(found.Waits);
        AdapterTraffic did = result.Adapters!;
        Assert.InRange(did.AdapterTicks, 1, did.BusyTicks);
        Assert.InRange(did.BlockedTicks, did.BusyTicks / 5, did.BusyTicks);
    }

    [Fact]
    public void What_an_adapter_computed_is_of_no_use_to_another()
    {
        // All prompts begin alike, and of two units the first can be found; with as many adapters as requests nothing is.
        LoraAdapters own = Some with { Count = 100_000, Skew = 0 };
        Assert.True(Found(Some with { Share = 0 }) > 0.45);
        Assert.True(Found(own) < 0.05);
        Assert.True(Found(Some with { Count = 1 }) > 0.45);

        static double Found(LoraAdapters adapters)
        {
            List<Request> requests = [.. Enumerable.Range(0, 200).Select(i => new Request(i, Ticks.Of(0.2 * i), 1024, 8) { PrefixHashes = [1, 2] })];
            return Run(Load(adapters) with { Source = new HashedSource(requests), SharesPrefixes = true }).Cache!.FoundShare;
        }
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        LoraAdapters adapters = Some with { Slots = 4, Count = 40 };
        var limits = new SchedulerLimits { TokenBudget = 4096, MaximumSequences = 64, Blocks = 2000 };
        var state = new ReplicaState(limits) { Lines = [0], Lora = (new AdapterDraw(adapters, 1), adapters, new AdapterSizes(1, 1, 1e-3, 1e-2), new AdapterTraffic()) };
        var engine = new ReplicaSimulator<AdaptedTimes>(
            new AdaptedTimes(new AffineTimes { Fixed = 5e-3, PerToken = 2e-5 }, 1e-6, 1e-5), LeapTests.Create("vllm-v1", limits), state, new RunStatistics([new ServiceTarget(1, 0.05)]));
        var random = new RandomStream(11, "requests");
        double now = 0;
        var source = new ListSource([.. Enumerable.Range(0, 20_000).Select(i => new Request(i, Ticks.Of(now -= Math.Log(random.NextPositiveUnit()) / 8), 1 + random.Below(900), 1 + random.Below(300)))]);
        engine.RunUntil(source, Ticks.Of(1500));
        long before = GC.GetAllocatedBytesForCurrentThread();
        engine.RunUntil(source, Ticks.Of(2200));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(state.Lora!.Value.Traffic.Loads > 100);
    }

    private static SimulationResult Run(SimulationRequest request) => ServingSimulation.Run(request, TestContext.Current.CancellationToken);

    private static SimulationRequest Load(LoraAdapters? adapters, int replicas = 1, RouterKind router = RouterKind.RoundRobin)
    {
        var traffic = new TrafficClass("requests", ArrivalModel.Poisson(6.0 * replicas), new IndependentLengths(new ConstantLength(512), new ConstantLength(64)));
        return new SimulationRequest
        {
            Replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1)),
            Replicas = replicas,
            Router = router,
            Adapters = adapters,
            Source = new CutSource(new GeneratedSource(traffic, 3), count: 2000),
        };
    }

    private sealed class HashedSource(IReadOnlyList<Request> requests) : IRequestSource
    {
        private int _next;

        public long NextArrival => _next < requests.Count ? requests[_next].Arrival : Ticks.Never;

        public int HashTokens => 512;

        public Request Take() => requests[_next++];
    }
}
