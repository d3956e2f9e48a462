using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models.Tests;

public class ModelGraphTests
{
    private static readonly Sharding OneChip = Sharding.None;

    public static IEnumerable<TheoryDataRow<string>> LanguageModels =>
        ParameterCountTests.Catalog.Models.All.Where(m => m.Ranking is null).Select(m => new TheoryDataRow<string>(m.Name));

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void A_forward_pass_costs_twice_the_active_parameters_and_the_attention(string name)
    {
        ModelSpec model = Get(name);
        const double Tokens = 4096;
        double flops = MatrixFlops(model, OneChip, StepShape.Training(1, Tokens));
        double expected = Tokens * ((2 * MatrixParameters(model)) + AttentionByHand(model, Tokens));
        Assert.InRange(flops / expected, 0.995, 1.005);
        Assert.InRange(Tokens * ModelFlops.ForwardPerToken(model, Tokens) / expected, 0.995, 1.005);
    }

    // DeepSeek-AI 2025, arXiv:2505.09343, Table 2: training GFLOP per token at sequences of 4,096. Its 394 for a 72B dense model is below
    // six times that model's parameters without embeddings, so it is left out.
    [Theory]
    [InlineData("deepseek-v2", 155e9, 0.01)]
    [InlineData("deepseek-v3", 250e9, 0.01)]
    [InlineData("llama-3.1-405b", 2448e9, 0.02)]
    public void Training_costs_the_published_operations(string name, double flops, double tolerance)
    {
        Assert.InRange(ModelFlops.TrainingPerToken(Get(name), 4096) / flops, 1 - tolerance, 1 + tolerance);
        Assert.InRange(3 * MatrixFlops(Get(name), OneChip, StepShape.Training(1, 4096)) / 4096 / flops, 1 - tolerance, 1 + tolerance);
    }

    // Narayanan et al. 2021, arXiv:2104.04473, equation (3), without recomputation (72 for 96) and with causal attention (s/12h for s/6h).
    [Theory]
    [InlineData("megatron-145.6b", 80, 12_288)]
    [InlineData("megatron-1t", 128, 25_600)]
    public void Training_costs_what_the_formula_of_megatron_says(string name, double l, double h)
    {
        const double S = 2048, V = 51_200;
        double expected = 72 * l * h * h * (1 + (S / (12 * h)) + (V / (12 * l * h)));
        Assert.InRange(ModelFlops.TrainingPerToken(Get(name), S) / expected, 0.999, 1.001);
    }

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void More_context_is_never_fewer_operations_nor_bytes(string name)
    {
        ModelSpec model = Get(name);
        double lastFlops = 0, lastBytes = 0;
        foreach (double past in (double[])[0, 1, 100, 1000, 2047, 2048, 5000, 30_000, 131_071])
        {
            var shape = new StepShape(2, 300, past, 7, past);
            double flops = MatrixFlops(model, OneChip, shape);
            double bytes = Sum(model, OneChip, shape, o => o.MemoryBytes);
            Assert.True(flops >= lastFlops && bytes >= lastBytes, $"at {past}: {flops} after {lastFlops}, {bytes} after {lastBytes}");
            (lastFlops, lastBytes) = (flops, bytes);
        }
    }

    [Theory]
    [InlineData("llama-3.1-70b", 8)]
    [InlineData("llama-3.1-405b", 8)]
    [InlineData("qwen3-32b", 8)]
    [InlineData("mixtral-8x7b", 8)]
    [InlineData("gpt-3-175b", 8)]
    public void Tensor_parallelism_conserves_operations(string name, int ranks)
    {
        ModelSpec model = Get(name);
        foreach (StepShape shape in (StepShape[])[StepShape.Prefill(2, 1000), StepShape.Decode(64, 3000), new(1, 512, 100, 32, 1000)])
        {
            // The router is on every rank, and the head is padded to whole columns.
            double one = Sum(model, OneChip, shape, o => o.Role == OperatorRole.Router ? 0 : o.MatrixFlops);
            double all = ranks * Sum(model, new Sharding(ranks), shape, o => o.Role == OperatorRole.Router ? 0 : o.MatrixFlops);
            Assert.InRange(all / one, 1 - 1e-9, 1.0001);
        }
    }

