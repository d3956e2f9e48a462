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
}
