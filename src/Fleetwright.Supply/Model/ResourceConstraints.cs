using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>
/// What offers share is limited in the quarter of production. Orders respect the limit as planned,
/// <c>Σ_{o,q: produced in t} use[o, r] · order[o, q] ≤ limit[r, t]</c>;
/// where a scenario leaves less of it, deliveries are cut until they respect what is left,
/// <c>Σ use[o, r] · (available[s, o, q] · order[o, q] − cut[s, o, q]) ≤ multiplier[s, r, t] · limit[r, t]</c> and
/// <c>cut[s, o, q] ≤ available[s, o, q] · order[o, q]</c>. Which deliveries are cut is the buyer's choice.
/// </summary>
internal static class ResourceConstraints
{
    /// <summary>What a scenario leaves of a resource: its own multiplier times the working share of the site that makes it.</summary>
    public static double Multiplier(SupplyScenario scenario, SharedResource resource, int quarter) =>
        scenario.Resource(resource.Id, quarter) * scenario.Site(resource.SiteId, quarter);

    public static void AddPlanned(PlanModel model)
    {
        for (int r = 0; r < model.Problem.Resources.Count; r++)
        {
            SharedResource resource = model.Problem.Resources[r];
            for (int t = 0; t < model.Quarters; t++)
            {
                List<(int, double)> used = [];
                double scale = 0;
                foreach (OrderColumn order in model.Orders.Where(o => o.Production == t))
                {
                    double use = model.Problem.Offers[order.Offer].ResourcePerUnit.GetValueOrDefault(resource.Id);
                    used.Add((order.Column, use * order.ThousandsPerUnit));
                    scale = Math.Max(scale, use);
                }

                if (scale > 0)
                {
                    string name = $"resource[{resource.Id},{model.Problem.Quarters[t]}]";
                    int row = model.Linear.AtMost(
                        name, used.Where(u => u.Item2 > 0).Select(u => (u.Item1, u.Item2 / scale)), resource.LimitByQuarter[t] / PlanModel.ChipsPerUnit / scale);
                    model.ResourceRows.Add((row, r, t, scale));
                }
            }
        }
    }

    public static void AddShortages(PlanModel model)
    {
        for (int s = 0; s < model.Problem.Scenarios.Count; s++)
        {
            AddCutLimits(model, s);
            for (int r = 0; r < model.Problem.Resources.Count; r++)
            {
                for (int t = 0; t < model.Quarters; t++)
                {
                    AddShortage(model, s, r, t);
                }
            }
        }
    }

    private static void AddCutLimits(PlanModel model, int s)
    {
        for (int i = 0; i < model.Orders.Count; i++)
        {
            if (model.Cut[s, i] != PlanModel.None)
            {
                model.Linear.AtLeast($"cut[{s},{i}]", model.Delivered(s, i), 0);
            }
        }
    }

    private static void AddShortage(PlanModel model, int s, int r, int t)
    {
        SharedResource resource = model.Problem.Resources[r];
        double left = Multiplier(model.Problem.Scenarios[s], resource, t);
        if (left >= 1)
        {
            return;
        }

        List<(int, double)> used = [];
        double scale = model.Problem.Offers.Select(o => o.ResourcePerUnit.GetValueOrDefault(resource.Id)).DefaultIfEmpty().Max();
        for (int i = 0; i < model.Orders.Count; i++)
        {
            double use = model.Problem.Offers[model.Orders[i].Offer].ResourcePerUnit.GetValueOrDefault(resource.Id);
            if (model.Orders[i].Production == t && use > 0)
            {
                used.AddRange(model.Delivered(s, i).Select(d => (d.Column, d.Coefficient * use / scale)));
            }
        }

        if (used.Count > 0)
        {
            double limit = left * resource.LimitByQuarter[t] / PlanModel.ChipsPerUnit / scale;
            model.Linear.AtMost($"shortage[{s},{resource.Id},{model.Problem.Quarters[t]}]", used, limit);
        }
    }
}
