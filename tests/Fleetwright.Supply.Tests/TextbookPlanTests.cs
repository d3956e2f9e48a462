using Fleetwright.Supply.Analysis;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Published;

namespace Fleetwright.Supply.Tests;

/// <summary>Plans whose optimum is known from a book or in closed form.</summary>
public class TextbookPlanTests
{
    /// <summary>
    /// Birge and Louveaux problem 5.2, two stages: four plants, three blocks of a load curve, two demands; optimum 340,315.52.
    /// Plants are kinds of chip, and the blocks of the load curve follow one another as quarters whose energy price is their duration.
    /// </summary>
    [Fact]
    public void Capacity_expansion_of_Birge_and_Louveaux_5_2_costs_340315_52()
    {
        Solve.Near(340315.52, Solve.Plan(Textbook.CapacityExpansion()).ObjectiveDollars);
    }

    /// <summary>The newsvendor: price 1000, penalty 4000, so the best order is the 75 % quantile of demand, 10,000.</summary>
    [Fact]
    public void A_newsvendor_orders_the_critical_quantile()
    {
        SupplyPlan plan = Solve.Plan(Newsvendor());
        Solve.Near(10000, plan.Ordered("x-a"));
        Solve.Near(18e6, plan.ObjectiveDollars);
    }

    [Fact]
    public void A_newsvendors_values_of_planning_are_those_of_the_closed_form()
    {
        SupplyProblem problem = Newsvendor();
        PlanningValue value = SupplyAnalysis.ValueOfPlanning(problem, Solve.Plan(problem), Solve.Closely, TestContext.Current.CancellationToken).Value!;
        Solve.Near(1000 * 10500, value.WaitAndSeeDollars);
        Solve.Near(7.5e6, value.PerfectInformationDollars);
        Solve.Near((1000 * 10500) + (0.2 * 4000 * 9500), value.MeanPlanDollars!.Value);
        Solve.Near(1e5, value.StochasticSolutionDollars!.Value, 1e-4);
    }

    /// <summary>With α = 0.7 the tail holds the high demand (0.2) and a third of it is ordinary (0.1): CVaR(10,000) = (0.2 × 50 M + 0.1 × 10 M) / 0.3.
    /// The objective's slope between 10,000 and 20,000 changes sign at w = 0.107.</summary>
    [Theory]
    [InlineData(0.10, 10000, (0.9 * 18e6) + (0.1 * 11e6 / 0.3))]
    [InlineData(0.12, 20000, 20e6)]
    [InlineData(1.00, 20000, 20e6)]
    public void The_weight_of_risk_moves_the_order_where_the_closed_form_says(double weight, double units, double objective)
    {
        SupplyPlan plan = Solve.Plan(Newsvendor() with { RiskWeight = weight, RiskLevel = 0.7 });
        Solve.Near(units, plan.Ordered("x-a"));
        Solve.Near(objective, plan.ObjectiveDollars);
    }

    [Fact]
    public void The_frontier_trades_expected_cost_for_risk()
    {
        IReadOnlyList<FrontierPoint> points = SupplyAnalysis.RiskFrontier(
            Newsvendor() with { RiskLevel = 0.7 }, [0, 0.1, 0.5, 1], Solve.Closely, TestContext.Current.CancellationToken).Value!;
        Assert.Equal([18.0, 18.0, 20.0, 20.0], points.Select(p => Math.Round(p.ExpectedDollars / 1e6, 4)));
        Assert.Equal([36.6667, 36.6667, 20.0, 20.0], points.Select(p => Math.Round(p.ConditionalValueAtRiskDollars / 1e6, 4)));
    }

    private static SupplyProblem Newsvendor()
    {
        SupplyProblem problem = Samples.Small(penalty: 4000, demand: 10000);
        return problem.With(problem.Demand("low", 0.3, 0.5), problem.Demand("mid", 0.5, 1), problem.Demand("high", 0.2, 2));
    }
}
