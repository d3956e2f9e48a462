using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>
/// Chips at work are installed or rented: <c>Σ_w assign[s, k, w, t] ≤ fleet[s, k, t] + rent[s, k, t]</c>, where the fleet is what was delivered
/// and is not yet retired, <c>fleet[s, k, t] = Σ_{o of k, q: d ≤ t &lt; d + life[k]} delivered[s, o, q] + owned[s, k, t]</c> with <c>d = q + lead[o, q]</c>.
/// Rented chips work: <c>rent[s, k, t] ≤ Σ_w assign[s, k, w, t]</c>.
/// </summary>
internal static class FleetConstraints
{
    /// <summary>Chips of one kind from deliveries outside the plan that are installed in a quarter.</summary>
    public static double Owned(SupplyProblem problem, SupplyScenario scenario, int chip, int quarter)
    {
        ChipKind kind = problem.Chips[chip];
        double units = 0;
        foreach (OwnedChips owned in problem.Owned.Where(o => o.ChipId == kind.Id))
        {
            for (int d = Math.Max(0, quarter - kind.UsefulLifeQuarters + 1); d <= quarter; d++)
            {
                units += OwnedArrival(scenario, owned, d);
            }
        }

        return units;
    }

    /// <summary>Chips of an earlier order that arrive in a quarter; those of the first quarter are here already.</summary>
    public static double OwnedArrival(SupplyScenario scenario, OwnedChips owned, int quarter) => owned.ArrivalsByQuarter[quarter]
        * (quarter == 0 ? 1 : Math.Min(scenario.Site(owned.FabSiteId, quarter - 1), scenario.Site(owned.PackagingSiteId, quarter - 1)));

    public static void Add(PlanModel model)
    {
        for (int s = 0; s < model.Problem.Scenarios.Count; s++)
        {
            for (int k = 0; k < model.Problem.Chips.Count; k++)
            {
                for (int t = 0; t < model.Quarters; t++)
                {
                    Add(model, s, k, t);
                }
            }
        }
    }

    private static void Add(PlanModel model, int s, int k, int t)
    {
        List<(int Column, double Coefficient)> assigned = [.. PowerConstraints.Assigned(model, s, k, t)];
        if (assigned.Count == 0)
        {
            return;
        }

        ChipKind chip = model.Problem.Chips[k];
        List<(int Column, double Coefficient)> terms = [.. assigned];
        for (int i = 0; i < model.Orders.Count; i++)
        {
            OrderColumn order = model.Orders[i];
            if (order.Chip == k && order.Delivery <= t && t < order.Delivery + chip.UsefulLifeQuarters)
            {
                terms.AddRange(model.Delivered(s, i).Select(d => (d.Column, -d.Coefficient)));
            }
        }

        string place = $"[{s},{chip.Id},{model.Problem.Quarters[t]}]";
        double owned = Owned(model.Problem, model.Problem.Scenarios[s], k, t) / PlanModel.ChipsPerUnit;
        if (model.Rent[s, k, t] is >= 0 and int rent)
        {
            terms.Add((rent, -1));
            model.Linear.AtLeast("rented" + place, [.. assigned, (rent, -1)], 0);
        }

        model.Linear.AtMost("fleet" + place, terms, owned);
    }
}
