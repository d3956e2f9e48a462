using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

public sealed class DocumentationTests
{
    [Fact]
    public void The_example_chip_of_the_documentation_reads()
    {
        string page = File.ReadAllText(Repository.Path("docs", "catalog.md"));
        YamlFile file = YamlFile.Parse("docs/catalog.md", page.Split("```yaml\n")[1].Split("```")[0]);
        Chip chip = ChipReader.Read(file);
        file.Close();
        Assert.Equal(18_000, chip.Price!.Value.Value);
        Assert.Equal(Confidence.Assumed, chip.OwnershipRate!.Value.Confidence);
    }
}
