using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

/// <summary>Figures that Meta publishes of MTIA 2i (ISCA 2025, doi 10.1145/3695053.3731409).</summary>
public class MtiaTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));
    private static readonly ChipModel Mtia = ChipModel.For(Catalog, "mtia-2i");

    [Fact]
    public void A_2048_cubed_fp16_product_reaches_over_92_percent_of_peak()
    {
        double seconds = Mtia.Price(Operator.Gemm(OperatorRole.Other, 2048, 2048, 2048, Dtype.Fp16, Dtype.Fp16)).Seconds;
        Assert.InRange(seconds, 97e-6, 107e-6);
    }

    [Fact]
    public void A_product_that_streams_its_weights_takes_about_560_microseconds()
    {
        double seconds = Mtia.Price(Operator.Gemm(OperatorRole.Other, 512, 26592, 2048, Dtype.Fp16, Dtype.Fp16)).Seconds;
        Assert.InRange(seconds, 504e-6, 616e-6);
    }

    [Fact]
    public void Llama_2_7b_in_16_bits_misses_60_ms_a_token()
    {
        var graph = new ModelGraph(Catalog.Models.Get("llama-2-7b"), Precision.Bf16, Sharding.None);
        var step = new Operator[graph.MaximumOperators];
        double seconds = Mtia.Price(step.AsSpan(0, graph.Step(StepShape.Decode(1, 512), step))).Seconds;
        Assert.InRange(seconds, 0.066, 0.085);
    }

    [Fact]
    public void Throughput_falls_off_a_cliff_when_activations_pass_the_shared_memory()
    {
        double inside = Mtia.Price(Operator.Elementwise(OperatorRole.Activation, 256e6, 1)).Seconds;
        double outside = Mtia.Price(Operator.Elementwise(OperatorRole.Activation, 280e6, 1)).Seconds;
        Assert.True(outside > 8 * inside, $"{inside} s inside, {outside} s outside");
    }
}
