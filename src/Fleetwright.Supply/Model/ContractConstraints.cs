using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>
/// A signed contract has a minimum: <c>Σ_q order[o, q] ≥ minimum[o] · sign[o]</c>.
/// (That nothing is ordered without a contract is part of <see cref="CapacityConstraints"/>.)
/// </summary>
internal static class ContractConstraints
{
    public static void Add(PlanModel model)
    {
        for (int o = 0; o < model.Problem.Offers.Count; o++)
        {
            SupplyOffer offer = model.Problem.Offers[o];
            if (offer.MinimumUnits > 0)
            {
                IEnumerable<(int, double)> ordered = model.Orders.Where(x => x.Offer == o).Select(x => (x.Column, x.ThousandsPerUnit));
                model.Linear.AtLeast(
                    $"minimum[{offer.Id}]", [.. ordered, (model.Sign[o], -offer.MinimumUnits / PlanModel.ChipsPerUnit)], 0);
            }
        }
    }
}
