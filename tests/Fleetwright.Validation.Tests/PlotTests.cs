using System.Xml.Linq;
using Fleetwright.Validation.Pages;

namespace Fleetwright.Validation.Tests;

public sealed class PlotTests
{
    [Fact]
    public void A_plot_of_many_points_is_small_and_well_formed()
    {
        (double, double)[] points = [.. Enumerable.Range(1, 50_000).Select(i => (i * 1e-6, i * 1.3e-6))];
        string svg = SvgPlot.Draw(new Plot("p", "a < b & c", "measured", "predicted") { Series = [new PlotSeries("one", points)] });
        Assert.InRange(svg.Length, 1000, 200_000);
        XElement root = XDocument.Parse(svg).Root!;
        Assert.Equal("a < b & c", root.Elements().First(e => e.Name.LocalName == "title").Value);
        string dots = (string)root.Elements().Single(e => e.Attribute("stroke-opacity") is not null).Attribute("d")!;
        Assert.InRange(dots.Count(c => c == 'M'), 1000, 1201);
    }

    [Fact]
    public void Equal_times_lie_on_the_diagonal()
    {
        string svg = SvgPlot.Draw(new Plot("p", "t", "x", "y") { Series = [new PlotSeries("one", [(1, 1), (10, 10), (100, 100)])] });

        // The frame begins at (70, 50) and is 420 wide and high.
        Assert.Contains("d=\"M70 470h0M280 260h0M490 50h0\"", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_by_regime_are_drawn_in_their_places()
    {
        string svg = SvgPlot.Draw(new Plot("p", "t", "x", "y", ["short", "long"]) { Series = [new PlotSeries("one", [(0, 0.1), (1, 0.2)])] });
        Assert.Contains("points=\"180,260 400,50\"", svg, StringComparison.Ordinal);
        Assert.Contains(">20 %</text>", svg, StringComparison.Ordinal);
    }
}