    [Fact]
    public void Latent_attention_shares_its_heads_and_copies_its_down_projections()
    {
        ModelSpec model = Get("deepseek-v3");
        StepShape shape = StepShape.Decode(128, 4000);
        double Of(Sharding sharding, OperatorRole role) => Sum(model, sharding, shape, o => o.Role == role ? o.MatrixFlops : 0);
        foreach (OperatorRole role in (OperatorRole[])[OperatorRole.QueryUp, OperatorRole.KvUp, OperatorRole.DecodeAttention, OperatorRole.OutputProjection, OperatorRole.ExpertsUp])
        {
            Assert.Equal(1, 8 * Of(new Sharding(8), role) / Of(OneChip, role), 9);
        }

        Assert.Equal(1, Of(new Sharding(8), OperatorRole.QkvProjection) / Of(OneChip, OperatorRole.QkvProjection), 9);
    }

    // Published: Llama 3 70B 320 KiB a token; DeepSeek-V3 70,272 bytes (arXiv:2505.09343, Table 1: 70.272 KB, LLaMA-3.1 405B 516.096 KB, Qwen-2.5 72B 327.680 KB).
    [Theory]
    [InlineData("llama-3-70b", 320 * 1024)]
    [InlineData("llama-3.1-405b", 516_096)]
    [InlineData("qwen2.5-72b", 327_680)]
    [InlineData("deepseek-v3", 70_272)]
    [InlineData("qwen3-4b", 147_456)]
    [InlineData("llama-2-7b", 524_288)]
    public void The_cache_takes_the_published_bytes_a_token(string name, double bytes)
    {
        var graph = new ModelGraph(Get(name), Precision.Bf16, OneChip);
        Assert.Equal(bytes, (graph.CacheBytesPerSequence(5000) - graph.CacheBytesPerSequence(4000)) / 1000, 6);
    }

    [Fact]
    public void A_sliding_window_bounds_the_cache()
    {
        var graph = new ModelGraph(Get("gpt-oss-120b"), Precision.Bf16, OneChip);
        double perToken = (graph.CacheBytesPerSequence(20_000) - graph.CacheBytesPerSequence(10_000)) / 10_000;
        Assert.Equal(18 * 8 * 128 * 2, perToken, 6);
    }

    [Fact]
    public void A_recurrence_keeps_the_same_state_at_any_length()
    {
        var model = Get("llama-3.2-1b") with { Layers = [new LayerGroup(1, new StateSpace(64, 64, 128, 8, 4), new NoFeedForward())] };
        var graph = new ModelGraph(model, Precision.Bf16, OneChip);
        Assert.Equal(graph.CacheBytesPerSequence(10), graph.CacheBytesPerSequence(100_000));
        Assert.Equal((64 * 64 * 128 * 4) + (3 * (4096 + 2048) * 2), graph.CacheBytesPerSequence(10));
    }

    // Checkpoints as published: gpt-oss-120b 60.8 GiB and gpt-oss-20b 12.8 GiB (OpenAI model card, Table 1); Llama 3.1 405B in bf16 about 810 GB (Meta).
    [Theory]
    [InlineData("gpt-oss-120b", "mxfp4", 60.8 * 1024 * 1024 * 1024)]
    [InlineData("gpt-oss-20b", "mxfp4", 12.8 * 1024 * 1024 * 1024)]
    [InlineData("llama-3.1-405b", "bf16", 811.7e9)]
    public void Weights_take_the_published_bytes(string name, string dtype, double bytes)
    {
        Assert.True(Dtypes.TryParse(dtype, out Dtype weights));
        var graph = new ModelGraph(Get(name), Precision.For(weights), OneChip);
        Assert.InRange(graph.WeightBytesPerChip / bytes, 0.99, 1.01);
    }

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void Bytes_on_one_chip_are_the_counted_parameters(string name)
    {
        ModelSpec model = Get(name);
        double bytes = new ModelGraph(model, Precision.Bf16, OneChip).WeightBytesPerChip;
        Assert.InRange(bytes / (2 * (double)ParameterCount.Of(model).Total), 0.999, 1.001);
    }

