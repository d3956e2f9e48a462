using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Experts;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class ExpertTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(3000)]
    public void On_one_rank_every_choice_of_every_token_is_a_row(int tokens)
    {
        ExpertLoad load = ExpertLoad.PowerLaw(tokens, 128, 8, 1, 1.2);
        Assert.Equal(tokens * 8, load.Rows, 9);
        Assert.InRange(load.Touched, 1, 128);
    }

    [Fact]
    public void Skew_touches_fewer_experts_and_fills_the_fullest_rank_beyond_its_even_share()
    {
        Assert.True(ExpertLoad.PowerLaw(64, 256, 8, 1, 1.2).Touched < ExpertLoad.Balanced(64, 256, 8, 1).Touched);
        Assert.True(ExpertLoad.PowerLaw(4096, 256, 8, 8, 1.2).Rows > 1.2 * ExpertLoad.Balanced(4096, 256, 8, 8).Rows);
    }

    [Theory]
    [InlineData("h100-sxm", Dtype.Mxfp4)]
    [InlineData("h100-sxm", Dtype.Int4)]
    [InlineData("b200-sxm", Dtype.Mxfp4)]
    [InlineData("mi300x", Dtype.Int4)]
    public void Experts_stored_in_four_bits_and_multiplied_in_sixteen_stream_faster_than_in_sixteen(string chip, Dtype stored)
    {
        ChipModel model = ChipModel.For(Catalog, chip);
        double Seconds(Dtype weights) => model.Price(Operator.GroupedGemm(OperatorRole.ExpertsUp, 128, 4, 5760, 2880, weights, Dtype.Bf16)).Seconds;
        Assert.True(Seconds(stored) < 0.8 * Seconds(Dtype.Bf16));
    }

    [Fact]
    public void A_product_per_head_is_priced_as_a_dense_product_not_as_experts()
    {
        ChipModel model = ChipModel.For(Catalog, "h200-sxm");
        OperatorCost heads = model.Price(Operator.BatchedGemm(OperatorRole.KvUp, 128, 16, 512, 128, Dtype.Bf16, Dtype.Bf16));
        Assert.Equal(model.Coefficients.Gemm[Dtype.Bf16].Overhead, heads.OverheadSeconds, 12);
    }

    [Fact]
    public void Balanced_rows_are_dealt_to_rank_0_as_the_collector_deals_them()
    {
        // 8 of 128 experts a token, stride 16: two tokens choose experts 0, 16, … and 8, 24, …; of 16 ranks the first holds experts 0 to 7.
        ExpertLoad load = ExpertLoad.Balanced(2, 128, 8, 16);
        Assert.Equal((1, 1), (load.Touched, load.Rows));
        Assert.Equal(2, ExpertLoad.Balanced(2, 128, 8, 8).Rows);
    }

    [Fact]
    public void Blocks_round_up_every_expert_by_itself()
    {
        // 1024 tokens, 2 of 8: 256 rows an expert, two blocks of 128 or sixteen of 16.
        ExpertLoad load = ExpertLoad.Balanced(1024, 8, 2, 1);
        Assert.Equal(16, load.Blocks(128));
        Assert.Equal(128, load.Blocks(16));
        Assert.Equal(8, ExpertLoad.Balanced(4, 8, 2, 1).Blocks(128));
    }

    [Theory]
    [InlineData(1, 128, 8, 16, 1.01)]
    [InlineData(48, 256, 8, 1, 1.2)]
    [InlineData(512, 896, 16, 32, 1.2)]
    [InlineData(4096, 128, 8, 3, 1.01)]
    [InlineData(65536, 8, 2, 2, 1.2)]
    [InlineData(65536, 8, 7, 4, 1.9)]
    public void Corrected_all_at_once_a_load_is_that_of_the_collector_which_corrects_row_by_row(int tokens, int experts, int choices, int ranks, double exponent)
    {
        ExpertLoad load = ExpertLoad.PowerLaw(tokens, experts, choices, ranks, exponent);
        (double touched, double rows, double blocks) = RowByRow(tokens, experts, choices, ranks, exponent);
        Assert.Equal((touched, rows, blocks), (load.Touched, load.Rows, load.Blocks(64)));
    }

    [Theory]
    [InlineData(3, 128, 8)]
    [InlineData(17, 128, 8)]
    [InlineData(1000, 60, 4)]
    [InlineData(16384, 256, 8)]
    public void Dealt_all_at_once_a_balanced_load_is_that_of_the_collector_which_deals_token_by_token(int tokens, int experts, int choices)
    {
        int stride = (experts + choices - 1) / choices;
        int[] counts = new int[experts];
        for (int i = 0; i < tokens * choices; i++)
        {
            double first = tokens >= stride ? i / choices : (double)(i / choices) * stride / tokens;
            counts[(int)(first + (i % choices * stride)) % experts]++;
        }

        foreach (int ranks in (int[])[1, 4])
        {
            ExpertLoad load = ExpertLoad.Balanced(tokens, experts, choices, ranks);
            int[] first = counts[..(experts / ranks)];
            Assert.Equal((first.Count(c => c > 0), first.Sum(), first.Sum(c => (c + 15) / 16)), (load.Touched, load.Rows, load.Blocks(16)));
        }
    }

    // The collector's own way (collector/helper.py at commit 095f58a5), slow and plain.
    private static (double Touched, double Rows, double Blocks) RowByRow(int tokens, int experts, int choices, int ranks, double exponent)
    {
        ulong state = ((ulong)tokens << 32) ^ ((ulong)experts << 16) ^ ((ulong)choices << 8) ^ (ulong)ranks;
        int each = experts / ranks;
        long wanted = (long)tokens * choices;
        (double low, double high) = wanted > experts ? (1.0, tokens * 0.8) : (0.01, 2.0);
        double lowPower = Math.Pow(low, 1 - exponent), highPower = Math.Pow(high, 1 - exponent);
        (double touched, double rows, double blocks) = (0, 0, 0);
        for (int draw = 0; draw < 8; draw++)
        {
            double[] shares = new double[experts];
            for (int i = 0; i < experts; i++)
            {
                state += 0x9E3779B97F4A7C15;
                ulong z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
                z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
                double uniform = ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
                shares[i] = Math.Pow(((highPower - lowPower) * uniform) + lowPower, 1 / (1 - exponent));
            }

            double total = shares.Sum();
            long[] counts = [.. shares.Select(s => Math.Min(tokens, (long)Math.Round(s / total * wanted)))];
            long missing = wanted - counts.Sum();
            for (int rank = 0; missing != 0; rank = (rank + 1) % ranks)
            {
                Span<long> local = counts.AsSpan(rank * each, each);
                long[] sorted = [.. local.ToArray().Order()];
                if (missing > 0 && sorted[0] < tokens)
                {
                    local[local.IndexOf(sorted[0])]++;
                    missing--;
                }
                else if (missing < 0 && sorted[^1] > 0)
                {
                    local[local.IndexOf(sorted[^1])]--;
                    missing++;
                }
            }

            long[] fullest = counts.Take(each * ranks).Chunk(each).MaxBy(c => c.Sum())!;
            touched += fullest.Count(c => c > 0) / 8.0;
            rows += fullest.Sum() / 8.0;
            blocks += fullest.Sum(c => (c + 63) / 64) / 8.0;
        }

        return (touched, rows, blocks);
    }

    [Fact]
    public void The_early_collector_piles_few_rows_on_one_rank()
    {
        // One token, 8 choices: all rounding errors go to neighbours, so a rank of 8 experts has them all; the later collector deals them over the ranks.
        Assert.Equal(8, ExpertLoad.PowerLaw(1, 128, 8, 16, 1.01, early: true).Rows, 9);
        Assert.Equal(1, ExpertLoad.PowerLaw(1, 128, 8, 16, 1.01).Rows, 9);
    }

    [Theory]
    [InlineData("vllm_unquantizedfusedmoe_triton_tritonexperts", "bfloat16", "triton-bf16")]
    [InlineData("vllm_fused_moe", "bfloat16", "triton-0.14-bf16")]
    [InlineData("vllm_fp8moe_flashinfer_cutlass_flashinferexperts", "fp8_block", "cutlass-fp8-block")]
    [InlineData("vllm_fp8moe_flashinfer_trtllm_trtllmfp8expertsmodular", "fp8_block", "trtllm-modular-fp8-block")]
    [InlineData("vllm_gptossmxfp4moe_triton_oaitritonmxfp4expertsmonolithic", "w4a16_mxfp4", "gpt-oss-triton-mxfp4")]
    [InlineData("vllm_compressedtensorsw4a4mxfp4moe_marlin_marlinexperts_situ_as_silu", "w4a16_mxfp4", "marlin-mxfp4")]
    [InlineData("vllm_mxfp4moe_flashinfer_trtllm_mxfp4_mxfp8_trtllmmxfp4expertsmodular", "w4a8_mxfp4_mxfp8", "trtllm-modular-mxfp4-mxfp8")]
    [InlineData("vllm_xpu_moe_mxfp4", "w4a16_mxfp4", "xpu-mxfp4")]
    [InlineData("something_new", "nvfp4", "other-nvfp4")]
    public void The_source_and_format_of_a_row_name_its_kernel(string source, string format, string name)
    {
        var kernel = ExpertKernel.Of(source, format);
        Assert.Equal(name, kernel.Name);
        Assert.True(ExpertKernel.TryParse(name, out ExpertKernel parsed));
        Assert.Equal(kernel, parsed);
    }

    // Streaming the touched experts' weights is a floor that no kernel goes under, and a card without a table must not be absurdly far above it.
    [Theory]
    [InlineData("l40s", "vllm_unquantizedfusedmoe_triton_tritonexperts", "bfloat16", 2)]
    [InlineData("l40s", "vllm_fp8moe_triton_tritonexperts", "fp8_block", 1)]
    [InlineData("l40s", "vllm_compressedtensorswna16marlinmoe_marlin_marlinexperts", "int4_wo", 0.5625)]
    [InlineData("rtx-pro-6000", "vllm_unquantizedfusedmoe_triton_tritonexperts", "bfloat16", 2)]
    [InlineData("rtx-pro-6000", "vllm_compressedtensorsw4a4nvfp4moe_flashinfer_cutlass_flashinferexperts", "nvfp4", 0.5625)]
    [InlineData("rtx-pro-6000", "vllm_gptossmxfp4moe_marlin_marlinexperts", "w4a16_mxfp4", 0.53)]
    [InlineData("mi300x", "vllm_unquantizedfusedmoe_triton_tritonexperts", "bfloat16", 2)]
    [InlineData("mtia-2i", "something_new", "bfloat16", 2)]
    public void A_chip_without_tables_prices_every_kernel_sanely(string chip, string source, string format, double bytes)
    {
        var pricer = ExpertRowPricer.For(Catalog, chip);
        double bandwidth = Catalog.Chips.Get(chip).MemoryBandwidth;
        double floor = 128 * 3 * 2048.0 * 768 * bytes / bandwidth;
        double few = pricer.Price(new ExpertTableRow(source, format, 64, 2048, 768, 8, 128, 1, 1, "balanced")).Seconds;
        double many = pricer.Price(new ExpertTableRow(source, format, 8192, 2048, 768, 8, 128, 1, 1, "balanced")).Seconds;
        Assert.InRange(few, 0.9 * floor, (4 * floor) + 2e-4);
        Assert.InRange(many, few, 200 * few);
    }

    [Fact]
    public void Rows_are_priced_at_200_000_a_second_once_their_loads_are_drawn()
    {
        var pricer = ExpertRowPricer.For(Catalog, "h100-sxm");
        var row = new ExpertTableRow("vllm_unquantizedfusedmoe_triton_tritonexperts", "bfloat16", 64, 2048, 768, 8, 128, 1, 4, "power_law_1.2");
        double sum = pricer.Price(row).Seconds;
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (int i = 0; i < 100_000; i++)
        {
            sum += pricer.Price(row).Seconds;
        }

        // A tenth of the speed that an idle machine shows, so that a busy one passes.
        Assert.True(watch.Elapsed.TotalSeconds < 5, $"{watch.Elapsed}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
        Assert.True(sum > 0);
        TestContext.Current.TestOutputHelper?.WriteLine($"{100_000 / watch.Elapsed.TotalSeconds:F0} rows/s");
    }
}
