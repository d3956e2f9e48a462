using Fleetwright.Catalog.Models;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Tests;

/// <summary>Uneven choices of experts: against choices that are drawn token by token, and against the closed form for equal popularity.</summary>
public sealed class ExpertSkewTests
{
    [Theory]
    [InlineData(0, 16, 8)]
    [InlineData(0.5, 64, 8)]
    [InlineData(0.8, 16, 8)]
    [InlineData(0.8, 256, 32)]
    [InlineData(1.2, 1024, 8)]
    public void The_busiest_chip_has_what_it_has_in_drawn_routing(double exponent, int tokens, int chips)
    {
        const int experts = 128, chosen = 8;
        (double touched, double rows) = ExpertSkew.Zipf(exponent).Busiest(tokens, experts, chosen, chips);
        (double drawnTouched, double drawnRows) = Drawn(exponent, tokens, experts, chosen, chips);
        TestContext.Current.TestOutputHelper?.WriteLine($"zipf {exponent}, {tokens} tokens on {chips}: touched {touched:0.00} ({drawnTouched:0.00} drawn), rows {rows:0.0} ({drawnRows:0.0} drawn), {rows * chips / (tokens * chosen):0.00} of the mean");
        Assert.Equal(drawnTouched, touched, drawnTouched * 0.06);
        Assert.Equal(drawnRows, rows, drawnRows * 0.06);
    }

    [Theory]
    [InlineData(2, 64)]
    [InlineData(8, 512)]
    public void Equal_popularity_is_random_routing(int chips, int tokens)
    {
        RandomRouting routing = new(128, 8, chips);
        (double touched, double rows) = ExpertSkew.Zipf(0).Busiest(tokens, 128, 8, chips);
        Assert.Equal(routing.BusiestChoices(tokens), rows, routing.BusiestChoices(tokens) * 0.03);
        Assert.Equal(routing.BusiestActive(tokens), touched, routing.BusiestActive(tokens) * 0.03);
    }

    [Fact]
    public void One_chip_has_all_rows_and_fewer_experts_the_more_uneven_they_are()
    {
        double before = 128;
        foreach (double exponent in (double[])[0, 0.4, 0.8, 1.2, 2])
        {
            (double touched, double rows) = ExpertSkew.Zipf(exponent).Busiest(32, 128, 8, 1);
            Assert.Equal(256, rows, 1e-6);
            Assert.True(touched < before);
            before = touched;
        }

        Assert.Equal(128 * (1 - Math.Pow(1 - (8 / 128.0), 32)), ExpertSkew.Zipf(0).Busiest(32, 128, 8, 1).Touched, 1e-6);
    }

    [Fact]
    public void Copies_of_popular_experts_level_the_chips()
    {
        // 4,096 tokens, 256 experts, 8 a token, on 32 chips, zipf 0.8. As many copies as chips and a balanced layout leave what chance alone does.
        double Crowding(ExpertSkew skew) => skew.Busiest(4096, 256, 8, 32).Rows * 32 / (4096 * 8);
        var skew = ExpertSkew.Zipf(0.8);
        double random = Crowding(skew), balanced = Crowding(skew.Balanced(0)), copied = Crowding(skew.Balanced(32)), chance = Crowding(ExpertSkew.Zipf(0));
        TestContext.Current.TestOutputHelper?.WriteLine($"busiest chip: {random:0.00} of the mean at random, {balanced:0.00} balanced, {copied:0.00} with 32 copies, {chance:0.00} by chance alone");
        Assert.True(random > balanced && balanced > copied);
        Assert.InRange(copied, 1, 1.03 * chance);
    }

