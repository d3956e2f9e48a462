using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Validation;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class LlmCompassTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // The bar on A100 is 6 %; LLMCompass reaches 9.4, 8.7 and 5.5 % there (chip-models.md 1.2), 14.2, 34 and 1.3 % on MI210.
    [Theory]
    [InlineData("a100-80gb-sxm", "A100", VectorKind.Softmax, 0.06)]
    [InlineData("a100-80gb-sxm", "A100", VectorKind.Normalisation, 0.06)]
    [InlineData("a100-80gb-sxm", "A100", VectorKind.Pointwise, 0.06)]
    [InlineData("mi210", "MI210", VectorKind.Softmax, 0.1)]
    [InlineData("mi210", "MI210", VectorKind.Normalisation, 0.1)]
    [InlineData("mi210", "MI210", VectorKind.Pointwise, 0.06)]
    public void Vector_calls_are_priced_within_six_per_cent_by_a_fit_that_did_not_see_their_shape(string name, string device, VectorKind kind, double bound)
    {
        string folder = Repository.SharedData("chips", "llmcompass");
        VectorFitted fitted = Fitted(folder, name, device, kind);
        List<VectorRow> rows = LlmCompass.VectorRows(folder, device, kind);
        output.WriteLine($"{kind} {fitted.Coefficients} {fitted.Call}");
        for (int i = 0; i < rows.Count; i++)
        {
            output.WriteLine(FormattableString.Invariant($"  {rows[i].Op.M} x {rows[i].Op.N}: {rows[i].Seconds * 1e6:F1} us, {fitted.LeftOut[i]:P1}"));
        }

        Assert.True(fitted.Coefficients.Quality.Error <= bound, $"{fitted.Coefficients.Quality}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_GPT3_layer_on_four_A100_takes_what_was_measured(bool prefill)
    {
        string folder = Repository.SharedData("chips", "llmcompass");
        ChipModel chip = Measured(folder, out FrameworkCalls calls);
        output.WriteLine($"{calls.Product}");
        IReadOnlyList<LayerOperator> layer = LlmCompass.Layer(folder, chip, calls, prefill);
        foreach (LayerOperator op in layer)
        {
            output.WriteLine(FormattableString.Invariant($"{op.Name,-14} {op.MeasuredSeconds * 1e6,9:F1} us, ours {op.Seconds * 1e6,9:F1}: {op.Error:P1}"));
        }

        double total = (layer.Sum(o => o.Seconds) / layer.Sum(o => o.MeasuredSeconds)) - 1;
        output.WriteLine(FormattableString.Invariant($"total {total:P1}, worst {layer.Max(o => Math.Abs(o.Error)):P1}"));
        Assert.InRange(total, -0.03, 0.03);
    }

    // Fitted to the single operators of the same machine, never to the layer.
    private static ChipModel Measured(string folder, out FrameworkCalls calls)
    {
        ChipModel chip = ChipModel.For(Catalog, "a100-80gb-sxm");
        MatrixProductCoefficients products = MeasuredOpsFit.Products(chip.Chip, [.. LlmCompass.Products(folder, "A100").Select(p => new MatrixProductRow(p.Op.M, p.Op.N, p.Op.K, p.Op.MemoryBytes, p.Seconds))]);
        var byKind = new Dictionary<VectorKind, VectorCoefficients>();
        var vector = new Dictionary<VectorKind, FrameworkCall>();
        foreach (VectorKind kind in Enum.GetValues<VectorKind>())
        {
            VectorFitted fitted = Fitted(folder, "a100-80gb-sxm", "A100", kind);
            (byKind[kind], vector[kind]) = (fitted.Coefficients, fitted.Call);
        }

        // The products' overhead of that fit is PyTorch's launch.
        calls = new FrameworkCalls { Framework = "PyTorch 2.0", Product = new FrameworkCall(0, products.Overhead), Vector = vector };
        return new ChipModel(chip.Chip, chip.Coefficients with
        {
            Elementwise = byKind,
            Gemm = new Dictionary<Dtype, MatrixProductCoefficients> { [Dtype.Fp16] = products with { Overhead = 0 } },
        });
    }

    private static VectorFitted Fitted(string folder, string name, string device, VectorKind kind)
    {
        ChipModel chip = ChipModel.For(Catalog, name);
        return VectorFit.Run(chip.Chip, kind, LlmCompass.VectorRows(folder, device, kind), chip.Coefficients.LaunchOverhead);
    }
}
