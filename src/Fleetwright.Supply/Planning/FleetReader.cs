using Fleetwright.Supply.Model;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Planning;

/// <summary>Chips installed, from what was delivered.</summary>
internal static class FleetReader
{
    /// <summary>Chips of a kind installed in each quarter of a scenario.</summary>
    public static double[] Installed(SupplyProblem problem, SupplyScenario scenario, IReadOnlyList<Delivery> deliveries, int chip) =>
        Standing(Arrivals(problem, scenario, deliveries, problem.Chips[chip].Id, null), problem.Chips[chip].UsefulLifeQuarters);

    /// <summary>Chips installed by kind and maker over the scenarios, for makers of whom there are any.</summary>
    public static IEnumerable<FleetLine> Lines(SupplyProblem problem, IReadOnlyList<ScenarioOutcome> outcomes)
    {
        foreach (ChipKind chip in problem.Chips)
        {
            string[] makers =
            [
                .. problem.Owned.Where(o => o.ChipId == chip.Id).Select(o => o.Maker)
                    .Concat(problem.Offers.Where(o => o.ChipId == chip.Id).Select(o => o.Maker)).Distinct(),
            ];
            foreach (string maker in makers)
            {
                double[][] arrivals = [.. outcomes.Select((o, s) => Arrivals(problem, problem.Scenarios[s], o.Deliveries, chip.Id, maker))];
                double[][] standing = [.. arrivals.Select(a => Standing(a, chip.UsefulLifeQuarters))];
                FleetLine line = new(
                    chip.Id,
                    maker,
                    Over(problem, t => outcomes.Select((o, s) => o.Probability * standing[s][t]).Sum()),
                    Over(problem, t => standing.Min(f => f[t])),
                    Over(problem, t => standing.Max(f => f[t])),
                    Over(problem, t => outcomes.Select((o, s) => o.Probability * arrivals[s][t]).Sum()));
                if (line.HighestUnits.Any(u => u > 0))
                {
                    yield return line;
                }
            }
        }
    }

    private static double[] Arrivals(
        SupplyProblem problem, SupplyScenario scenario, IReadOnlyList<Delivery> deliveries, string chip, string? maker)
    {
        double[] arrivals = new double[problem.Quarters.Count];
        foreach (OwnedChips owned in problem.Owned.Where(o => o.ChipId == chip && (maker ?? o.Maker) == o.Maker))
        {
            for (int t = 0; t < arrivals.Length; t++)
            {
                arrivals[t] += FleetConstraints.OwnedArrival(scenario, owned, t);
            }
        }

        foreach (Delivery delivery in deliveries)
        {
            SupplyOffer offer = problem.Offers.First(o => o.Id == delivery.OfferId);
            if (offer.ChipId == chip && (maker ?? offer.Maker) == offer.Maker)
            {
                arrivals[delivery.DeliveryQuarter] += delivery.DeliveredUnits;
            }
        }

        return arrivals;
    }

    private static double[] Standing(double[] arrivals, int life)
    {
        double[] standing = new double[arrivals.Length];
        for (int d = 0; d < arrivals.Length; d++)
        {
            for (int t = d; t < Math.Min(arrivals.Length, d + life); t++)
            {
                standing[t] += arrivals[d];
            }
        }

        return standing;
    }

    private static double[] Over(SupplyProblem problem, Func<int, double> value) => [.. Enumerable.Range(0, problem.Quarters.Count).Select(value)];
}
