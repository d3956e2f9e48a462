using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Hardware.Published;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class CollectiveFitTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // Issue 3: NCCL and custom all-reduce with 2, 4 and 8 chips, sizes left out whole, at most 10 % from 4 KiB; 15 % below.
    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm")]
    [InlineData("h100-sxm", "h100_sxm")]
    [InlineData("h200-sxm", "h200_sxm")]
    [InlineData("b200-sxm", "b200_sxm")]
    [InlineData("arc-pro-b60", "b60")]
    public void Collectives_of_sizes_left_out_are_within_ten_per_cent(string name, string folder)
    {
        Chip chip = Catalog.Chips.Get(name);
        List<CollectiveRow> rows = CollectiveFit.Read(Repository.SharedData("kernels", folder));
        CollectiveCoefficients fitted = CollectiveFit.Run([chip], [.. rows.Select(r => new OnChip<CollectiveRow>(0, r))], null, 6000, out List<(CollectiveRow Row, double Priced)> left);
        output.WriteLine($"{name}: {fitted.Quality} {fitted}");
        foreach (var part in left.GroupBy(e => (e.Row.Library ? "library" : e.Row.Eager ? "eager" : "graph") + (e.Row.Bytes < 4096 ? ", small" : "")))
        {
            double error = part.Average(e => Math.Abs((e.Priced / e.Row.Seconds) - 1));
            output.WriteLine(FormattableString.Invariant($"{name} {part.Key}: n {part.Count()}, MAPE {error:P1}"));
            Assert.True(error <= (part.Key.EndsWith("small", StringComparison.Ordinal) ? 0.15 : 0.10), FormattableString.Invariant($"{part.Key}: {error:P1}"));
        }
    }

    // LLMCompass measured with an older NCCL: between 64 KiB and 2 MiB it takes twice as long as the tables of the same chip (no 128-byte
    // protocol), so its rows have a fit of their own, every fifth octave left out. LLMCompass's own model: 23 %.
    [Fact]
    public void LLMCompass_all_reduce_on_four_A100_is_within_ten_per_cent_on_sizes_left_out()
    {
        Chip chip = Catalog.Chips.Get("a100-80gb-sxm");
        string folder = Repository.SharedData("chips", "llmcompass");
        _ = LlmCompass.FittedAllReduce(folder, chip, out List<(CollectiveRow Row, double Priced)> left);
        double[] scored = [.. left.Where(e => e.Row.Bytes >= 4096).Select(e => Math.Abs((e.Priced / e.Row.Seconds) - 1))];
        CollectiveModel tables = ChipModel.For(Catalog, "a100-80gb-sxm").Collectives;
        double carried = LlmCompass.AllReduces(folder).Where(r => r.Bytes >= 4096).Average(r => Math.Abs((CollectiveFit.Seconds(tables, r) / r.Seconds) - 1));
        output.WriteLine(FormattableString.Invariant($"n {scored.Length}, MAPE {scored.Average():P1}; {carried:P1} with the coefficients of the tables' NCCL"));
        Assert.True(scored.Average() <= 0.10, FormattableString.Invariant($"MAPE {scored.Average():P1}"));
    }
}
