using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Published;
using Fleetwright.Supply.Solvers;
using Fleetwright.Testing;

namespace Fleetwright.Supply.Tests;

/// <summary>Published optima through our model, our MPS and a solver (shared/data/supply/benchmarks).</summary>
public class TextbookModelTests
{
    [Theory]
    [InlineData(SolverChoice.Cbc)]
    [InlineData(SolverChoice.Highs)]
    public void The_farmer_earns_108390(SolverChoice solver) => Solve.Near(-108390, Solve.Linear(Textbook.Farmer(), solver).Objective);

    [Fact]
    public void The_farmers_perfect_information_is_worth_7015_56() => Solve.Near(7015.5556, Textbook.FarmerPerfectInformation(m => Solve.Linear(m)));

    [Fact]
    public void The_farmers_stochastic_solution_is_worth_1150() => Solve.Near(1150, Textbook.FarmerStochasticSolution(m => Solve.Linear(m)), 1e-5);

    /// <summary>OR-Library's capacitated warehouse location cap41 (Beasley), optimum 1,040,444.375.</summary>
    [Theory]
    [InlineData(SolverChoice.Cbc)]
    [InlineData(SolverChoice.Highs)]
    public void Warehouses_of_cap41_cost_1040444(SolverChoice solver)
    {
        LinearSolution solution = Solve.Linear(Textbook.Warehouses(Repository.SharedData("supply", "benchmarks", "cflp", "cap41.txt")), solver);
        Solve.Near(1040444.375, solution.Objective);
        Solve.Near(1040444.375, solution.Bound);
    }

    [Theory]
    [InlineData(SolverChoice.Cbc)]
    [InlineData(SolverChoice.Highs)]
    public void Duals_are_the_change_of_cost_per_unit_of_a_limit(SolverChoice solver)
    {
        // Two ways to make 10: at 1 for up to 4, at 3 beyond. One more of the cheap way saves 2; one more of demand costs 3.
        LinearModel model = new();
        int cheap = model.AddColumn("cheap", 0, double.PositiveInfinity, 1);
        int dear = model.AddColumn("dear", 0, double.PositiveInfinity, 3);
        int limit = model.AtMost("limit", [(cheap, 1)], 4);
        int demand = model.AtLeast("demand", [(cheap, 1), (dear, 1)], 10);
        LinearSolution solution = Solve.Linear(model, solver);
        Assert.Equal((22.0, -2.0, 3.0), (solution.Objective, solution.Duals[limit], solution.Duals[demand]));
    }

    [Theory]
    [InlineData(SolverChoice.Cbc)]
    [InlineData(SolverChoice.Highs)]
    public void A_model_without_a_solution_says_so(SolverChoice solver)
    {
        LinearModel model = new();
        int n = model.AddColumn("n", 0, 1, 1, isInteger: true);
        model.AddRow("between", 0.4, 0.6, [(n, 1)]);
        Assert.Equal(LinearStatus.Infeasible, Solve.Linear(model, solver).Status);
    }
}