    [Theory]
    [InlineData("llama-3.1-70b", 8, 1, 1, 1)]
    [InlineData("llama-3.1-405b", 8, 2, 1, 1)]
    [InlineData("mixtral-8x7b", 8, 1, 8, 1)]
    [InlineData("deepseek-v3", 1, 1, 64, 64)]
    public void Sharding_leaves_each_chip_at_least_its_share(string name, int tp, int pp, int ep, int dp)
    {
        ModelSpec model = Get(name);
        var sharding = new Sharding(tp, pp, ep, dp);
        double one = new ModelGraph(model, Precision.Bf16, OneChip).WeightBytesPerChip;
        double each = new ModelGraph(model, Precision.Bf16, sharding).WeightBytesPerChip;
        Assert.InRange(each, one / sharding.Chips * 0.999, one);
    }

    [Theory]
    [InlineData("dlrm-small", 15e6)]
    [InlineData("dlrm-medium", 150e6)]
    [InlineData("dlrm-large", 980e6)]
    public void A_ranking_sample_costs_what_its_class_says(string name, double flops)
    {
        Assert.InRange(MatrixFlops(Get(name), OneChip, StepShape.Prefill(1024, 1)) / 1024 / flops, 0.97, 1.03);
        double spread = 8 * Sum(Get(name), new Sharding(8), StepShape.Prefill(1024, 1), o => o.MatrixFlops);
        Assert.Equal(1, spread / MatrixFlops(Get(name), OneChip, StepShape.Prefill(1024, 1)), 9);
    }

    [Theory]
    [InlineData(Dtype.Fp32, 4)]
    [InlineData(Dtype.Fp8, 1)]
    [InlineData(Dtype.Int8, 1)]
    [InlineData(Dtype.Int4, 0.515625)]
    [InlineData(Dtype.Mxfp4, 0.53125)]
    public void Weights_and_cache_take_their_formats_bytes(Dtype dtype, double bytes)
    {
        ModelSpec model = Get("llama-3.1-70b");
        ParameterCount count = ParameterCount.Of(model);
        var graph = new ModelGraph(model, new Precision(dtype, Dtype.Bf16, dtype), OneChip);
        double ends = (count.Embedding + count.Head) * Math.Max(2, bytes);
        Assert.InRange(graph.WeightBytesPerChip / (((count.Total - count.Embedding - count.Head) * bytes) + ends), 0.9999, 1.0001);
        Assert.Equal(80 * 8 * 256 * bytes, graph.CacheBytesPerSequence(1), 6);

        // A decode step reads each weight once.
        double read = SumOf(graph, StepShape.Decode(1, 1), o => o.WeightBytes);
        double expected = ((count.Total - count.Embedding - count.Head - count.Norms) * bytes) + (count.Head * Math.Max(2, bytes));
        Assert.InRange(read / expected, 0.999, 1.001);
    }

