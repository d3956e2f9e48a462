using Fleetwright.Catalog;
using Fleetwright.Hardware.Published;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

/// <summary>Figures that Meta publishes of MTIA 2i (ISCA 2025, doi 10.1145/3695053.3731409).</summary>
public class MtiaTests
{
    private static readonly IReadOnlyList<PublishedFigure> Figures = MtiaFigures.All(new FleetCatalog(Repository.Path("catalog")));

    [Fact]
    public void A_2048_cubed_fp16_product_reaches_over_92_percent_of_peak() => Assert.InRange(Found("2048³"), 97, 107);

    [Fact]
    public void A_product_that_streams_its_weights_takes_about_560_microseconds() => Assert.InRange(Found("512 × 26592"), 504, 616);

    [Fact]
    public void Llama_2_7b_in_16_bits_misses_60_ms_a_token() => Assert.InRange(Found("Llama 2 7B in 16 bits, one token"), 66, 85);

    [Fact]
    public void Throughput_falls_off_a_cliff_when_activations_pass_the_shared_memory() => Assert.InRange(Found("time of 280 MB"), 8, 100);

    private static double Found(string what) => Figures.Single(f => f.What.StartsWith(what, StringComparison.Ordinal)).Found;
}
