using Fleetwright.Catalog.Units;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>
/// The cost of scenario s is fixed contract costs + capital on deliveries + running costs of the fleet + energy + rent + penalties for unserved work,
/// each discounted. The objective is <c>(1 − w) · Σ_s p_s · cost_s + w · CVaR_α</c> with
/// <c>CVaR_α = min_η η + Σ_s p_s · excess_s / (1 − α)</c>, <c>excess_s ≥ cost_s − η</c>, <c>excess_s ≥ 0</c>
/// (Rockafellar and Uryasev 2000, Optimization of conditional value-at-risk, J. Risk 2(3), theorems 1 and 2).
/// </summary>
internal static class Objective
{
    public static void Add(PlanModel model)
    {
        SupplyProblem problem = model.Problem;
        double weight = problem.RiskWeight;
        int eta = weight > 0 ? model.Linear.AddColumn("eta", double.NegativeInfinity, double.PositiveInfinity, weight) : PlanModel.None;
        for (int s = 0; s < problem.Scenarios.Count; s++)
        {
            double probability = problem.Scenarios[s].Probability;
            List<(int Column, double Coefficient)> terms = [.. Terms(model, s)];
            double constant = Constant(model, s);
            foreach ((int column, double coefficient) in terms)
            {
                model.Linear.AddCost(column, (1 - weight) * probability * coefficient);
            }

            model.Linear.ObjectiveConstant += (1 - weight) * probability * constant;
            if (weight > 0)
            {
                int excess = model.Linear.AddColumn(
                    $"excess[{s}]", 0, double.PositiveInfinity, weight * probability / (1 - problem.RiskLevel));
                model.Linear.AtMost($"risk[{s}]", [.. terms, (eta, -1), (excess, -1)], -constant);
            }
        }
    }

    /// <summary>The cost of a scenario in millions, as far as it depends on decisions.</summary>
    private static IEnumerable<(int Column, double Coefficient)> Terms(PlanModel model, int s) =>
        Contracts(model).Concat(Deliveries(model, s)).Concat(Operation(model, s)).Concat(Penalties(model, s));

    private static IEnumerable<(int, double)> Contracts(PlanModel model)
    {
        for (int o = 0; o < model.Problem.Offers.Count; o++)
        {
            SupplyOffer offer = model.Problem.Offers[o];
            if (!offer.IsSigned && offer.FixedDollars > 0)
            {
                yield return (model.Sign[o], offer.FixedDollars * Discount(model, offer.EarliestOrderQuarter) / PlanModel.DollarsPerUnit);
            }
        }
    }

    private static IEnumerable<(int, double)> Deliveries(PlanModel model, int s)
    {
        double rate = model.Problem.DiscountPerYear;
        for (int i = 0; i < model.Orders.Count; i++)
        {
            OrderColumn order = model.Orders[i];
            ChipKind chip = model.Problem.Chips[order.Chip];
            double price = model.Problem.Offers[order.Offer].UnitPriceByQuarter[order.Quarter];
            double dollars = (price * Capital.ChargedShare(rate, chip.UsefulLifeQuarters, order.Delivery, model.Quarters))
                + (chip.RunningDollarsPerQuarter * Capital.QuartersInService(rate, chip.UsefulLifeQuarters, order.Delivery, model.Quarters));
            foreach ((int column, double thousands) in model.Delivered(s, i))
            {
                yield return (column, thousands * dollars * PlanModel.ChipsPerUnit / PlanModel.DollarsPerUnit);
            }
        }
    }

    private static IEnumerable<(int, double)> Operation(PlanModel model, int s)
    {
        for (int t = 0; t < model.Quarters; t++)
        {
            double scale = Discount(model, t) * PlanModel.ChipsPerUnit / PlanModel.DollarsPerUnit;
            double energyPrice = Quarter.Seconds * model.Problem.EnergyDollarsPerJouleByQuarter[t];
            for (int k = 0; k < model.Problem.Chips.Count; k++)
            {
                double energy = model.Problem.Chips[k].WattsAtMeter * energyPrice * scale;
                foreach ((int column, double sign) in PowerConstraints.Powered(model, s, k, t))
                {
                    yield return (column, sign * energy);
                }
            }

            foreach (RentalOffer rental in model.Problem.Rentals)
            {
                if (model.Rent[s, model.ChipIndex[rental.ChipId], t] is >= 0 and int rent)
                {
                    yield return (rent, rental.DollarsPerChipQuarter[t] * scale);
                }
            }
        }
    }

    private static IEnumerable<(int, double)> Penalties(PlanModel model, int s)
    {
        for (int w = 0; w < model.Problem.Workloads.Count; w++)
        {
            double penalty = model.Problem.Workloads[w].UnservedDollarsPerUnitQuarter * model.UnservedScale[w] / PlanModel.DollarsPerUnit;
            for (int t = 0; t < model.Quarters; t++)
            {
                if (model.Unserved[s, w, t] is >= 0 and int column)
                {
                    yield return (column, penalty * Discount(model, t));
                }
            }
        }
    }

    /// <summary>Running costs in millions of chips that come without a decision.</summary>
    private static double Constant(PlanModel model, int s)
    {
        double dollars = 0;
        for (int k = 0; k < model.Problem.Chips.Count; k++)
        {
            for (int t = 0; t < model.Quarters; t++)
            {
                dollars += FleetConstraints.Owned(model.Problem, model.Problem.Scenarios[s], k, t)
                    * model.Problem.Chips[k].RunningDollarsPerQuarter * Discount(model, t);
            }
        }

        return dollars / PlanModel.DollarsPerUnit;
    }

    private static double Discount(PlanModel model, int quarter) => Capital.Discount(model.Problem.DiscountPerYear, quarter);
}