    [Fact]
    public void A_step_allocates_nothing_once_warm()
    {
        foreach (ModelSpec model in ParameterCountTests.Catalog.Models.All)
        {
            var graph = new ModelGraph(model, Precision.Bf16, OneChip);
            var into = new Operator[graph.MaximumOperators];
            var shape = new StepShape(1, 100, 50, model.Ranking is null ? 10 : 0, 500);
            graph.Step(shape, into);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                graph.Step(shape, into);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    private static ModelSpec Get(string name) => ParameterCountTests.Catalog.Models.Get(name);

    private static double MatrixFlops(ModelSpec model, Sharding sharding, StepShape shape) => Sum(model, sharding, shape, o => o.MatrixFlops);

    private static double Sum(ModelSpec model, Sharding sharding, StepShape shape, Func<Operator, double> of) =>
        SumOf(new ModelGraph(model, Precision.Bf16, sharding), shape, of);

    private static double SumOf(ModelGraph graph, StepShape shape, Func<Operator, double> of)
    {
        var into = new Operator[graph.MaximumOperators];
        int count = graph.Step(shape, into);
        return into[..count].Sum(o => o.Count * of(o));
    }

    // Every matrix that a token passes through, written out again from the architecture, biases and norms left out.
    private static double MatrixParameters(ModelSpec model)
    {
        double h = model.HiddenSize;
        return (h * model.VocabularySize) + model.Layers.Sum(l => l.Count * (Mixer(l.Mixer) + FeedForward(l.FeedForward)));

        double Mixer(TokenMixer mixer) => mixer switch
        {
            GroupedQueryAttention a => h * ((a.Heads * (double)(a.HeadSize + a.ValueHeadSize + (a.OutputGate ? a.ValueHeadSize : 0))) + (a.KvHeads * (double)(a.HeadSize + (a.KeysAreValues ? 0 : a.ValueHeadSize)))),
            LatentAttention a => (h * (a.QueryRank + a.KvRank + a.RopeHeadSize + ((double)a.Heads * a.ValueHeadSize)))
                + ((double)a.QueryRank * ((a.Heads * (a.NopeHeadSize + a.RopeHeadSize)) + (a.IndexHeads * a.IndexHeadSize)))
                + ((double)a.KvRank * a.Heads * (a.NopeHeadSize + a.ValueHeadSize)) + (a.IndexHeads > 0 ? h * (a.IndexHeads + a.IndexHeadSize) : 0),
            LinearAttention a => h * ((2.0 * a.KeyHeads * a.KeyHeadSize) + (3.0 * a.ValueHeads * a.ValueHeadSize) + (2.0 * a.ValueHeads)),
            StateSpace s => h * ((3.0 * s.Heads * s.HeadSize) + (2.0 * s.Groups * s.StateSize) + s.Heads),
            _ => 0,
        };
        double FeedForward(FeedForward part) => part switch
        {
            DenseFeedForward d => h * d.Size * (d.Gated ? 3 : 2),
            MixtureOfExperts m => h * (m.Experts + ((((double)m.TopK * m.ExpertSize) + m.SharedSize) * (m.Gated ? 3 : 2))),
            _ => 0,
        };
    }

    // Scores and weighted sums, token by token.
    private static double AttentionByHand(ModelSpec model, double tokens)
    {
        double Seen(int window)
        {
            double sum = 0;
            for (int i = 1; i <= tokens; i++)
            {
                sum += window > 0 ? Math.Min(i, window) : i;
            }

            return sum / tokens;
        }

        return model.Layers.Sum(l => l.Count * l.Mixer switch
        {
            GroupedQueryAttention a => 2.0 * a.Heads * (a.HeadSize + a.ValueHeadSize) * Seen(a.Window),
            LatentAttention { IndexTopK: 0 } a => 2.0 * a.Heads * (a.NopeHeadSize + a.RopeHeadSize + a.ValueHeadSize) * Seen(0),
            LatentAttention a => (2.0 * a.Heads * (a.KvRank + a.RopeHeadSize + a.KvRank) * Seen(a.IndexTopK)) + (2.0 * a.IndexHeads * a.IndexHeadSize * Seen(0)),
            LinearAttention a => a.ValueHeads * ((6.0 * a.KeyHeadSize * a.ValueHeadSize) + (64 * ((6.0 * a.KeyHeadSize) + (4.0 * a.ValueHeadSize)))),
            StateSpace s => (s.Heads * ((4.0 * s.HeadSize * s.StateSize) + (2.0 * 128 * s.HeadSize))) + (s.Groups * 2.0 * 128 * s.StateSize),
            _ => 0.0,
        });
    }
}
