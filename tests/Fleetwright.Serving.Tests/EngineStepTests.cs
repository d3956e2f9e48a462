using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Published;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Tests;

/// <summary>What engines do to a step: launches that no graph replays, TensorRT-LLM's all-reduce, experts that are chosen more often than others.</summary>
public sealed class EngineStepTests
{
    [Fact]
    public void A_step_with_prompts_takes_at_least_its_launches()
    {
        EngineOptions engine = Fixtures.Engine with { LaunchSecondsPerOperator = 1e-3, CapturedTokens = 100, HostSecondsPerStep = 2e-4, HostSecondsPerSequence = 1e-6 };
        Replica replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H200, new Sharding(1), engine: engine);
        var table = new ReplicaTable(replica, 64, 512);
        double operators = 0;
        foreach (ref readonly Operator op in replica.Operators(StepShape.Prefill(1, 64)))
        {
            operators += op.Count;
        }

        // 3 decodes and 98 tokens of a prompt are one too many for the captured graphs.
        double launched = (operators * 1e-3) + 2e-4 + 4e-6;
        Assert.Equal(launched, table.Iteration(3, 300, [new PromptChunk(98, 0)]), 1e-12);
        Assert.Equal(launched, replica.Step(new StepShape(1, 98, 0, 3, 100)).Seconds, 1e-12);
        Assert.InRange(table.Iteration(2, 200, [new PromptChunk(98, 0)]), 0, launched / 10);
        Assert.InRange(replica.Step(StepShape.Decode(3, 100)).Seconds, 0, launched / 10);
    }

    // kOneShotMaxToken 128, a workspace of 8 MB (TensorRT-LLM, allReduceFusionKernels.h, customAllReduceUtils.h).
    [Theory]
    [InlineData(128, CollectiveAlgorithm.OneShot)]
    [InlineData(129, CollectiveAlgorithm.TwoShot)]
    [InlineData(488, CollectiveAlgorithm.TwoShot)]
    [InlineData(489, CollectiveAlgorithm.None)]
    public void All_reduce_by_tokens(int tokens, CollectiveAlgorithm algorithm)
    {
        const int ranks = 8;
        Replica by = Fixtures.Replica(Fixtures.Llama70, Fixtures.H200, new Sharding(ranks), engine: Fixtures.Engine with { AllReduce = AllReduceRule.ByTokens, Kernels = EngineKernels.AsCalibrated });
        double bytes = tokens * 2.0 * Fixtures.Llama70.HiddenSize;
        double seconds = by.Seconds(Operator.Collective(OperatorKind.AllReduce, OperatorRole.FeedForwardAllReduce, bytes, ranks));
        Assert.Equal(by.Chip.Collectives.PriceAllReduce(algorithm, bytes, ranks).Seconds, seconds, 1e-15);

        // One shot reads the vectors of all peers.
        double links = by.Chip.Chip.ScaleUpBandwidth!.Value;
        Assert.Equal(algorithm == CollectiveAlgorithm.OneShot, seconds > (ranks - 1) * bytes / links);
    }

    [Fact]
    public void Experts_that_are_chosen_alike_are_touched_as_the_graph_says()
    {
        var alike = new ExpertPopularity(128, 8, 0);
        var skewed = new ExpertPopularity(128, 8, 0.7);
        for (int tokens = 1; tokens <= 1 << 15; tokens *= 3)
        {
            Assert.Equal(1, alike.Touched(tokens), 1e-9);
            Assert.InRange(skewed.Touched(tokens), 0, 1 + 1e-9);
        }

        // One token touches its choices, very many touch all.
        Assert.Equal(1, skewed.Touched(1), 1e-9);
        Assert.Equal(1, skewed.Touched(1e9), 1e-3);

        // Two experts, one choice: w = (1, 1/2), p = 1 − x and 1 − √x with their sum 1.
        double root = (Math.Sqrt(5) - 1) / 2, first = 1 - (root * root), second = 1 - root;
        Assert.Equal((2 - Math.Pow(1 - first, 4) - Math.Pow(1 - second, 4)) / (2 - (2 * Math.Pow(0.5, 4))), new ExpertPopularity(2, 1, 1).Touched(4), 1e-9);
    }

    [Fact]
    public void Fewer_experts_are_read_when_some_are_chosen_more_often()
    {
        Replica replica = Fixtures.Replica(Fixtures.GptOss, Fixtures.H200, new Sharding(2), engine: Fixtures.Engine with { Kernels = EngineKernels.AsCalibrated });
        foreach (ref readonly Operator op in replica.Operators(StepShape.Decode(64, 1000)))
        {
            if (op.Role == OperatorRole.ExpertsUp)
            {
                Assert.InRange(replica.Seconds(op) / replica.Chip.Price(op).Seconds, 0.6, 0.95);
            }
        }
    }

    // FlashMLA's heads: 64 on Hopper; 8 of GLM-5's 64 are on each of 8 chips.
    [Fact]
    public void Prompts_of_sparse_attention_are_padded_to_the_heads_of_their_kernel()
    {
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get("glm-5"), Fixtures.H200, new Sharding(8), engine: Fixtures.Engine with { Kernels = EngineKernels.AsCalibrated });
        Operator attention = default;
        foreach (ref readonly Operator op in replica.Operators(StepShape.Prefill(1, 8192)))
        {
            attention = op.Kind == OperatorKind.ContextAttention && op.Role == OperatorRole.ContextAttention ? op : attention;
        }

        Assert.Equal(8, attention.Heads);
        Assert.Equal(replica.Chip.Price(attention with { Heads = 64, MatrixFlops = 8 * attention.MatrixFlops }).Seconds, replica.Seconds(attention), 1e-12);
    }

    [Fact]
    public void A_norm_over_all_heads_is_summed_over_ranks()
    {
        ModelSpec model = Fixtures.Catalog.Models.Get("minimax-m2.5");

        // Two numbers of 32 bits a token, beside the two vectors of a layer (one entry stands for all layers).
        Assert.Single(Reductions(8), o => o.Bytes == 10 * 8);
        Assert.Equal(2, Reductions(8).Count(o => o.Bytes == 10 * 2.0 * model.HiddenSize));
        Assert.DoesNotContain(Reductions(1), o => o.Ranks > 1);

        List<(double Bytes, int Ranks)> Reductions(int ranks)
        {
            var found = new List<(double, int)>();
            var graph = new ModelGraph(model, Precision.For(Catalog.Units.Dtype.Fp8), new Sharding(ranks));
            Operator[] step = new Operator[graph.MaximumOperators];
            int count = graph.Step(StepShape.Decode(10, 100), step);
            foreach (Operator op in step.AsSpan(0, count))
            {
                if (op.Kind == OperatorKind.AllReduce)
                {
                    found.Add((op.MessageBytes, op.Ranks));
                }
            }

            return found;
        }
    }

    [Fact]
    public void The_script_that_mixed_clients_and_places_up_is_known()
    {
        Assert.Equal(16, SweepLaunch.Places("vllm", "h100_sxm", "openai/gpt-oss-120b", 512));
        Assert.Equal(64, SweepLaunch.Places("vllm", "h100_sxm", "openai/gpt-oss-120b", 64));
        Assert.Equal(512, SweepLaunch.Places("vllm", "b200_sxm", "openai/gpt-oss-120b", 512));
    }
}
