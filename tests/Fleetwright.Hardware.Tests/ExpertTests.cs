using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Experts;
using Fleetwright.Hardware.Chips;
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
}
