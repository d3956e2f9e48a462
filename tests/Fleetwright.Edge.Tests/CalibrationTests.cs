using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Calibration;
using Fleetwright.Edge.Devices;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

public sealed class CalibrationTests
{
    private static MeasuredClasses Measured => new(Shipped.Catalog, Repository.SharedData("devices", "on_device_llm.csv"));

    public static TheoryData<string> Classes => [.. MeasuredClasses.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void The_catalogue_holds_what_the_fit_gives(string name)
    {
        MeasuredClass of = MeasuredClasses.All.Single(c => c.Name == name);
        IReadOnlyList<DecodePoint> points = Measured.DecodePoints(of);
        DecodeFit fit = DecodeFit.Of(points);
        EngineClass shipped = Measured.CatalogClass(of);
        IReadOnlyList<double> one = DecodeFit.LeaveOut(points, p => p.Id);
        IReadOnlyList<double> chip = DecodeFit.LeaveOut(points, p => p.Soc);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: n={points.Count}, eta={fit.Efficiency:0.000}, c={fit.OverheadSeconds * 1e3:0.00} ms, leave one out {one.Average():0.0 %} (median {one.Order().ElementAt(one.Count / 2):0.0 %}), leave one chip out {(chip.Count == 0 ? double.NaN : chip.Average()):0.0 %}"));
        Assert.Equal(shipped.DecodeRows, points.Count);
        Assert.Equal(shipped.BandwidthEfficiency.Value, fit.Efficiency, 0.002);
        Assert.Equal(shipped.StepOverhead.Value, fit.OverheadSeconds, 5e-5);
        Assert.Equal(shipped.DecodeError!.Value.Value, one.Average(), 0.002);
        if (shipped.DecodeTransferError is { } transfer)
        {
            Assert.Equal(transfer.Value, chip.Average(), 0.002);
        }
    }

    // Bars of the issue; what is reached stands in docs/edge.md.
    [Theory]
    [InlineData("Macs, llama.cpp", 0.12)]
    [InlineData("8 Gen 3 CPU, ExecuTorch", 0.15)]
    [InlineData("iPhone 17 Pro, MLX", 0.15)]
    [InlineData("Snapdragon phones NPU, Genie", 0.20)]
    public void Leave_one_out_errors_of_decode_stay_below_their_bars(string name, double bar)
    {
        IReadOnlyList<DecodePoint> points = Measured.DecodePoints(MeasuredClasses.All.Single(c => c.Name == name));
        Assert.InRange(DecodeFit.LeaveOut(points, p => p.Id).Average(), 0, bar);
    }

    [Theory]
    [InlineData("F16", "fp16")]
    [InlineData("Q8_0", "int8")]
    [InlineData("Q4_0", "int4")]
    public void Prefill_of_Macs_is_predicted_within_8_percent(string quantisation, string format)
    {
        Assert.True(Dtypes.TryParse(format, out Dtype dtype));
        ErrorScore score = ErrorScore.Of(Measured.MacPrefill(quantisation, dtype));
        TestContext.Current.TestOutputHelper!.WriteLine($"{quantisation}: {score}");
        Assert.InRange(score.Mape, 0, 0.08);
    }

    [Fact]
    public void Anecdotes_and_machine_written_rows_are_never_fitted()
    {
        IReadOnlyList<MeasuredRow> rows = Measured.Rows;
        Assert.Contains(rows, r => r.Confidence == 'D' && !r.MayBeFitted);
        string[] fitted = [.. MeasuredClasses.All.SelectMany(Measured.DecodePoints).Select(p => p.Id)];
        Assert.DoesNotContain(rows, r => r.Confidence is 'C' or 'D' && fitted.Contains(r.Id));
    }

    [Fact]
    public void The_band_of_measured_classes_covers_at_least_four_rows_in_five()
    {
        (int inside, int all) = Measured.InBand();
        TestContext.Current.TestOutputHelper!.WriteLine($"{inside} of {all} rows lie in the band of a fit without them");
        Assert.InRange((double)inside / all, 0.8, 1);
    }

    // iPhone 17 Pro after 600 s, MLX and Core AI: the sustained speed follows from 4.7 W and joules per byte alone.
    [Fact]
    public void Ten_minutes_of_an_iPhone_17_Pro_are_predicted_from_its_power()
    {
        ErrorScore score = ErrorScore.Of(Measured.SustainedIPhone());
        TestContext.Current.TestOutputHelper!.WriteLine(score.ToString());
        Assert.InRange(score.Median, 0, 0.15);
    }

    // OnePlus 12 resident memory (S01), with the engine's own files.
    [Theory]
    [InlineData("llama-3.2-1b", "int4", 1921)]
    [InlineData("llama-3.2-3b", "int4", 3726)]
    [InlineData("llama-3.2-1b", "bf16", 3185)]
    [InlineData("llama-3.2-3b", "bf16", 7419)]
    public void Resident_memory_of_ExecuTorch_is_within_7_percent_of_the_measured(string model, string format, double measuredMebibytes)
    {
        Assert.True(Dtypes.TryParse(format, out Dtype dtype));
        var prepared = new DeviceModel(Shipped.Device("oneplus-12"), Shipped.Engine("executorch"), null, Shipped.Model(model), dtype);
        Assert.Equal(1, prepared.MemoryBytes(128) / (measuredMebibytes * 1048576), 0.07);
    }

    [Theory]
    [InlineData("llama-3.2-1b", "int4", 260.5, 50.2)]
    [InlineData("llama-3.2-3b", "int4", 89.7, 19.7)]
    [InlineData("llama-3.2-1b", "bf16", 60.3, 19.2)]
    [InlineData("llama-3.2-3b", "bf16", 21.2, 7.6)]
    public void A_OnePlus_12_with_ExecuTorch_runs_within_15_percent_of_the_published_speeds(string model, string format, double prefill, double decode)
    {
        Assert.True(Dtypes.TryParse(format, out Dtype dtype));
        DeviceEstimate e = DeviceModel.Estimate(Shipped.Device("oneplus-12"), Shipped.Engine("executorch"), null, Shipped.Model(model), dtype, new TurnRequest(64, 64));
        Assert.Equal(1, e.PrefillTokensPerSecond.Value / prefill, 0.15);
        Assert.Equal(1, e.DecodeTokensPerSecond.Value / decode, 0.15);
        Assert.Equal(EstimateBasis.Measured, e.Basis);
    }
}
