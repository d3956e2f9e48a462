using System.Globalization;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Problem;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Planning;

/// <summary>Says why there is no plan: solves again without limits on unserved work and names where they are broken.</summary>
internal static class Infeasibility
{
    public static string Reason(
        SupplyProblem problem, SupplyOptions options, ISolver solver, FirstStage? given, CancellationToken cancellation)
    {
        if (problem.Workloads.All(w => w.MaximumUnservedShare >= 1))
        {
            return "The contracts that are signed ask for more than can be delivered: "
                + string.Join(", ", problem.Offers.Where(o => o.IsSigned).Select(o => o.Id)) + ".";
        }

        SupplyProblem relaxed = problem with { Workloads = [.. problem.Workloads.Select(w => w with { MaximumUnservedShare = 1 })] };
        SupplyResult result = SupplyPlanner.Solve(relaxed, options with { ShadowPrices = false }, solver, given, cancellation);
        if (result.Plan is null)
        {
            return result.Reason;
        }

        (string Text, double Over) worst = ("", 0);
        foreach (SupplyWorkload workload in problem.Workloads)
        {
            foreach (ScenarioOutcome outcome in result.Plan.Scenarios)
            {
                SupplyScenario scenario = problem.Scenarios.First(s => s.Id == outcome.Id);
                double total = Enumerable.Range(0, problem.Quarters.Count).Sum(i => workload.DemandByQuarter[i] * scenario.Demand(workload.Id, i));
                for (int t = 0; t < problem.Quarters.Count; t++)
                {
                    double demand = workload.IsMovable ? total : workload.DemandByQuarter[t] * scenario.Demand(workload.Id, t);
                    double share = demand > 0 ? outcome.Unserved[workload.Id][t] / demand : 0;
                    if (share - workload.MaximumUnservedShare > worst.Over)
                    {
                        string text = string.Create(
                            CultureInfo.InvariantCulture,
                            $"{share:P0} of {workload.Id} would go unserved in {problem.Quarters[t]} of scenario '{outcome.Id}', and {workload.MaximumUnservedShare:P0} is allowed");
                        worst = (text, share - workload.MaximumUnservedShare);
                    }
                }
            }
        }

        return worst.Over > 0
            ? "No plan keeps unserved demand within its limits. In the best plan without them, " + worst.Text + "."
            : "No plan satisfies all limits together.";
    }
}
