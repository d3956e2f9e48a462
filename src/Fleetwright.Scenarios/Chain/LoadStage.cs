using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Inputs;

namespace Fleetwright.Scenarios.Chain;

/// <summary>What reaches the data centre: turns after placement, ranking samples, training tokens.</summary>
internal static class LoadStage
{
    public static IReadOnlyList<Load> Run(
        ChainContext context, IReadOnlyList<ProductTurns> turns, IReadOnlyList<PlacedProduct> placed,
        IReadOnlyList<WorkloadCapability> serving, IReadOnlyList<TrainingCapability> training) =>
        [.. serving.Select(s => Serving(context, s, turns, placed)), .. training.Select(t => Training(context, t))];

    private static Load Serving(ChainContext context, WorkloadCapability capability, IReadOnlyList<ProductTurns> turns, IReadOnlyList<PlacedProduct> placed)
    {
        Inputs.Workload workload = capability.Workload;
        if (workload.SampleRate is { } samples)
        {
            return new Load(workload.Name, workload.Title, "samples/s", context.ByQuarter(samples), capability.LoadPerChip, workload.UnservedPrice, 1, false, workload.UnservedLimit?.Value ?? 1);
        }

        double[] demand = new double[context.Quarters];
        double peak = 0, mean = 0;
        foreach ((ProductTurns t, PlacedProduct p) in turns.Zip(placed))
        {
            double share = t.Product.Cloud.Where(c => c.Workload == workload.Name).Sum(c => c.Share);
            for (int q = 0; q < demand.Length; q++)
            {
                double load = share * t.PeakTurns[q] * p.CloudShare[q];
                demand[q] += load;
                peak += load;
                mean += load / t.Product.PeakFactor;
            }
        }

        return new Load(workload.Name, workload.Title, "requests/s", demand, capability.LoadPerChip, workload.UnservedPrice, peak > 0 ? mean / peak : 1, false, workload.UnservedLimit?.Value ?? 1);
    }

    private static Load Training(ChainContext context, TrainingCapability capability)
    {
        TrainingPlan plan = capability.Plan;
        double rate = plan.Tokens / (TrainingStage.Window(plan) * Quarter.Seconds);
        return new Load(
            plan.Name, plan.Title, "tokens/s", [.. context.Scenario.Quarters.Select(q => q >= plan.Start && q <= plan.Deadline ? rate : 0)],
            capability.TokensPerSecondPerChip, plan.UnservedPrice, 1, true, plan.UnservedLimit?.Value ?? 1);
    }
}
