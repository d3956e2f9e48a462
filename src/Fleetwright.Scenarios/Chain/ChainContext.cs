using Fleetwright.Catalog;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Scenarios.Chain;

/// <summary>What every stage of the chain works from.</summary>
public sealed record ChainContext
{
    /// <summary>The question.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>The facts.</summary>
    public required FleetCatalog Catalog { get; init; }

    /// <summary>Threads to use; no answer depends on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Which solver plans supply.</summary>
    public SolverChoice Solver { get; init; } = SolverChoice.Auto;

    /// <summary>Relative gap at which the solver may stop; the scenario's own when null.</summary>
    public double? Gap { get; init; }

    /// <summary>Told what is being done, for people who wait.</summary>
    public Action<string> Progress { get; init; } = _ => { };

    /// <summary>Ends the run early; finished stages are kept.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The chips that the scenario can name.</summary>
    internal ScenarioChips Chips => field ??= OpenChips();

    /// <summary>The quarters planned.</summary>
    internal int Quarters => Scenario.Quarters.Count;

    /// <summary>One value for each quarter.</summary>
    internal double[] ByQuarter(Catalog.Reading.QuarterlyFact fact) => [.. Scenario.Quarters.Select(fact.At)];

    private ScenarioChips OpenChips()
    {
        var chips = new ScenarioChips(Catalog, Scenario.File);
        foreach (Offer offer in Scenario.Offers)
        {
            _ = chips.DesignOf(offer);
        }

        return chips;
    }
}
