using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Published;
using Fleetwright.Hardware.Systolic;
using Fleetwright.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Hardware.Tests;

public class SystolicArrayTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("gemm_cycles_v2.csv")]
    [InlineData("gemm_cycles_v3.csv")]
    [InlineData("llmcompass_os_lut_sample.csv")]
    public void The_serial_form_matches_every_cycle_count_of_SCALE_Sim(string file)
    {
        IReadOnlyList<ScaleSimRun> runs = ScaleSim.Read(Repository.SharedData("chips", "scale-sim", file));
        output.WriteLine($"{file}: {runs.Count} rows");
        Assert.True(runs.Count >= 30, $"only {runs.Count} rows");
        Assert.All(runs, r => Assert.True(r.Agrees, $"{r}"));
    }

    [Fact]
    public void Overlapped_folds_lie_between_busy_cells_and_the_serial_form() =>
        Prop.ForAll(Cases(), c =>
        {
            var array = new SystolicArray(c.Height, c.Width);
            return Enum.GetValues<SystolicDataflow>().All(d =>
                array.OverlappedCycles(d, c.M, c.N, c.K) <= array.SerialCycles(d, c.M, c.N, c.K)
                && array.OverlappedCycles(d, c.M, c.N, c.K) >= array.IdealCycles(c.M, c.N, c.K));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_single_fold_has_nothing_to_overlap()
    {
        var array = new SystolicArray(32, 32);
        foreach (SystolicDataflow dataflow in Enum.GetValues<SystolicDataflow>())
        {
            Assert.Equal(array.SerialCycles(dataflow, 32, 32, 32), array.OverlappedCycles(dataflow, 32, 32, 32));
        }
    }

    [Fact]
    public void Long_streams_keep_the_cells_of_a_double_buffered_array_busy()
    {
        var array = new SystolicArray(128, 128);
        double busy = array.IdealCycles(8192, 1024, 1024) / array.OverlappedCycles(SystolicDataflow.WeightStationary, 8192, 1024, 1024);
        Assert.InRange(busy, 0.999, 1);
    }

    [Fact]
    public void Streams_shorter_than_the_array_wait_for_its_weights()
    {
        // One row through 64 folds of weights, each 128 cycles to shift in: 1/128 of the cells' work, not of the serial form's 1/383.
        var array = new SystolicArray(128, 128);
        Assert.Equal(128 + (63 * 128) + 1 + 256 - 3, array.OverlappedCycles(SystolicDataflow.WeightStationary, 1, 1024, 1024));
    }

    [Fact]
    public void An_array_without_cells_is_refused() =>
        Assert.Contains("0 x 32", Assert.Throws<InputException>(() => new SystolicArray(0, 32)).Message, StringComparison.Ordinal);

    private static Arbitrary<(int Height, int Width, int M, int N, int K)> Cases() =>
        (from h in Gen.Choose(2, 256)
         from w in Gen.Choose(1, 256)
         from m in Gen.Choose(1, 5000)
         from n in Gen.Choose(1, 5000)
         from k in Gen.Choose(1, 5000)
         select (h, w, m, n, k)).ToArbitrary();
}
