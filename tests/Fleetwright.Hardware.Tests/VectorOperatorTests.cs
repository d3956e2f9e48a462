using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class VectorOperatorTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));
    private static readonly Chip A100 = Catalog.Chips.Get("a100-80gb-sxm");

    [Fact]
    public void A_row_that_does_not_stay_on_the_chip_is_read_three_times_and_written_once()
    {
        ChipModel chip = With(new VectorCoefficients { Overhead = 0, MemoryEfficiency = 0.5, RowRoom = 1000 });
        double once = 2 * 4096.0 * 2048 * 2 / (A100.MemoryBandwidth * 0.5);
        Assert.Equal(2 * once, chip.Price(Norm(4096, 2048)).Seconds, once * 1e-9);
    }

    [Theory]
    [InlineData(1024, 1)] // in registers
    [InlineData(2048, 1.25)] // two further reads at a quarter each, beside a read and a write
    public void A_row_on_the_chip_costs_a_share_of_a_read_for_each_further_one(int width, double passes)
    {
        ChipModel chip = With(new VectorCoefficients { Overhead = 0, MemoryEfficiency = 0.5, Reread = 0.25 });
        double once = 2 * 4096.0 * width * 2 / (A100.MemoryBandwidth * 0.5);
        Assert.Equal(passes * once, chip.Price(Norm(4096, width)).Seconds, once * 1e-9);
    }

    [Fact]
    public void A_chip_without_vector_coefficients_streams_at_the_rate_of_its_products()
    {
        ChipModel chip = ChipModel.For(Catalog, "h200-sxm");
        Operator op = Operator.Elementwise(OperatorRole.Norm, 1e9, 0);
        Assert.Equal(chip.Coefficients.LaunchOverhead + (1e9 / (chip.Chip.MemoryBandwidth * chip.Coefficients.MemoryEfficiency)), chip.Price(op).Seconds, 1e-12);
    }

    [Fact]
    public void A_call_takes_the_host_s_time_or_that_of_launch_and_kernel()
    {
        Assert.Equal(50e-6, FrameworkCallModel.Seconds(new FrameworkCall(50e-6, 40e-6), 5e-6), 1e-15);
        Assert.Equal(60e-6, FrameworkCallModel.Seconds(new FrameworkCall(50e-6, 40e-6), 20e-6), 1e-15);
    }

    [Fact]
    public void A_power_cap_lowers_the_clock_by_the_cube_root_of_the_dynamic_power_that_is_left()
    {
        ChipModel full = ChipModel.For(Catalog, "h100-sxm");
        double half = (full.RestWatts + full.Chip.Tdp) / 2;
        Assert.Equal(1, new ChipModel(full.Chip, full.Coefficients, full.Chip.Tdp).Clock, 1e-12);
        Assert.Equal(Math.Cbrt(0.5), new ChipModel(full.Chip, full.Coefficients, half).Clock, 1e-9);
    }

    [Fact]
    public void A_capped_chip_is_never_faster_and_never_draws_more_than_its_cap()
    {
        ChipModel full = ChipModel.For(Catalog, "h100-sxm");
        foreach (double share in new[] { 0.4, 0.6, 0.8 })
        {
            var capped = new ChipModel(full.Chip, full.Coefficients, share * full.Chip.Tdp);
            foreach (Operator op in SampleOperators.All)
            {
                OperatorCost cost = capped.Price(op);
                Assert.True(cost.Seconds >= full.Price(op).Seconds * (1 - 1e-12), $"{op.Kind}");
                Assert.True(cost.Joules <= cost.Seconds * share * full.Chip.Tdp * (1 + 1e-12), $"{op.Kind}");
            }
        }
    }

    private static ChipModel With(VectorCoefficients vector) => new(A100, Catalog.CoefficientsOf(A100)! with
    {
        Elementwise = new Dictionary<VectorKind, VectorCoefficients> { [VectorKind.Normalisation] = vector },
    });

    private static Operator Norm(double rows, double width) =>
        Operator.Elementwise(OperatorRole.Norm, 2 * rows * width * 2, 0) with { M = rows, N = width, StorageDtype = Dtype.Bf16 };
}
