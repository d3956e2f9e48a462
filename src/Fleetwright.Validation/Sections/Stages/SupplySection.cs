using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Published;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>Published optima through the program's models, its MPS and a solver.</summary>
internal sealed class SupplySection : IValidationSection
{
    private const string Warehouses = "supply/benchmarks/cflp/cap41.txt";

    public string Id => "supply";

    public string Title => "Supply";

    public IReadOnlyList<BarDefinition> Bars { get; } = [];

    public void Score(SectionBuilder to)
    {
        to.Text("Published optima ([supply.md](supply.md#checked-against)). They prove the mathematics, not the plan: prices, capacities, lead times and probabilities are facts of the scenario, most of them of low confidence or assumed. No plan was compared with what a company bought.");
        if (SolverLocator.Find(SolverChoice.Auto) is not { } solver)
        {
            to.Text("Not scored: no solver is installed here.");
            return;
        }

        var rows = new List<IReadOnlyList<string>>();
        Add("farmer (Birge and Louveaux): cost", -108390, Solve(Textbook.Farmer()).Objective);
        Add("farmer: value of perfect information", 7015.56, Textbook.FarmerPerfectInformation(Solve));
        Add("farmer: value of the stochastic solution", 1150, Textbook.FarmerStochasticSolution(Solve));
        SupplyResult expansion = SupplyPlanner.Solve(Textbook.CapacityExpansion(), new SupplyOptions { RelativeGap = 1e-7, ShadowPrices = false }, to.Cancellation);
        Add("capacity expansion, Birge and Louveaux 5.2", 340315.52, expansion.Plan?.ObjectiveDollars ?? double.NaN);
        if (to.Find(Warehouses) is { } path)
        {
            Add("warehouses, OR-Library cap41", 1040444.375, Solve(Textbook.Warehouses(path)).Objective);
        }

        to.Table(["instance", "published>", "found>", "difference>"], rows);

        LinearSolution Solve(LinearModel model) => solver.Solve(model, 1e-9, 100_000, to.Cancellation);
        void Add(string name, double published, double found) =>
            rows.Add([name, FormattableString.Invariant($"{published:#,0.##;−#,0.##}"), FormattableString.Invariant($"{found:#,0.##;−#,0.##}"), Math.Abs((found / published) - 1) < 1e-5 ? "equal" : Show.Signed((found / published) - 1)]);
    }
}
