namespace Fleetwright.Scenarios.Inputs;

internal static class ScenarioCheck
{
}
