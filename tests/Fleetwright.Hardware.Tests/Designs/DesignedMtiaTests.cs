using System.Diagnostics;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Published;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tests.Designs;

/// <summary>What Meta publishes of its chips (chip-models.md 3.1), against what follows from their structure alone.</summary>
public class DesignedMtiaTests(ITestOutputHelper output)
{
    private static readonly DesignedChip Mtia1 = Shipped.Design("mtia-1"), Mtia2 = Shipped.Design("mtia-2i"), Mtia300 = Shipped.Design("mtia-300");

    [Fact]
    public void A_2048_cubed_fp16_product_on_MTIA_2i_reaches_over_92_percent_of_peak() =>
        Assert.InRange(Product(Mtia2, 2048, 2048, 2048), 97e-6, 105.5e-6);

    [Fact]
    public void A_product_that_streams_its_weights_on_MTIA_2i_takes_about_560_microseconds() =>
        Assert.InRange(Product(Mtia2, 512, 26592, 2048), 504e-6, 616e-6);

    // The 50 % of gather_efficiency is the published range's middle; what is tested is that bags of any size stay inside the range once launch and results are paid.
    [Theory]
    [InlineData(1e4)]
    [InlineData(1e5)]
    [InlineData(1e6)]
    public void Embedding_bags_on_MTIA_2i_draw_40_to_60_percent_of_the_bandwidth(double rows)
    {
        Operator bag = Operator.Gather(OperatorRole.EmbeddingBag, rows, 128, rows / 20, Dtype.Fp16);
        Assert.InRange(bag.WeightBytes / Mtia2.Model.Price(bag).Seconds / Mtia2.Chip.MemoryBandwidth, 0.4, 0.6);
    }

    [Fact]
    public void Llama_2_7b_in_16_bits_on_MTIA_2i_meets_600_ms_for_a_prompt_of_2048_tokens_and_misses_60_ms_a_token()
    {
        var graph = new ModelGraph(Shipped.Catalog.Models.Get("llama-2-7b"), Precision.Bf16, Sharding.None);
        var step = new Operator[graph.MaximumOperators];
        Assert.InRange(Mtia2.Model.Price(step.AsSpan(0, graph.Step(StepShape.Decode(1, 512), step))).Seconds, 0.066, 0.085);
        Assert.InRange(Mtia2.Model.Price(step.AsSpan(0, graph.Step(StepShape.Prefill(1, 2048), step))).Seconds, 0.1, 0.6);
    }

    [Fact]
    public void Dynamic_int8_on_MTIA_2i_gains_about_1_6_times_because_activations_are_quantised_on_the_way()
    {
        const double Size = 2048;
        double sixteen = Product(Mtia2, Size, Size, Size);
        double eight = Mtia2.Model.Price(
        [
            Operator.Elementwise(OperatorRole.Other, Size * Size * 2, Size * Size), // the largest value of each row
            Operator.Elementwise(OperatorRole.Other, Size * Size * 3, Size * Size), // 16 bits in, 8 out
            Operator.Gemm(OperatorRole.Other, Size, Size, Size, Dtype.Int8, Dtype.Int8),
        ]).Seconds;
        output.WriteLine(FormattableString.Invariant($"{sixteen / eight:0.00} times"));
        Assert.InRange(sixteen / eight, 1.45, 1.75);
    }

    [Fact]
    public void Throughput_of_MTIA_2i_collapses_when_activations_pass_its_shared_memory()
    {
        // A layer of 512 outputs on 512 inputs and what follows it: 4 KB of activations a sample, most work bound by them.
        double Throughput(double samples)
        {
            Operator[] step = [Operator.Gemm(OperatorRole.Other, samples, 512, 512, Dtype.Fp16, Dtype.Fp16), Operator.Elementwise(OperatorRole.Activation, samples * 512 * 4, samples * 512)];
            OnChipResidency.Apply(Mtia2.Chip, step);
            return samples / Mtia2.Model.Price(step).Seconds;
        }

        double inside = Throughput(250e6 / 2048), outside = Throughput(280e6 / 2048);
        output.WriteLine(FormattableString.Invariant($"{inside / 1e6:0.0} M samples/s at 250 MB, {outside / 1e6:0.0} at 280 MB: {(outside / inside) - 1:0 %}"));
        Assert.InRange(outside / inside, 0.05, 0.3);
    }