    [Fact]
    public void Copies_take_room()
    {
        ModelSpec model = Fixtures.Catalog.Models.Get("qwen3-235b-a22b");
        var experts = (MixtureOfExperts)model.Layers[0].FeedForward;
        double Bytes(ExpertSkew? skew) => new ModelGraph(model, Precision.Fp8, new Sharding(8, 1, 8)) { ExpertSkew = skew }.WeightBytesPerChip;
        double each = (double)model.HiddenSize * experts.ExpertSize * 3 * model.LayerCount;
        Assert.Equal(16 / 8 * each, Bytes(ExpertSkew.Zipf(0.8).Balanced(16)) - Bytes(null), 1);
    }

    [Fact]
    public void A_measured_ratio_is_what_the_busiest_chip_has()
    {
        Assert.Equal(1.4 * 1000 * 8 / 16, ExpertSkew.Measured(1.4).Busiest(1000, 256, 8, 16).Rows, 1e-9);
        Assert.Equal(256 / 16 * (1 - Math.Pow(1 - (8 / 256.0), 1000)), ExpertSkew.Measured(1.4).Busiest(1000, 256, 8, 16).Touched, 1e-9);
    }

    [Fact]
    public void A_step_with_many_tokens_takes_longer_and_one_with_few_on_one_chip_less_long()
    {
        ModelSpec model = Fixtures.Catalog.Models.Get("qwen3-235b-a22b");
        double Experts(ExpertSkew? skew, Sharding sharding, double tokens)
        {
            var replica = new Fleetwright.Serving.Replicas.Replica(new ModelGraph(model, Precision.Fp8, sharding) { ExpertSkew = skew }, Fixtures.H200, Fixtures.Engine);
            double seconds = 0;
            foreach (ref readonly Operator op in replica.Operators(StepShape.Prefill(1, tokens)))
            {
                seconds += op.Role is OperatorRole.ExpertsUp or OperatorRole.ExpertsDown ? op.Count * replica.Seconds(op) : 0;
            }

            return seconds;
        }

        var skew = ExpertSkew.Zipf(0.8);
        var spread = new Sharding(8, 1, 8);
        double even = Experts(null, spread, 8192), uneven = Experts(skew, spread, 8192), few = Experts(null, new Sharding(4), 16), fewUneven = Experts(skew, new Sharding(4), 16);
        TestContext.Current.TestOutputHelper?.WriteLine($"8,192 tokens on EP8: {even * 1e3:0.0} ms even, {uneven * 1e3:0.0} ms uneven; 16 tokens on TP4: {few * 1e3:0.00} and {fewUneven * 1e3:0.00} ms");
        Assert.InRange(uneven / even, 1.1, 4);
        Assert.InRange(fewUneven / few, 0.5, 0.99);
    }

    // Every token takes the experts whose clocks ring first; experts are laid out anew for every draw.
    private static (double Touched, double Rows) Drawn(double exponent, int tokens, int experts, int chosen, int chips)
    {
        int draws = Math.Clamp(20_000 / tokens, 40, 200);
        var random = new RandomStream(3, "routing");
        double[] clocks = new double[experts];
        int[] order = new int[experts];
        double touched = 0, rows = 0;
        for (int d = 0; d < draws; d++)
        {
            int[] chip = [.. Enumerable.Range(0, experts).Select(e => e * chips / experts)];
            for (int e = experts - 1; e > 0; e--)
            {
                int other = random.Below(e + 1);
                (chip[e], chip[other]) = (chip[other], chip[e]);
            }

            int[] count = new int[experts];
            for (int t = 0; t < tokens; t++)
            {
                for (int e = 0; e < experts; e++)
                {
                    (clocks[e], order[e]) = (-Math.Log(random.NextPositiveUnit()) * Math.Pow(e + 1, exponent), e);
                }

                Array.Sort(clocks, order);
                for (int i = 0; i < chosen; i++)
                {
                    count[order[i]]++;
                }
            }

            int[] most = new int[chips], active = new int[chips];
            for (int e = 0; e < experts; e++)
            {
                most[chip[e]] += count[e];
                active[chip[e]] += count[e] > 0 ? 1 : 0;
            }

            touched += active.Max();
            rows += most.Max();
        }

        return (touched / draws, rows / draws);
    }
}
