using System.Globalization;
using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Solvers;
using Fleetwright.Testing;

namespace Fleetwright.Supply.Tests;

/// <summary>Published optima through our model, our MPS and a solver (shared/data/supply/benchmarks).</summary>
public class TextbookModelTests
{
    private static readonly double[] Yields = [1.2, 1.0, 0.8];
    private static readonly double[] MeanYield = [2.5, 3, 20];

    [Theory]
    [InlineData(SolverChoice.Cbc)]
    [InlineData(SolverChoice.Highs)]
    public void The_farmer_earns_108390(SolverChoice solver) => Solve.Near(-108390, Solve.Linear(Farmer(Yields), solver).Objective);

    [Fact]
    public void The_farmers_perfect_information_is_worth_7015_56()
    {
        double waitAndSee = Yields.Average(y => Solve.Linear(Farmer([y])).Objective);
        Solve.Near(7015.5556, -108390 - waitAndSee);
    }

    [Fact]
    public void The_farmers_stochastic_solution_is_worth_1150()
    {
        double[] mean = Solve.Linear(Farmer([1.0])).Values[..3];
        LinearModel model = Farmer(Yields);
        for (int i = 0; i < 3; i++)
        {
            model.Fix(i, mean[i]);
        }

        Solve.Near(1150, Solve.Linear(model).Objective + 108390, 1e-5);
    }

    /// <summary>OR-Library's capacitated warehouse location cap41 (Beasley), optimum 1,040,444.375.</summary>
    [Theory]
    [InlineData(SolverChoice.Cbc)]
    [InlineData(SolverChoice.Highs)]
    public void Warehouses_of_cap41_cost_1040444(SolverChoice solver)
    {
        string text = File.ReadAllText(Repository.SharedData("supply", "benchmarks", "cflp", "cap41.txt"));
        Queue<double> numbers = new(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(t => double.Parse(t, CultureInfo.InvariantCulture)));
        LinearSolution solution = Solve.Linear(Warehouses(numbers), solver);
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

    /// <summary>Birge and Louveaux, section 1.1: 500 acres of wheat, corn and beet; yields known after sowing.</summary>
    private static LinearModel Farmer(double[] yields)
    {
        double[] planting = [150, 230, 260];
        double[] need = [200, 240];
        double[] sell = [170, 150];
        double[] buy = [238, 210];
        LinearModel model = new();
        int[] acres = [.. planting.Select((c, i) => model.AddColumn($"acres{i}", 0, double.PositiveInfinity, c))];
        model.AtMost("land", acres.Select(a => (a, 1.0)), 500);
        double p = 1.0 / yields.Length;
        foreach (double y in yields)
        {
            for (int i = 0; i < 2; i++)
            {
                int sold = model.AddColumn("sold", 0, double.PositiveInfinity, -p * sell[i]);
                int bought = model.AddColumn("bought", 0, double.PositiveInfinity, p * buy[i]);
                model.AtLeast("need", [(acres[i], y * MeanYield[i]), (bought, 1), (sold, -1)], need[i]);
            }

            int quota = model.AddColumn("quota", 0, 6000, -p * 36);
            int over = model.AddColumn("over", 0, double.PositiveInfinity, -p * 10);
            model.AtMost("beet", [(quota, 1), (over, 1), (acres[2], -y * MeanYield[2])], 0);
        }

        return model;
    }

    private static LinearModel Warehouses(Queue<double> numbers)
    {
        int sites = (int)numbers.Dequeue();
        int customers = (int)numbers.Dequeue();
        LinearModel model = new();
        double[] capacity = new double[sites];
        int[] open = new int[sites];
        for (int i = 0; i < sites; i++)
        {
            capacity[i] = numbers.Dequeue();
            open[i] = model.AddColumn($"open{i}", 0, 1, numbers.Dequeue(), isInteger: true);
        }

        List<(int, double)>[] load = [.. open.Select((o, i) => new List<(int, double)> { (o, -capacity[i]) })];
        for (int j = 0; j < customers; j++)
        {
            double demand = numbers.Dequeue();
            List<(int, double)> share = [];
            for (int i = 0; i < sites; i++)
            {
                int serve = model.AddColumn($"serve{i},{j}", 0, 1, numbers.Dequeue());
                share.Add((serve, 1));
                load[i].Add((serve, demand));
                model.AtMost("only if open", [(serve, 1), (open[i], -1)], 0);
            }

            model.AddRow("served", 1, 1, share);
        }

        foreach (List<(int, double)> terms in load)
        {
            model.AtMost("capacity", terms, 0);
        }

        return model;
    }
}
