using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class CatalogueTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    public static TheoryData<string> ChipNames => [.. Catalog.Chips.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(ChipNames))]
    public void Every_chip_prices_every_kind_of_operator_with_finite_positive_time_and_power_within_the_limit(string name)
    {
        ChipModel model = ChipModel.For(Catalog, name);
        foreach (Operator op in SampleOperators.All)
        {
            OperatorCost cost = model.Price(op);
            Assert.True(double.IsFinite(cost.Seconds) && cost.Seconds > 0, $"{op.Kind}: {cost}");
            Assert.True(cost.Joules > 0 && cost.Joules <= cost.Seconds * model.Chip.Tdp * 1.05, $"{op.Kind}: {cost}");
        }
    }

    [Fact]
    public void Every_calibration_file_reads()
    {
        Assert.NotEmpty(Catalog.Calibration.All);
        Assert.All(Catalog.Calibration.All, (ChipCoefficients c) => Assert.InRange(c.Error, 0.001, 10));
    }

    [Theory]
    [InlineData("a100-80gb-sxm", Dtype.Bf16, 0.85, 0.97)]
    [InlineData("h100-sxm", Dtype.Bf16, 0.7, 0.85)]
    [InlineData("h100-sxm", Dtype.Fp8, 0.52, 0.7)] // measured: 0.66 at 8192³, its conversion included
    [InlineData("b200-sxm", Dtype.Bf16, 0.6, 0.8)]
    public void Large_products_sustain_the_measured_share_of_the_peak(string name, Dtype dtype, double low, double high)
    {
        ChipModel model = ChipModel.For(Catalog, name);
        Assert.InRange(model.SustainedRate(dtype) / model.Chip.MatrixRates[dtype], low, high);
    }
}
