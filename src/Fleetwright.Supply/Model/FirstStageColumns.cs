using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>Variables decided before the future is known: <c>sign[o] ∈ {0, 1}</c> and <c>order[o, q] ≥ 0</c>, in thousands of chips or in whole lots.</summary>
internal static class FirstStageColumns
{
    public static void Add(PlanModel model, FirstStage? given)
    {
        SupplyProblem problem = model.Problem;
        for (int o = 0; o < problem.Offers.Count; o++)
        {
            SupplyOffer offer = problem.Offers[o];
            if (offer.IsSigned || offer.FixedDollars > 0 || offer.MinimumUnits > 0)
            {
                bool? fix = given is null ? (offer.IsSigned ? true : null) : given.Signed[o];
                model.Sign[o] = model.Linear.AddColumn($"sign[{offer.Id}]", fix is true ? 1 : 0, fix is false ? 0 : 1, 0, isInteger: fix is null);
            }

            for (int q = offer.EarliestOrderQuarter; q < model.Quarters; q++)
            {
                // An order that arrives after the horizon, or in a quarter in which nothing can be delivered, is no decision.
                int delivery = offer.DeliveryQuarter(q);
                if (delivery < model.Quarters && offer.CapacityByQuarter[delivery] > 0)
                {
                    Add(model, o, q, delivery, given);
                }
            }
        }
    }

    private static void Add(PlanModel model, int o, int q, int delivery, FirstStage? given)
    {
        SupplyOffer offer = model.Problem.Offers[o];
        bool inLots = offer.LotUnits > 0;
        double thousands = (inLots ? offer.LotUnits : PlanModel.ChipsPerUnit) / PlanModel.ChipsPerUnit;
        double most = offer.CapacityByQuarter[delivery] / PlanModel.ChipsPerUnit / thousands;
        LinearModel linear = model.Linear;
        int column = linear.AddColumn(
            $"order[{offer.Id},{model.Problem.Quarters[q]}]", 0, inLots ? Math.Floor(most + 1e-9) : most, 0, isInteger: inLots && given is null);
        if (given is not null)
        {
            linear.Fix(column, given.Units[o][q] / PlanModel.ChipsPerUnit / thousands);
        }

        model.Orders.Add(new OrderColumn(o, model.ChipIndex[offer.ChipId], q, delivery, offer.ProductionQuarter(q), column, thousands));
    }
}
