using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Experts;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class MeasuredKernelTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", "bfloat16", 0.15)]
    [InlineData("h100-sxm", "h100_sxm", "bfloat16", 0.13)]
    [InlineData("h200-sxm", "h200_sxm", "bfloat16", 0.145)]
    [InlineData("b200-sxm", "b200_sxm", "bfloat16", 0.17)]
    [InlineData("arc-pro-b60", "b60", "bfloat16", 0.18)]
    [InlineData("h100-sxm", "h100_sxm", "fp8", 0.21)]
    [InlineData("b200-sxm", "b200_sxm", "nvfp4", 0.15)]
    public void Products_agree_with_the_measured_table(string name, string folder, string dtype, double bound)
    {
        string path = Repository.SharedData("kernels", folder, "gemm.csv.gz");
        ChipModel model = ChipModel.For(Catalog, name);
        Assert.True(Dtypes.TryParse(dtype, out Dtype format));
        var rows = MatrixProductFit.Read(path, dtype, model.Chip, out _).Where((_, i) => i % 7 == 0);
        Check(rows.Select(r => (model.Price(Operator.Gemm(OperatorRole.Other, r.M, r.N, r.K, format, format), "as the table's calls ran").Seconds, r.Seconds)), bound);
    }

    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm")]
    [InlineData("h100-sxm", "h100_sxm")]
    [InlineData("h200-sxm", "h200_sxm")]
    [InlineData("b200-sxm", "b200_sxm")]
    [InlineData("arc-pro-b60", "b60")]
    public void Products_priced_by_their_kernels_agree_with_the_measured_calls(string name, string folder)
    {
        string path = Repository.SharedData("kernels", folder, "gemm.csv.gz");
        ChipModel model = ChipModel.For(Catalog, name);
        Assert.SkipWhen(model.Coefficients.Gemm[Dtype.Bf16].Kernel.Length == 0, "catalog/calibration is older than the fit by kernel: regenerate it (docs/hardware.md, Calibration)");
        foreach (MeasuredProducts products in MatrixProductFit.Read(path, model.Chip))
        {
            output.WriteLine($"{products.Kernel}, {products.Dtype.Name()}");
            Check(
                products.Rows.Where((_, i) => i % 7 == 0).Select(r => (model.Price(Operator.Gemm(OperatorRole.Other, r.M, r.N, r.K, products.Dtype, products.Dtype), products.Kernel).Seconds, r.Seconds)),
                products.Dtype == Dtype.Bf16 ? 0.09 : 0.13);
        }
    }

    // A step prices a layer by the mean rows of its experts and does not state its tokens, so it knows less than a row of a table.
    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", "triton-0.14-bf16", Dtype.Bf16, 0.25)]
    [InlineData("h100-sxm", "h100_sxm", "triton-bf16", Dtype.Bf16, 0.17)]
    [InlineData("h200-sxm", "h200_sxm", "triton-bf16", Dtype.Bf16, 0.17)]
    [InlineData("b200-sxm", "b200_sxm", "trtllm-bf16", Dtype.Bf16, 0.17)]
    [InlineData("h100-sxm", "h100_sxm", "triton-fp8-block", Dtype.Fp8, 0.15)]
    [InlineData("h100-sxm", "h100_sxm", "cutlass-fp8-block", Dtype.Fp8, 0.15)]
    [InlineData("b200-sxm", "b200_sxm", "trtllm-fp8-block", Dtype.Fp8, 0.15)]
    [InlineData("b200-sxm", "b200_sxm", "trtllm-nvfp4", Dtype.Nvfp4, 0.15)]
    [InlineData("h100-sxm", "h100_sxm", "gpt-oss-triton-mxfp4", Dtype.Mxfp4, 0.15)]
    [InlineData("b200-sxm", "b200_sxm", "trtllm-modular-mxfp4-mxfp8", Dtype.Mxfp4, 0.18)]
    public void A_layer_of_experts_as_a_step_prices_it_agrees_with_the_measured_fused_layer(string name, string folder, string kernel, Dtype stored, double bound)
    {
        ChipModel model = ChipModel.For(Catalog, name);
        Dtype compute = stored is Dtype.Mxfp4 ? Dtype.Bf16 : stored;
        var rows = ExpertFit.Read(Repository.SharedData("kernels", folder, "moe.csv.gz"), model.Chip, new ExpertLoads(), out _).Where(r => r.Kernel.Name == kernel).Where((_, i) => i % 3 == 0);
        Check(
            rows.Select(r =>
            {
                bool gated = r.Layer.Up.N > r.Layer.Down.K;
                (Operator up, Operator activation, Operator down) = ModelGraph.Experts(
                    r.Layer.Up.Touched, r.Layer.Up.Rows / r.Layer.Up.Touched, r.Layer.Up.K, r.Layer.Down.K, gated, r.Layer.RoutedRows, stored, compute, 1);
                return (model.Price([up, activation, down]).Seconds, r.Seconds);
            }),
            bound);
    }

    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", 0.14)]
    [InlineData("h100-sxm", "h100_sxm", 0.11)]
    [InlineData("h200-sxm", "h200_sxm", 0.11)]
    [InlineData("b200-sxm", "b200_sxm", 0.11)]
    [InlineData("arc-pro-b60", "b60", 0.11)]
    public void Every_row_of_the_table_of_experts_is_priced_by_its_kernel(string name, string folder, double bound)
    {
        var pricer = ExpertRowPricer.For(Catalog, name);
        var rows = ExpertFit.Read(Repository.SharedData("kernels", folder, "moe.csv.gz"), Catalog.Chips.Get(name), new ExpertLoads(), out _);
        Check(rows.Select(r => (pricer.Price(r.Table).Seconds, r.Seconds)), bound);
    }

    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", "context", 0.26)]
    [InlineData("h100-sxm", "h100_sxm", "context", 0.21)]
    [InlineData("h200-sxm", "h200_sxm", "context", 0.21)]
    [InlineData("b200-sxm", "b200_sxm", "context", 0.24)]
    [InlineData("a100-80gb-sxm", "a100_sxm", "generation", 0.19)]
    [InlineData("h100-sxm", "h100_sxm", "generation", 0.13)]
    [InlineData("h200-sxm", "h200_sxm", "generation", 0.13)]
    [InlineData("b200-sxm", "b200_sxm", "generation", 0.12)]
    [InlineData("arc-pro-b60", "b60", "generation", 0.17)]
    public void Attention_agrees_with_the_measured_table(string name, string folder, string table, double bound)
    {
        string path = Repository.SharedData("kernels", folder, table + "_attention.csv.gz");
        ChipModel model = ChipModel.For(Catalog, name);
        var rows = AttentionFit.Read(path, "bfloat16", model.Chip, out _).Where((_, i) => i % 7 == 0);
        Check(rows.Select(r => (model.Price(r.Op, r.Kernel).Seconds, r.Seconds)), bound);
    }

    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", 0.09)]
    [InlineData("h100-sxm", "h100_sxm", 0.08)]
    [InlineData("h200-sxm", "h200_sxm", 0.08)]
    [InlineData("b200-sxm", "b200_sxm", 0.09)]
    [InlineData("arc-pro-b60", "b60", 0.09)]
    public void Collectives_inside_a_server_agree_with_the_measured_tables(string name, string folder, double bound)
    {
        string path = Repository.SharedData("kernels", folder);
        ChipModel model = ChipModel.For(Catalog, name);
        Check(CollectiveFit.Read(path).Select(r => (CollectiveFit.Seconds(model.Collectives, r), r.Seconds)), bound);
    }

    private void Check(IEnumerable<(double Priced, double Measured)> pairs, double bound) => Check(pairs.Select(p => new ScoredRow("", p.Priced, p.Measured)), bound);

    private void Check(IEnumerable<ScoredRow> rows, double bound)
    {
        ErrorScore score = ErrorScore.Of(rows);
        output.WriteLine(score.ToString());
        Assert.NotEqual(0, score.Rows);
        Assert.True(score.Mape <= bound, FormattableString.Invariant($"{score}; bound {bound:P0}"));
    }
}
