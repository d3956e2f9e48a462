using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>Variables decided once the future is known, for each scenario: <c>assign[k, w, t]</c>, <c>rent[k, t]</c>, <c>unserved[w, t]</c>
/// and, where a resource runs short, <c>cut[o, q]</c>; all at least 0.</summary>
internal static class SecondStageColumns
{
    public static void Add(PlanModel model)
    {
        for (int s = 0; s < model.Problem.Scenarios.Count; s++)
        {
            AddCuts(model, s);
            AddRents(model, s);
            for (int w = 0; w < model.Problem.Workloads.Count; w++)
            {
                AddWork(model, s, w);
            }
        }
    }

    private static void AddCuts(PlanModel model, int s)
    {
        for (int i = 0; i < model.Orders.Count; i++)
        {
            OrderColumn order = model.Orders[i];
            SupplyOffer offer = model.Problem.Offers[order.Offer];
            bool isShort = model.Problem.Resources.Any(r =>
                offer.ResourcePerUnit.GetValueOrDefault(r.Id) > 0 && ResourceConstraints.Multiplier(model.Problem.Scenarios[s], r, order.Production) < 1);
            if (isShort && order.Availability(offer, model.Problem.Scenarios[s]) > 0)
            {
                string name = $"cut[{s},{offer.Id},{model.Problem.Quarters[order.Quarter]}]";
                model.Cut[s, i] = model.Linear.AddColumn(name, 0, double.PositiveInfinity);
            }
        }
    }

    private static void AddRents(PlanModel model, int s)
    {
        foreach (RentalOffer rental in model.Problem.Rentals)
        {
            for (int t = 0; t < model.Quarters; t++)
            {
                if (rental.LimitByQuarter[t] > 0)
                {
                    model.Rent[s, model.ChipIndex[rental.ChipId], t] = model.Linear.AddColumn(
                        $"rent[{s},{rental.ChipId},{model.Problem.Quarters[t]}]", 0, rental.LimitByQuarter[t] / PlanModel.ChipsPerUnit);
                }
            }
        }
    }

    private static void AddWork(PlanModel model, int s, int w)
    {
        SupplyWorkload workload = model.Problem.Workloads[w];
        double total = 0;
        for (int t = 0; t < model.Quarters; t++)
        {
            double demand = model.Demand(s, w, t);
            total += demand;
            if (demand <= 0)
            {
                continue;
            }

            for (int k = 0; k < model.Problem.Chips.Count; k++)
            {
                if (workload.UnitsPerSecond(model.Problem.Chips[k].Id) > 0)
                {
                    string name = $"assign[{s},{model.Problem.Chips[k].Id},{workload.Id},{model.Problem.Quarters[t]}]";
                    model.Assign[s, k, w, t] = model.Linear.AddColumn(name, 0, double.PositiveInfinity);
                }
            }

            if (!workload.IsMovable)
            {
                AddUnserved(model, s, w, t, demand);
            }
        }

        if (workload.IsMovable && total > 0)
        {
            AddUnserved(model, s, w, workload.LastQuarter, total);
        }
    }

    private static void AddUnserved(PlanModel model, int s, int w, int t, double demand)
    {
        SupplyWorkload workload = model.Problem.Workloads[w];
        model.Unserved[s, w, t] = model.Linear.AddColumn(
            $"unserved[{s},{workload.Id},{model.Problem.Quarters[t]}]", 0, workload.MaximumUnservedShare * demand / model.UnservedScale[w]);
    }
}
