using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

public class CalibrationReadingTests
{
    // A hand-written file of flat shares, as every calibration file was before vector operators, calls and eager engines had keys.
    private static readonly string Flat = File.ReadAllText(Repository.Path("catalog", "calibration", "mtia.yaml"));

    [Fact]
    public void A_file_without_the_optional_keys_reads_as_before()
    {
        ChipCoefficients flat = Read(Flat);
        Assert.Empty(flat.Elementwise);
        Assert.Null(flat.FrameworkCalls);
        Assert.Null(flat.EagerEngine);
    }

    [Fact]
    public void Vector_operators_framework_calls_and_an_eager_engine_are_read()
    {
        ChipCoefficients read = Read(Flat + """

            elementwise:
              pointwise: { memory_efficiency: 79 %, error: 0.6 %, median_error: 0.5 %, rows: 20 }
              softmax: { memory_efficiency: 92 %, operations: 7.9, reread: 37 %, row_room: 42 KB, long_row_latency: 2.2 us, short_loss: 41 %, short_time: 540 us, error: 4.5 %, median_error: 3.2 %, rows: 22 }
            framework_calls:
              framework: PyTorch 2.0
              product: { launch: 21 us }
              softmax: { host: 13 us, launch: 11 us }
            eager_engine:
              engine: vLLM of 2023
              step: 4.6 ms
              sequence: 430 us
              decode_layer: 480 us
              prefill_layer: 380 us
              vocabulary_token: 0.045 us
              product_time: 1.08
              collective_time: 1.87
              large_step_rate: 27 GB/s
              decode: { error: 3 %, median_error: 2 %, rows: 74 }
              prefill: { error: 9 %, median_error: 6 %, rows: 74 }
            """);
        Assert.Equal(0.79, read.Elementwise[VectorKind.Pointwise].MemoryEfficiency, 1e-12);
        Assert.Null(read.Elementwise[VectorKind.Pointwise].Overhead);
        Assert.Equal(0, read.Elementwise[VectorKind.Pointwise].RowRoom);
        Assert.Equal(42e3, read.Elementwise[VectorKind.Softmax].RowRoom, 1e-6);
        Assert.False(read.Elementwise.ContainsKey(VectorKind.Normalisation));
        Assert.Equal(new FrameworkCall(0, 21e-6), read.FrameworkCalls!.Product);
        Assert.Equal(13e-6, read.FrameworkCalls.Vector[VectorKind.Softmax].HostSeconds, 1e-12);
        Assert.Equal(1 / 27e9, read.EagerEngine!.LargeStepSecondsPerByte, 1e-18);
        Assert.Equal(2560, read.EagerEngine.LargeStepTokens);
        Assert.Equal(74, read.EagerEngine.PrefillQuality.Rows);
    }

    [Fact]
    public void Factors_by_shape_are_read_and_a_wrong_count_or_factor_is_said()
    {
        string[] ones = [.. Enumerable.Repeat("1.05", 80)];
        Assert.Equal(80, Read(Flat + Product(ones)).Gemm[Units.Dtype.Bf16].ShapeFactors.Count);
        InputException error = Assert.Throws<InputException>(() => Read(Flat + Product(ones[..79])));
        Assert.Contains("found 79 numbers; allowed: 80", error.Message, StringComparison.Ordinal);
        ones[3] = "fast";
        error = Assert.Throws<InputException>(() => Read(Flat + Product(ones)));
        Assert.Contains("found 'fast'; allowed: numbers from 0.1 to 10", error.Message, StringComparison.Ordinal);

        static string Product(string[] factors) =>
            $"\ngemm:\n  bf16: {{ overhead: 2 us, matrix_efficiency: 80 %, memory_efficiency: 90 %, small_tile_exponent: 0.1, core_bandwidth: 5, tile_latency: 1 us, overlap_loss: 20 %, shape_factors: [{string.Join(", ", factors)}], error: 5 %, median_error: 4 %, rows: 9 }}\n";
    }

    private static ChipCoefficients Read(string text)
    {
        YamlFile file = YamlFile.Parse("test.yaml", text);
        ChipCoefficients read = ChipCoefficientsReader.Read(file);
        file.Close();
        return read;
    }
}
