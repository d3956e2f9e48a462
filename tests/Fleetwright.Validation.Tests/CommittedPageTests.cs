using System.Globalization;
using System.Text.RegularExpressions;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Testing;
using Fleetwright.Validation.Pages;

namespace Fleetwright.Validation.Tests;

/// <summary>What docs/validation.md claims is what the program says now. <c>fleetwright validate</c> writes the page again.</summary>
public sealed partial class CommittedPageTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));
    private static readonly string Committed = File.ReadAllText(Repository.Path("docs", "validation.md"));

    // The sections that take seconds; those of kernels, and Splitwise, which runs on the same calibration, take minutes and are compared by the catalogue below.
    [Theory]
    [InlineData("catalogue")]
    [InlineData("models")]
    [InlineData("llmcompass")]
    [InlineData("systolic")]
    [InlineData("kernel-power")]
    [InlineData("mtia")]
    [InlineData("making")]
    [InlineData("speed")]
    [InlineData("serving")]
    [InlineData("devices")]
    [InlineData("supply")]
    public void A_section_of_the_page_is_what_a_fresh_run_writes(string section)
    {
        ValidationReport report = Validator.Run(Catalog, Repository.SharedData(), [section], _ => { }, TestContext.Current.CancellationToken);
        string fresh = ValidationPage.Section(report.Sections.Single(), "images/validation");
        Assert.True(Committed.Contains(fresh, StringComparison.Ordinal), $"docs/validation.md is out of date; './fleetwright validate' writes it again. Fresh:\n{fresh}");
        Assert.All(ValidationPage.Of(report, "images/validation").Images, i => Assert.Equal(i.Svg, File.ReadAllText(Repository.Path("docs", "images", "validation", i.Name))));
        foreach (Bar bar in report.Bars.Where(b => section != "speed"))
        {
            Assert.Contains($"| {bar.Issue} | {bar.Set} | {bar.Limit} | {bar.Found} |", Committed, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a100-80gb-sxm")]
    [InlineData("h100-sxm")]
    [InlineData("h200-sxm")]
    [InlineData("b200-sxm")]
    [InlineData("arc-pro-b60")]
    public void Errors_of_held_out_kernels_are_those_of_the_catalogue(string chip)
    {
        ChipCoefficients coefficients = Catalog.Calibration.Get(chip);
        int compared = 0;
        Compare("products", coefficients.Gemm, c => c.Quality);
        Compare("prefill attention", coefficients.ContextAttention, c => c.Quality);
        Compare("decode attention", coefficients.DecodeAttention, c => c.Quality);
        Assert.True(compared >= 3, $"{compared} fits were found on the page");

        void Compare<T>(string family, IReadOnlyDictionary<Dtype, T> fits, Func<T, FitQuality> quality)
        {
            foreach ((Dtype format, T fit) in fits)
            {
                FitQuality of = quality(fit);
                Match line = Regex.Match(Committed, string.Create(CultureInfo.InvariantCulture, $@"^\| {family} \| {format.Name()} \| {chip} \| {of.Rows:#,0} \| [\d,]+ \| ([\d.]+) % \| ([\d.]+) % \|"), RegexOptions.Multiline);
                Assert.True(line.Success, $"{family} {format.Name()} of {chip} with {of.Rows} rows is not on the page");
                Assert.Equal(of.Error * 100, double.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture), 0.06);
                Assert.Equal(of.Median * 100, double.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture), 0.06);
                compared++;
            }
        }
    }

    [Fact]
    public void Every_plot_that_the_page_shows_is_there_and_small()
    {
        string[] shown = [.. Image().Matches(Committed).Select(m => m.Groups[1].Value)];
        Assert.NotEmpty(shown);
        Assert.All(shown, s => Assert.InRange(new FileInfo(Repository.Path("docs", s)).Length, 500, 200_000));
        string[] files = [.. Directory.GetFiles(Repository.Path("docs", "images", "validation")).Select(f => "images/validation/" + Path.GetFileName(f))];
        Assert.Equal(shown.Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"!\[[^\]]*\]\(([^)]+\.svg)\)")]
    private static partial Regex Image();
}
