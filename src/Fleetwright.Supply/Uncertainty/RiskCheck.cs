using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Uncertainty;

/// <summary>Checks that risks name what there is and have probabilities.</summary>
internal static class RiskCheck
{
    /// <exception cref="InputException">With every mistake found.</exception>
    public static void ThrowIfWrong(SupplyProblem problem, SupplyRisks risks)
    {
        List<Diagnostic> found = [];
        void Require(bool condition, string field, string message)
        {
            if (!condition)
            {
                found.Add(new Diagnostic("risks", 0, 0, field, message));
            }
        }

        void Event(string id, double probability, int? duration, IReadOnlyList<int>? starts, double share)
        {
            Require(probability is >= 0 and <= 1, id, "the probability must lie between 0 and 1");
            Require(share is >= 0 and <= 1, id, "what remains must be a share between 0 and 1");
            Require(duration is null or > 0, id, "the duration must be at least one quarter");
            Require(
                starts is null || (starts.Count > 0 && starts.All(s => s >= 0 && s < problem.Quarters.Count)), id, "the start must lie within the horizon");
        }

        foreach (SiteOutageRisk outage in risks.Outages)
        {
            Event(outage.Id, outage.Probability, outage.DurationQuarters, outage.StartQuarters, outage.Availability);
            foreach (string site in outage.SiteIds)
            {
                Require(problem.Sites.Any(s => s.Id == site), outage.Id, $"there is no site '{site}'");
            }
        }

        foreach (ShortageRisk shortage in risks.Shortages)
        {
            Event(shortage.Id, shortage.Probability, shortage.DurationQuarters, shortage.StartQuarters, shortage.RemainingShare);
            Require(problem.Resources.Any(r => r.Id == shortage.ResourceId), shortage.Id, $"there is no resource '{shortage.ResourceId}'");
        }

        foreach (DemandPath path in risks.DemandPaths)
        {
            Require(path.Probability is >= 0 and <= 1, path.Id, "the probability must lie between 0 and 1");
            Require(path.Multipliers.Values.All(m => m.Count == problem.Quarters.Count), path.Id, "one multiplier for each quarter is needed");
        }

        double sum = risks.DemandPaths.Sum(p => p.Probability);
        Require(
            risks.DemandPaths.Count == 0 || Math.Abs(sum - 1) < 1e-9,
            "demand",
            string.Create(CultureInfo.InvariantCulture, $"the probabilities of the paths sum to {sum}, not to 1"));
        if (found.Count > 0)
        {
            throw new InputException(found);
        }
    }
}
