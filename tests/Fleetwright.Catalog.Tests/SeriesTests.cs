using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Catalog.Tests;

public sealed class SeriesTests
{
    private static readonly Quarter s_start = Quarter.Parse("2024Q1");

    [Fact]
    public void A_series_is_linear_between_its_points_and_constant_outside()
    {
        QuarterlyFact series = Read("{ by_quarter: { 2025Q1: 20 M, 2024Q1: 10 M }, source: a report of 2024 }");
        Assert.Equal([10e6, 10e6, 15e6, 20e6, 20e6], new[] { -3, 0, 2, 4, 9 }.Select(q => series.At(s_start.Plus(q))));
    }

    [Fact]
    public void A_series_by_steps_holds_until_the_next_point()
    {
        QuarterlyFact series = Read("{ by_quarter: { 2024Q1: 10, 2025Q1: 20 }, step: true, source: a report of 2024 }");
        Assert.Equal([10, 10, 20], new[] { 0, 3, 4 }.Select(q => series.At(s_start.Plus(q))));
    }

    [Fact]
    public void One_value_holds_for_all_quarters()
        => Assert.Equal(7, Read("{ value: 7, assumed: true }").At(Quarter.Parse("1999Q4")));

    [Fact]
    public void A_series_never_leaves_the_range_of_its_points()
        => Prop.ForAll(
            Gen.Choose(1, 1000).Select(v => (double)v).ArrayOf(5).ToArbitrary(),
            Gen.Choose(-10, 30).ToArbitrary(),
            (values, at) =>
            {
                var series = new QuarterlyFact(values.Select((v, i) => (s_start.Plus(3 * i), v)), "test", Confidence.High);
                Assert.InRange(series.At(s_start.Plus(at)), values.Min(), values.Max());
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_wrong_quarter_is_told()
    {
        YamlFile file = YamlFile.Parse("s.yaml", "s: { by_quarter: { 2024Q5: 10 }, source: a report of 2024 }");
        file.Root.Series("s", Dimension.Count);
        Assert.Contains("2024Q1", Assert.Throws<InputException>(file.Close).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_by_date_keep_their_range_and_take_the_lower_confidence_between_dates()
    {
        YamlFile file = YamlFile.Parse("d.yaml", """
            source: a report of 2024
            capacity:
              - quarter: 2024Q1
                wafers: { value: 100, low: 80, high: 120, confidence: medium }
              - quarter: 2024Q3
                wafers: { value: 200, low: 180, high: 320, confidence: low }
            """);
        DatedFacts facts = DatedFacts.Read(file.Root, "capacity", "wafers", Dimension.Count)!;
        file.Close();
        Fact middle = facts.At(Quarter.Parse("2024Q2"));
        Assert.Equal((150, 130, 220, Confidence.Low), (middle.Value, middle.Low, middle.High, middle.Confidence));
        Assert.Equal(100, facts.At(Quarter.Parse("2020Q1")).Value);
        Assert.Equal(200, facts.At(Quarter.Parse("2030Q1")).Value);
    }

    [Theory]
    [InlineData("h100sxm", "h100-sxm")]
    [InlineData("H100-SMX", "h100-sxm")]
    [InlineData("mi300", "mi300x")]
    [InlineData("lama-3-70b", "llama-3-70b")]
    public void A_near_miss_is_found(string found, string meant)
        => Assert.Equal(meant, NearMiss.Of(found, ["h100-sxm", "mi300x", "llama-3-70b", "tpu-v4", "gaudi-3"])[0]);

    [Fact]
    public void Nothing_near_suggests_nothing()
        => Assert.Equal("", NearMiss.Suggestion("zebra", ["h100-sxm", "mi300x"]));

    private static QuarterlyFact Read(string series)
    {
        YamlFile file = YamlFile.Parse("s.yaml", $"s: {series}");
        QuarterlyFact result = file.Root.Series("s", Dimension.Count);
        file.Close();
        return result;
    }
}
