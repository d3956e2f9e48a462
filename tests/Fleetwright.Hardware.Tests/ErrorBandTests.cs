using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public sealed class ErrorBandTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // Eight of ten measured rows should lie between the tenth quantiles; the bands are of rows left out of fits, these are all rows.
    [Theory]
    [InlineData("h100-sxm", "h100_sxm")]
    [InlineData("b200-sxm", "b200_sxm")]
    [InlineData("arc-pro-b60", "b60")]
    public void Eight_of_ten_measured_products_lie_in_their_bands(string name, string folder)
    {
        ChipModel chip = ChipModel.For(Catalog, name);
        OperatorTable table = OperatorTable.Get("gemm");
        using var file = new TableFile(Repository.SharedData("kernels", folder, "gemm.csv.gz"), table);
        int inside = 0, all = 0;
        foreach (TableRow row in file.Rows().Where((r, i) => i % 5 == 0 && r[1] == "bfloat16"))
        {
            OperatorCost cost = chip.Price(Operator.Gemm(OperatorRole.Other, row.Whole(2, 1), row.Whole(3, 1), row.Whole(4, 1), Dtype.Bf16, Dtype.Bf16), row[0]);
            double ratio = row.MeasuredSeconds / cost.Seconds;
            inside += ratio >= cost.Band.Low && ratio <= cost.Band.High ? 1 : 0;
            all++;
        }

        output.WriteLine(FormattableString.Invariant($"{inside} of {all}: {(double)inside / all:P1}"));
        Assert.InRange((double)inside / all, 0.75, 0.9);
    }

    [Fact]
    public void A_size_beyond_the_measured_ones_says_so()
    {
        ChipModel chip = ChipModel.For(Catalog, "h100-sxm");
        Assert.False(chip.Price(Operator.Gemm(OperatorRole.Other, 4096, 8192, 8192, Dtype.Bf16, Dtype.Bf16)).Extrapolated);
        Assert.True(chip.Price(Operator.Gemm(OperatorRole.Other, 4_000_000, 8192, 8192, Dtype.Bf16, Dtype.Bf16)).Extrapolated);
        Assert.True(chip.Price(Operator.Attention(1, 1, 50_000_000, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Bf16)).Extrapolated);
    }

    [Fact]
    public void Errors_of_different_families_partly_cancel_and_of_one_family_do_not()
    {
        ChipModel chip = ChipModel.For(Catalog, "h100-sxm");
        Operator product = Operator.Gemm(OperatorRole.Other, 4096, 8192, 8192, Dtype.Bf16, Dtype.Bf16);
        Operator attention = Operator.Attention(8, 2048, 0, 32, 8, 128, 128, 0, Dtype.Bf16, Dtype.Bf16);
        OperatorCost one = chip.Price(product), other = chip.Price(attention);
        StepCost alike = chip.Price([product, product]), mixed = chip.Price([product, attention]);
        Assert.Equal(2 * one.Seconds * one.Band.High, alike.HighSeconds, alike.Seconds * 1e-9);
        Assert.Equal(2 * one.Seconds * one.Band.Low, alike.LowSeconds, alike.Seconds * 1e-9);
        Assert.True(mixed.HighSeconds < (one.Seconds * one.Band.High) + (other.Seconds * other.Band.High));
        Assert.InRange(mixed.HighSeconds, mixed.Seconds, double.MaxValue);
    }

    [Fact]
    public void A_chip_without_measurements_has_the_band_of_its_stated_error()
    {
        ChipModel chip = ChipModel.For(Catalog, "mtia-2i");
        ErrorBand band = chip.Price(Operator.Gemm(OperatorRole.Other, 2048, 2048, 2048, Dtype.Fp16, Dtype.Fp16)).Band;
        Assert.Equal(chip.Coefficients.Error.Value, band.Error, 1e-9);

        // Half of a normal distribution lies within 0.6745 σ, the mean absolute deviation is 0.7979 σ, nine of ten are below 1.2816 σ.
        Assert.Equal(Math.Exp(1.2816 / 0.7979 * band.Error), band.High, 1e-9);
        Assert.Equal(1, band.Low * band.High, 1e-9);
    }
}
