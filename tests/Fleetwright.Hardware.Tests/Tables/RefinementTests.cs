using System.IO.Compression;
using Fleetwright.Catalog;
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
    [InlineData("h100-sxm", "h100_sxm", "moe", 0.03)]
    [InlineData("b200-sxm", "b200_sxm", "moe", 0.03)]
    public void Rows_that_the_table_lacks_are_met_within_a_few_per_cent(string name, string folder, string kind, double bound)
    {
        ChipModel chip = ChipModel.For(Catalog, name);
        OperatorTable table = OperatorTable.Get(kind);
        using var file = new TableFile(Repository.SharedData("kernels", folder, kind + ".csv.gz"), table);
        ILookup<bool, TableRow> parts = file.Rows().ToLookup(r => Hash(r.Text[..r.Text.LastIndexOf(',')]) % 4 == 0);
        Refinement refinement = Refinement.Of(parts[false], table, chip);
        double[] errors = [.. parts[true].Select(r => (Row: r, Priced: table.Price(chip, r))).Where(r => r.Priced.Floor.Allows(r.Row.MeasuredSeconds))
            .Select(r => Math.Abs((refinement.Seconds(r.Priced) / r.Row.MeasuredSeconds) - 1)).Order()];
        output.WriteLine(FormattableString.Invariant($"n {errors.Length}, MAPE {errors.Average():P1}, median {errors[errors.Length / 2]:P1}, p90 {errors[errors.Length * 9 / 10]:P1}"));
        Assert.True(errors[errors.Length / 2] <= bound, FormattableString.Invariant($"median {errors[errors.Length / 2]:P1} over {errors.Length} rows; bound {bound:P0}"));
    }

    // FNV-1a: the same part of the rows on every machine.
    private static uint Hash(string text) => text.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u);
}
