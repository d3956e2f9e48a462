using Fleetwright.Catalog;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

public sealed class ShippedCatalogTests
{
    private static readonly FleetCatalog s_catalog = new(Repository.Path("catalog"));

    [Fact]
    public void Every_chip_loads()
        => Assert.True(s_catalog.Chips.All.Count() >= 24 && s_catalog.Memories.All.Any() && s_catalog.Links.All.Any()  && s_catalog.Nodes.All.Any()  && s_catalog.Sites.All.Any());
}
