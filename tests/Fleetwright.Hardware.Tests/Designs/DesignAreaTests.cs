using System.Globalization;
using Fleetwright.Hardware.Designs;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Designs;

public class DesignAreaTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("ga100", 0, 826)]
    [InlineData("mi210-die", 1, 720)]
    public void Die_area_and_its_blocks_agree_with_the_dies_that_the_model_was_calibrated_on(string name, int column, double published)
    {
        DesignArea area = Shipped.Design(name).Area;
        double[] blocks = [.. File.ReadAllLines(Repository.SharedData("chips", "llmcompass", "raw", "die_area.csv"))
            .Where(l => l.Length > 0).Select(l => double.Parse(l.Split(',')[column], CultureInfo.InvariantCulture))];
        Write(name, area, published);
        output.WriteLine($"  published: cores {blocks[0]}, fabric {blocks[1]}, shared {blocks[2]}, memory {blocks[3] + blocks[4]}, links {blocks[5] + blocks[6]}, other {blocks[7]}");
        Assert.InRange(area.Total / published, 0.92, 1.08);
        Assert.InRange(area.Cores / blocks[0], 0.97, 1.03);
    }

    [Theory]
    [InlineData("gh100", 814)]
    [InlineData("mtia-1", 369)]
    [InlineData("mtia-2i", 420)]
    [InlineData("mtia-300", 804)]
    public void Die_area_of_chips_that_nothing_was_fitted_on_is_right_within_three_tenths(string name, double published)
    {
        DesignArea area = Shipped.Design(name).Area;
        Write(name, area, published);
        Assert.InRange(area.Total / published, 0.7, 1.3);
    }

    private void Write(string name, DesignArea a, double published) => output.WriteLine(FormattableString.Invariant(
        $"{name}: {a.Total:0} mm2, published {published}: {(a.Total / published) - 1:+0.0 %;-0.0 %}; element {a.Element:0.00}, cores {a.Cores:0}, shared {a.SharedMemory:0}, fabric {a.Fabric:0}, memory {a.MemoryInterface:0}, links {a.Links:0}, other {a.Other:0}"));
}
