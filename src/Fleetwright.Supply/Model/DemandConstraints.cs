using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>
/// Work is done or goes unserved: <c>Σ_k rate[k, w] · assign[s, k, w, t] + unserved[s, w, t] ≥ demand[w, t] · multiplier[s, w, t]</c>;
/// for movable work (a training job) only the sum over its window counts. Divided by the best chip's rate, so that coefficients are at most 1.
/// </summary>
internal static class DemandConstraints
{
    public static void Add(PlanModel model)
    {
        for (int s = 0; s < model.Problem.Scenarios.Count; s++)
        {
            for (int w = 0; w < model.Problem.Workloads.Count; w++)
            {
                SupplyWorkload workload = model.Problem.Workloads[w];
                if (workload.IsMovable)
                {
                    Add(model, s, w, workload.LastQuarter, 0, model.Quarters);
                    continue;
                }

                for (int t = 0; t < model.Quarters; t++)
                {
                    Add(model, s, w, t, t, t + 1);
                }
            }
        }
    }

    private static void Add(PlanModel model, int s, int w, int unservedQuarter, int from, int to)
    {
        if (unservedQuarter < 0 || model.Unserved[s, w, unservedQuarter] == PlanModel.None)
        {
            return;
        }

        SupplyWorkload workload = model.Problem.Workloads[w];
        List<(int, double)> done = [(model.Unserved[s, w, unservedQuarter], 1)];
        double demand = 0;
        for (int t = from; t < to; t++)
        {
            demand += model.Demand(s, w, t);
            for (int k = 0; k < model.Problem.Chips.Count; k++)
            {
                if (model.Assign[s, k, w, t] is >= 0 and int column)
                {
                    done.Add((column, workload.UnitsPerSecond(model.Problem.Chips[k].Id) * PlanModel.ChipsPerUnit / model.UnservedScale[w]));
                }
            }
        }

        model.Linear.AtLeast(
            $"demand[{s},{workload.Id},{model.Problem.Quarters[unservedQuarter]}]", done, demand / model.UnservedScale[w]);
    }
}
