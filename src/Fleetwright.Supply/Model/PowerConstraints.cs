namespace Fleetwright.Supply.Model;

/// <summary>Own chips at work draw no more than the power that has arrived: <c>Σ_k watts[k] · (Σ_w assign[s, k, w, t] − rent[s, k, t]) ≤ power[t]</c>.
/// Rented chips stand in the landlord's hall.</summary>
internal static class PowerConstraints
{
    /// <summary>The chips of a kind that work in a quarter, own and rented.</summary>
    public static IEnumerable<(int Column, double Coefficient)> Assigned(PlanModel model, int s, int k, int t)
    {
        for (int w = 0; w < model.Problem.Workloads.Count; w++)
        {
            if (model.Assign[s, k, w, t] is >= 0 and int column)
            {
                yield return (column, 1);
            }
        }
    }

    /// <summary>The chips of a kind that draw our power in a quarter.</summary>
    public static IEnumerable<(int Column, double Coefficient)> Powered(PlanModel model, int s, int k, int t) =>
        model.Rent[s, k, t] is >= 0 and int rent ? [.. Assigned(model, s, k, t), (rent, -1)] : Assigned(model, s, k, t);

    public static void Add(PlanModel model)
    {
        for (int s = 0; s < model.Problem.Scenarios.Count; s++)
        {
            for (int t = 0; t < model.Quarters; t++)
            {
                List<(int, double)> drawn = [];
                for (int k = 0; k < model.Problem.Chips.Count; k++)
                {
                    double kilowatts = model.Problem.Chips[k].WattsAtMeter / 1000;
                    drawn.AddRange(Powered(model, s, k, t).Select(p => (p.Column, p.Coefficient * kilowatts)));
                }

                if (drawn.Count > 0)
                {
                    // Thousands of chips at kilowatts each are megawatts.
                    model.PowerRow[s, t] = model.Linear.AtMost(
                        $"power[{s},{model.Problem.Quarters[t]}]", drawn, model.Problem.PowerWattsByQuarter[t] / (1000 * PlanModel.ChipsPerUnit));
                }
            }
        }
    }
}
