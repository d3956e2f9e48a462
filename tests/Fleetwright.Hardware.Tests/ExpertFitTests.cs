using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Experts;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class ExpertFitTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // Issue 3: fused layers of experts, whole model shapes left out, at most 15 %.
    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm")]
    [InlineData("h100-sxm", "h100_sxm")]
    [InlineData("h200-sxm", "h200_sxm")]
    [InlineData("b200-sxm", "b200_sxm")]
    [InlineData("arc-pro-b60", "b60")]
    public void Every_kernel_of_experts_is_priced_within_fifteen_per_cent_on_model_shapes_left_out_of_its_fit(string name, string folder)
    {
        Chip chip = Catalog.Chips.Get(name);
        MatrixProductCoefficients streaming = Catalog.Calibration.Get(name).Gemm[Dtype.Bf16];
        List<ExpertRow> rows = ExpertFit.Read(Repository.SharedData("kernels", folder, "moe.csv.gz"), chip, new ExpertLoads(), out int dropped);
        output.WriteLine($"{rows.Count} rows, {dropped} dropped");
        foreach (IGrouping<string, ExpertRow> kernel in rows.GroupBy(r => r.Kernel.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            GroupedProductCoefficients fitted = ExpertFit.Run([chip], [.. kernel.Select(r => new OnChip<ExpertRow>(0, r))], streaming, null, 1800);
            output.WriteLine(FormattableString.Invariant($"{kernel.Key}: n {fitted.Quality.Rows}, MAPE {fitted.Quality.Error:P1}, median {fitted.Quality.Median:P1} {fitted}"));
            Assert.True(fitted.Quality.Error <= 0.15, FormattableString.Invariant($"{kernel.Key}: MAPE {fitted.Quality.Error:P1}"));
        }
    }
}
