using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Systolic;
using Fleetwright.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Hardware.Tests;

public class SystolicArrayTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("gemm_cycles_v2.csv", "array_h", "total_cycles", "M", "N", "K")]
    [InlineData("gemm_cycles_v3.csv", "array_h", "total_cycles", "M", "N", "K")]
    [InlineData("llmcompass_os_lut_sample.csv", "array_h", "cycles", "m", "n", "k")]
    public void The_serial_form_matches_every_cycle_count_of_SCALE_Sim(string file, string height, string cycles, string m, string n, string k)
    {
        string[] lines = File.ReadAllLines(Repository.SharedData("chips", "scale-sim", file));
        string[] heads = lines[0].Split(',');
        int rows = 0;
        foreach (string line in lines.Skip(1).Where(l => l.Length > 0))
        {
            string[] cells = line.Split(',');
            long At(string head) => long.Parse(cells[Array.IndexOf(heads, head)], CultureInfo.InvariantCulture);
            var array = new SystolicArray((int)At(height), (int)At("array_w"));
            Assert.True(At(cycles) == array.SerialCycles(Of(cells[Array.IndexOf(heads, "dataflow")]), At(m), At(n), At(k)), line);
            rows++;
        }

        output.WriteLine($"{file}: {rows} rows");
        Assert.True(rows >= 30, $"only {rows} rows");
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

    private static SystolicDataflow Of(string name) => name switch
    {
        "ws" => SystolicDataflow.WeightStationary,
        "os" => SystolicDataflow.OutputStationary,
        "is" => SystolicDataflow.InputStationary,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static Arbitrary<(int Height, int Width, int M, int N, int K)> Cases() =>
        (from h in Gen.Choose(2, 256)
         from w in Gen.Choose(1, 256)
         from m in Gen.Choose(1, 5000)
         from n in Gen.Choose(1, 5000)
         from k in Gen.Choose(1, 5000)
         select (h, w, m, n, k)).ToArbitrary();
}
