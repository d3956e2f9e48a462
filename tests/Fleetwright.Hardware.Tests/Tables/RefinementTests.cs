using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Tables;

/// <summary>Measured tables beside the model, scored on a quarter of their rows that they were not given.</summary>
public sealed class RefinementTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // Bounds on the median: 4 % for products, 3 % for the rest are the project's bars; where a chip's bound is wider, docs/validation.md says so.
    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", "gemm", 0.04)]
    [InlineData("h100-sxm", "h100_sxm", "gemm", 0.04)]
    [InlineData("h200-sxm", "h200_sxm", "gemm", 0.04)]
    [InlineData("b200-sxm", "b200_sxm", "gemm", 0.04)]
    [InlineData("arc-pro-b60", "b60", "gemm", 0.04)]
    [InlineData("a100-80gb-sxm", "a100_sxm", "context_attention", 0.03)]
    [InlineData("h100-sxm", "h100_sxm", "context_attention", 0.03)]
    [InlineData("b200-sxm", "b200_sxm", "context_attention", 0.03)]
    [InlineData("a100-80gb-sxm", "a100_sxm", "generation_attention", 0.03)]
    [InlineData("h100-sxm", "h100_sxm", "generation_attention", 0.03)]
    [InlineData("b200-sxm", "b200_sxm", "generation_attention", 0.03)]
    [InlineData("arc-pro-b60", "b60", "generation_attention", 0.04)]
    [InlineData("h100-sxm", "h100_sxm", "moe", 0.03)]
    [InlineData("b200-sxm", "b200_sxm", "moe", 0.03)]
    public void Rows_that_the_table_lacks_are_met_within_a_few_per_cent(string name, string folder, string kind, double bound)
    {
        TableScore held = TableScore.OfHeldOutQuarter(
            ChipModel.For(Catalog, name), OperatorTable.Get(kind), Repository.SharedData("kernels", folder, kind + ".csv.gz"), TestContext.Current.CancellationToken);
        ErrorScore score = ErrorScore.Of(held.Rows);
        output.WriteLine(score.ToString());
        Assert.True(score.Median <= bound, FormattableString.Invariant($"{score}; bound {bound:P0}"));
    }
}