    [Fact]
    public void A_23_percent_higher_clock_on_MTIA_2i_gives_5_to_20_percent_on_ranking_models()
    {
        ChipModel designed = new DesignedChip(Mtia2.Design.AtClock(1.1e9), Mtia2.Technology).Model;
        foreach (double megaFlops in RankingModels.MegaFlops)
        {
            double gain = (RankingModels.Throughput(Mtia2.Model, megaFlops) / RankingModels.Throughput(designed, megaFlops)) - 1;
            output.WriteLine(FormattableString.Invariant($"{megaFlops} MFLOP: {gain:+0.0 %}"));
            Assert.InRange(gain, 0.05, 0.20);
        }
    }

    // The paper does not name its GPU; H100 is taken, of the year MTIA 2i was deployed in. Watts are those that are provisioned: the limits of 85 and 700 W.
    [Fact]
    public void MTIA_2i_does_0_8_to_1_5_times_the_work_of_an_H100_per_watt_on_nine_ranking_models()
    {
        ChipModel h100 = ChipModel.For(Shipped.Catalog, "h100-sxm");
        foreach (double megaFlops in RankingModels.MegaFlops)
        {
            double ratio = PerWatt(Mtia2.Model, megaFlops) / PerWatt(h100, megaFlops);
            output.WriteLine(FormattableString.Invariant($"{megaFlops} MFLOP: {ratio:0.00} times H100, {PerWatt(Mtia2.Model, megaFlops) / PerWatt(ChipModel.For(Shipped.Catalog, "a100-80gb-sxm"), megaFlops):0.00} times A100"));
            Assert.InRange(ratio, 0.8, 1.5);
        }
    }

    [Theory]
    [InlineData("mtia-1", Dtype.Int8, 102.4e12)]
    [InlineData("mtia-1", Dtype.Fp16, 51.2e12)]
    [InlineData("mtia-2i", Dtype.Int8, 354e12)]
    [InlineData("mtia-2i", Dtype.Fp16, 177e12)]
    [InlineData("mtia-300", Dtype.Fp8, 1120e12)]
    [InlineData("mtia-300", Dtype.Bf16, 560e12)]
    public void Peak_rates_follow_from_grid_array_and_clock(string name, Dtype dtype, double published) =>
        Assert.InRange(Shipped.Design(name).Chip.MatrixRates[dtype] / published, 0.975, 1.025); // MTIA 1 states 102.4 where its grid gives 104.9

    [Fact]
    public void MTIA_1_multiplies_up_to_twice_as_much_per_watt_as_a_GPU()
    {
        ChipModel a100 = ChipModel.For(Shipped.Catalog, "a100-80gb-sxm");
        foreach (double size in new double[] { 2048, 4096, 8192 })
        {
            double ratio = Product(a100, size, size, size) * 400 / (Product(Mtia1, size, size, size) * 35);
            output.WriteLine(FormattableString.Invariant($"{size}^3: {ratio:0.00} times an A100"));
        }

        double large = Product(a100, 4096, 4096, 4096) * 400 / (Product(Mtia1, 4096, 4096, 4096) * 35);
        Assert.InRange(large, 1.6, 2.4);
    }

    // 0.9 is published; a design knows nothing of MTIA 1's first software beyond its embedding bags, and is a third too good. The GPU is taken to be A100, its contemporary.
    [Fact]
    public void MTIA_1_does_0_9_times_the_work_of_a_GPU_per_watt_over_ranking_models_to_within_half()
    {
        ChipModel a100 = ChipModel.For(Shipped.Catalog, "a100-80gb-sxm");
        double[] ratios = [.. RankingModels.MegaFlops.Select(m => PerWatt(Mtia1.Model, m) / PerWatt(a100, m))];
        output.WriteLine(string.Join(", ", ratios.Select(r => FormattableString.Invariant($"{r:0.00}"))) + FormattableString.Invariant($"; mean {ratios.Average():0.00}"));
        Assert.InRange(ratios.Average(), 0.9 / 1.5, 0.9 * 1.5);
    }

    // gather_efficiency of MTIA 1 is the middle of this range: no test of the number, only that nothing else moves it out.
    [Fact]
    public void Embedding_bags_of_MTIA_1_draw_10_to_20_percent_of_the_bandwidth()
    {
        Operator bag = Operator.Gather(OperatorRole.EmbeddingBag, 1e5, 128, 5e3, Dtype.Fp16);
        Assert.InRange(bag.WeightBytes / Mtia1.Model.Price(bag).Seconds / Mtia1.Chip.MemoryBandwidth, 0.1, 0.2);
    }

