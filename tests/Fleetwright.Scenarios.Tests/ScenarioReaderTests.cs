using Fleetwright.Scenarios.Inputs;
using Fleetwright.Testing;

namespace Fleetwright.Scenarios.Tests;

public sealed class ScenarioReaderTests
{
    [Fact]
    public void The_default_scenario_reads()
    {
        Scenario scenario = ScenarioReader.Read(Repository.Path("examples", "meta-2024.yaml"));
        Assert.Equal(12, scenario.Quarters.Count);
        Assert.Equal(5, scenario.Products.Count);
    }
}
