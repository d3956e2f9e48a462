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
