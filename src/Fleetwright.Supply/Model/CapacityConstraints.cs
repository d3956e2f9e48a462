using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>
/// A maker delivers no more than its capacity, and nothing without a contract:
/// <c>Σ_{q: q + lead[o, q] = t} order[o, q] ≤ capacity[o, t] · sign[o]</c>.
/// </summary>
internal static class CapacityConstraints
{
    public static void Add(PlanModel model)
    {
        foreach (var group in model.Orders.GroupBy(o => (o.Offer, o.Delivery)))
        {
            (int o, int t) = group.Key;
            SupplyOffer offer = model.Problem.Offers[o];
            double capacity = offer.CapacityByQuarter[t] / PlanModel.ChipsPerUnit;
            IEnumerable<(int, double)> ordered = group.Select(x => (x.Column, x.ThousandsPerUnit));
            string name = $"capacity[{offer.Id},{model.Problem.Quarters[t]}]";
            int row = model.Sign[o] == PlanModel.None
                ? model.Linear.AtMost(name, ordered, capacity)
                : model.Linear.AtMost(name, [.. ordered, (model.Sign[o], -capacity)], 0);
            model.CapacityRows.Add((row, o, t));
        }
    }
}
