using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class ShapeFactorTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // 1.00, 1.01, 1.02 … in the order of the file: k fastest, then n, then m.
    private static readonly double[] Counted = [.. Enumerable.Range(0, ShapeFactors.Count).Select(i => 1 + (i / 100.0))];

    private static readonly MatrixProductCoefficients Plain = new()
    {
        Overhead = 2e-6,
        MatrixEfficiency = 0.8,
        MemoryEfficiency = 0.9,
        SmallTileExponent = 0.1,
        CoreBandwidth = 5,
        TileLatency = 0.5e-6,
        OverlapLoss = 0.2,
    };

    [Theory]
    [InlineData(1, 64, 64, 0)]
    [InlineData(1, 64, 512, 1)]
    [InlineData(1, 512, 64, 4)]
    [InlineData(8, 64, 64, 16)]
    [InlineData(4096, 32768, 32768, 79)]
    public void A_shape_of_the_grid_has_its_own_factor(double m, double n, double k, int place) =>
        Assert.Equal(Counted[place], new ShapeFactors(Counted).At(m, n, k), 1e-12);

    [Fact]
    public void A_shape_between_has_the_geometric_mean_and_one_beyond_the_nearest()
    {
        var factors = new ShapeFactors(Counted);
        Assert.Equal(Math.Sqrt(Counted[0] * Counted[1]), factors.At(1, 64, Math.Sqrt(64 * 512)), 1e-12);
        Assert.Equal(Math.Sqrt(Counted[0] * Counted[16]), factors.At(Math.Sqrt(8), 64, 64), 1e-12);
        Assert.Equal(Counted[0], factors.At(1, 32, 1), 1e-12);
        Assert.Equal(Counted[79], factors.At(65536, 262144, 65536), 1e-12);
    }

    [Fact]
    public void A_factor_scales_the_price_of_a_product_but_not_the_hosts_time_nor_products_of_several_groups()
    {
        ChipModel h100 = ChipModel.For(Catalog, "h100-sxm");
        MatrixProductCoefficients doubled = Plain with { ShapeFactors = [.. Enumerable.Repeat(2.0, ShapeFactors.Count)] };
        Operator op = Operator.Gemm(OperatorRole.Other, 100, 3000, 5000, Dtype.Bf16, Dtype.Bf16);
        Assert.Equal(2 * Price(Plain, op).Seconds, Price(doubled, op).Seconds, 1e-12);
        Assert.Equal(1e-3, Price(doubled with { HostOverhead = 1e-3 }, op).Seconds, 1e-9);
        Operator grouped = op with { Groups = 16 };
        Assert.Equal(Price(Plain, grouped).Seconds, Price(doubled, grouped).Seconds, 1e-12);

        OperatorCost Price(MatrixProductCoefficients c, Operator op) =>
            new ChipModel(h100.Chip, h100.Coefficients with { Gemm = new Dictionary<Dtype, MatrixProductCoefficients> { [Dtype.Bf16] = c } }).Price(op, "any");
    }

    [Fact]
    public void A_fit_finds_the_factors_that_rows_were_made_with()
    {
        Chip chip = Catalog.Chips.Get("h100-sxm");
        double rate = chip.MatrixRates[Dtype.Bf16];
        double[] made = [.. Enumerable.Range(0, ShapeFactors.Count).Select(i => 0.8 + (0.4 * (i * 37 % ShapeFactors.Count) / ShapeFactors.Count))];
        var plain = new MatrixProductModel(Plain, chip, rate, 2);
        var factored = new MatrixProductModel(Plain with { ShapeFactors = made }, chip, rate, 2);
        var rows = new List<OnChip<MatrixProductRow>>();
        for (double m = 1; m <= 8192; m *= 2)
        {
            for (double n = 32; n <= 65536; n *= 2)
            {
                for (double k = 32; k <= 65536; k *= 2)
                {
                    // One row of fifty is an outlier, as tables have them.
                    rows.Add(new(0, new MatrixProductRow(m, n, k, 0, factored.Seconds(m, n, k, 2) * (rows.Count % 50 == 0 ? 3 : 1))));
                }
            }
        }

        double[] found = ShapeFactorFit.Run(rows, [plain], 2);
        for (int i = 0; i < made.Length; i++)
        {
            Assert.InRange(found[i] / made[i], 0.96, 1.04);
        }
    }
}
