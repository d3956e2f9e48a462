using Fleetwright.Catalog.Chips;
using Fleetwright.Serving.Costs;

namespace Fleetwright.Serving.Tests;

public class CostBasisTests
{
    [Theory]
    [InlineData("h100-sxm")]
    [InlineData("h200-sxm")]
    public void An_amortised_price_lies_within_the_published_range_of_ownership_rates(string name)
    {
        Chip chip = Fixtures.Catalog.Chips.Get(name);
        double amortised = CostBasis.Default.DollarsPerSecond(chip, chip.Price!.Value)!.Value;
        Assert.InRange(amortised, 0.9 * chip.OwnershipRate!.Value.Low, 1.1 * chip.OwnershipRate.Value.High);
    }

    [Fact]
    public void A_dearer_chip_costs_more_and_a_chip_without_price_costs_nothing_known()
    {
        Chip chip = Fixtures.Catalog.Chips.Get("h100-sxm");
        Assert.True(CostBasis.Default.DollarsPerSecond(chip, 40_000) > CostBasis.Default.DollarsPerSecond(chip, 30_000));
        Assert.Null(CostBasis.Default.DollarsPerSecond(chip with { Price = null, OwnershipRate = null }));
    }
}