    [Fact]
    public void MTIA_300_adds_two_bf16_vectors_at_5_57_terabytes_a_second()
    {
        Operator add = Operator.Elementwise(OperatorRole.Other, 3 * 2 * 1e9, 1e9);
        Assert.InRange(add.MemoryBytes / Mtia300.Model.Price(add).Seconds, 5.57e12 * 0.95, 5.57e12 * 1.05);
    }

    // Meta's mean of 59 % is over shapes that it does not list; ours over a grid of powers of two is optimistic and is reported, not held to it (docs/designs.md).
    [Fact]
    public void MTIA_300_reaches_over_90_percent_of_peak_on_favourable_products()
    {
        double best = 0, sum = 0, gpu = 0;
        int count = 0;
        ChipModel h100 = ChipModel.For(Shipped.Catalog, "h100-sxm");
        double[] sizes = [512, 1024, 2048, 4096, 8192];
        foreach (double m in sizes)
        {
            foreach (double n in sizes)
            {
                foreach (double k in sizes)
                {
                    if (m * n * k / ((m * k) + (k * n) + (m * n)) > 400)
                    {
                        double share = 2 * m * n * k / Product(Mtia300, m, n, k) / 560e12;
                        (best, sum, gpu, count) = (Math.Max(best, share), sum + share, gpu + (2 * m * n * k / Product(h100, m, n, k) / 989e12), count + 1);
                    }
                }
            }
        }

        output.WriteLine(FormattableString.Invariant($"{count} products of intensity over 400: mean {sum / count:0.00} of peak (published 0.59), best {best:0.00}; H100 {gpu / count:0.00} (published 0.63 at 500 W)"));
        Assert.InRange(best, 0.9, 1);
    }

    [Theory]
    [InlineData("h100-sxm", 2.0)]
    [InlineData("h200-sxm", 1.6)]
    public void Embedding_bags_on_MTIA_300_outrun_those_of_GPUs_within_a_quarter_of_what_is_published(string gpu, double published)
    {
        Operator bag = Operator.Gather(OperatorRole.EmbeddingBag, 1e7, 128, 1e6, Dtype.Fp16);
        double ratio = ChipModel.For(Shipped.Catalog, gpu).Price(bag).Seconds / Mtia300.Model.Price(bag).Seconds;
        output.WriteLine(FormattableString.Invariant($"{ratio:0.00} times {gpu}, published {published}"));
        Assert.InRange(ratio / published, 0.75, 1.25);
    }

    // The paper's 3.9 times names neither collective nor message; the all-to-all of embeddings at tens of megabytes is what its training jobs send.
    [Theory]
    [InlineData(32e6)]
    [InlineData(64e6)]
    public void Forty_MTIA_300_exchange_embeddings_about_3_9_times_as_fast_as_forty_H100(double bytes)
    {
        double ratio = ChipModel.For(Shipped.Catalog, "h100-sxm").Collectives.Seconds(OperatorKind.AllToAll, bytes, 40) / Mtia300.Model.Collectives.Seconds(OperatorKind.AllToAll, bytes, 40);
        output.WriteLine(FormattableString.Invariant($"{bytes / 1e6} MB: {ratio:0.00} times"));
        Assert.InRange(ratio, 3.9 * 0.8, 3.9 * 1.2);
    }

    [Fact]
    public void A_design_is_worked_out_in_microseconds()
    {
        const int Runs = 2_000;
        Stopwatch watch = Stopwatch.StartNew();
        long before = 0;
        for (int i = 0; i < 2 * Runs; i++)
        {
            if (i == Runs)
            {
                watch.Restart();
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            _ = new DesignedChip(Mtia2.Design with { Columns = 4 + (i % 8) }, Mtia2.Technology);
        }

        double each = watch.Elapsed.TotalSeconds / Runs;
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Runs;
        output.WriteLine(FormattableString.Invariant($"{each * 1e6:0.0} us, {bytes} bytes a design"));
        Assert.True(bytes < 10_000, $"{bytes} bytes a design");
        Assert.True(each < 100e-6 * 3, $"{each * 1e6} us a design"); // three times the aim: other work may share the machine
    }

    private static double PerWatt(ChipModel chip, double megaFlops) => RankingModels.Throughput(chip, megaFlops) / chip.Chip.Tdp;

    private static double Product(DesignedChip chip, double m, double n, double k) => Product(chip.Model, m, n, k);

    private static double Product(ChipModel chip, double m, double n, double k) => chip.Price(Operator.Gemm(OperatorRole.Other, m, n, k, Dtype.Fp16, Dtype.Fp16)).Seconds;
}
