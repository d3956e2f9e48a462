using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Testing;

namespace Fleetwright.Models.Tests;

public class ParameterCountTests(ITestOutputHelper output)
{
    internal static FleetCatalog Catalog { get; } = new(Repository.Path("catalog"));

    public static IEnumerable<TheoryDataRow<string>> Names => Catalog.Models.All.Select(m => new TheoryDataRow<string>(m.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_count_equals_the_published_number(string name)
    {
        ModelSpec model = Catalog.Models.Get(name);
        ParameterCount count = ParameterCount.Of(model);
        Assert.NotNull(model.PublishedParameters);
        Fact published = model.PublishedParameters.Value;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} computed {count.Total:N0} published {published.Value:N0} {(count.Total / published) - 1:+0.000 %;-0.000 %} active {count.Active:N0} published {model.PublishedActiveParameters?.Value:N0}"));
        Assert.InRange(count.Total / published, 0.995, 1.005);
    }

    public static IEnumerable<TheoryDataRow<string>> NamesWithActive =>
        Catalog.Models.All.Where(m => m.PublishedActiveParameters is not null).Select(m => new TheoryDataRow<string>(m.Name));

    // Makers round to the billion and count the input embedding or not.
    [Theory]
    [MemberData(nameof(NamesWithActive))]
    public void The_active_count_is_the_published_one_with_or_without_the_embedding(string name)
    {
        ModelSpec model = Catalog.Models.Get(name);
        ParameterCount count = ParameterCount.Of(model);
        double published = model.PublishedActiveParameters!.Value;
        Assert.True(Math.Abs((count.Active / published) - 1) < 0.05 || Math.Abs((count.ActiveWithoutLookUps / published) - 1) < 0.05, $"{count.Active:N0} or {count.ActiveWithoutLookUps:N0}; published {published:N0}");
    }

    [Fact]
    public void The_catalogue_covers_what_was_promised() => Assert.True(Catalog.Models.Entries.Count >= 40);

    [Fact]
    public void Parts_add_up_to_known_ones()
    {
        // DeepSeek-V3: embedding and head of 129,280 × 7,168; gpt-oss-120b, model card Table 1: MLP 114.71 B, attention 0.96 B, embedding and head 1.16 B.
        ParameterCount deepSeek = ParameterCount.Of(Catalog.Models.Get("deepseek-v3"));
        Assert.Equal(129_280L * 7_168, deepSeek.Embedding);
        Assert.Equal(deepSeek.Embedding, deepSeek.Head);
        ParameterCount gptOss = ParameterCount.Of(Catalog.Models.Get("gpt-oss-120b"));
        Assert.Equal(114.71, (gptOss.Experts + gptOss.Router) / 1e9, 2);
        Assert.Equal(0.96, gptOss.Attention / 1e9, 2);
        Assert.Equal(1.16, (gptOss.Embedding + gptOss.Head) / 1e9, 2);
    }
}
