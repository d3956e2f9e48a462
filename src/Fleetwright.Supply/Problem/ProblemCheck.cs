using System.Globalization;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Supply.Problem;

/// <summary>Checks that a problem makes sense before a model is built from it, and tells everything that is wrong.</summary>
internal sealed class ProblemCheck
{
    private readonly SupplyProblem _problem;
    private readonly List<Diagnostic> _found = [];

    private ProblemCheck(SupplyProblem problem) => _problem = problem;

    /// <exception cref="InputException">With every mistake found.</exception>
    public static void ThrowIfWrong(SupplyProblem problem)
    {
        ProblemCheck check = new(problem);
        check.Check();
        if (check._found.Count > 0)
        {
            throw new InputException(check._found);
        }
    }

    private void Check()
    {
        int quarters = _problem.Quarters.Count;
        Require(quarters > 0, "quarters", "at least one is needed");
        Require(
            Enumerable.Range(0, quarters).All(t => _problem.Quarters[t] == _problem.Quarters[0].Plus(t)), "quarters", "must follow one another");
        Require(_problem.Chips.Count > 0, "chips", "at least one is needed");
        Require(_problem.Workloads.Count > 0, "workloads", "at least one is needed");
        Require(_problem.Scenarios.Count > 0, "scenarios", "at least one is needed");
        Series("power", _problem.PowerWattsByQuarter);
        Series("energy price", _problem.EnergyDollarsPerJouleByQuarter);
        Require(_problem.DiscountPerYear is >= 0 and < 1, "discount", "must be at least 0 and below 1 a year");
        Require(_problem.RiskWeight is >= 0 and <= 1, "risk weight", "must lie between 0 and 1");
        Require(_problem.RiskLevel is >= 0 and < 1, "risk level", "must be at least 0 and below 1");
        Distinct("sites", _problem.Sites.Select(s => s.Id));
        Distinct("chips", _problem.Chips.Select(c => c.Id));
        Distinct("offers", _problem.Offers.Select(o => o.Id));
        Distinct("workloads", _problem.Workloads.Select(w => w.Id));
        Distinct("resources", _problem.Resources.Select(r => r.Id));
        Distinct("rentals", _problem.Rentals.Select(r => r.ChipId));
        Distinct("scenarios", _problem.Scenarios.Select(s => s.Id));
        CheckSupply();
        foreach (SupplyWorkload workload in _problem.Workloads)
        {
            CheckWorkload(workload);
        }

        CheckScenarios();
    }

    private void CheckSupply()
    {
        foreach (SharedResource resource in _problem.Resources)
        {
            Series($"resources.{resource.Id}.limit", resource.LimitByQuarter);
            Site($"resources.{resource.Id}.site", resource.SiteId);
        }

        foreach (ChipKind chip in _problem.Chips)
        {
            NotNegative($"chips.{chip.Id}.watts", chip.WattsAtMeter);
            NotNegative($"chips.{chip.Id}.running cost", chip.RunningDollarsPerQuarter);
            Require(chip.UsefulLifeQuarters > 0, $"chips.{chip.Id}.useful life", "must be at least one quarter");
        }

        foreach (OwnedChips owned in _problem.Owned)
        {
            Chip($"owned.{owned.ChipId}", owned.ChipId);
            Series($"owned.{owned.ChipId}.arrivals", owned.ArrivalsByQuarter);
            Site($"owned.{owned.ChipId}.fab", owned.FabSiteId);
            Site($"owned.{owned.ChipId}.packaging", owned.PackagingSiteId);
        }

        foreach (RentalOffer rental in _problem.Rentals)
        {
            Chip($"rentals.{rental.ChipId}", rental.ChipId);
            Series($"rentals.{rental.ChipId}.price", rental.DollarsPerChipQuarter);
            Series($"rentals.{rental.ChipId}.limit", rental.LimitByQuarter);
        }

        foreach (SupplyOffer offer in _problem.Offers)
        {
            CheckOffer(offer, "offers." + offer.Id);
        }
    }

    private void CheckOffer(SupplyOffer offer, string field)
    {
        Chip(field + ".chip", offer.ChipId);
        Site(field + ".fab", offer.FabSiteId);
        Site(field + ".packaging", offer.PackagingSiteId);
        Series(field + ".price", offer.UnitPriceByQuarter);
        Series(field + ".capacity", offer.CapacityByQuarter);
        Series(field + ".lead time", [.. offer.LeadQuartersByQuarter.Select(l => (double)l)]);
        NotNegative(field + ".minimum", offer.MinimumUnits);
        NotNegative(field + ".fixed cost", offer.FixedDollars);
        NotNegative(field + ".lot", offer.LotUnits);
        Require(
            offer.EarliestOrderQuarter >= 0 && offer.EarliestOrderQuarter < _problem.Quarters.Count, field + ".earliest order", "must lie within the horizon");
        foreach ((string resource, double units) in offer.ResourcePerUnit)
        {
            Known(field + ".resources", "resource", resource, _problem.Resources.Select(r => r.Id));
            NotNegative($"{field}.resources.{resource}", units);
        }
    }

    private void CheckWorkload(SupplyWorkload workload)
    {
        string field = "workloads." + workload.Id;
        Series(field + ".demand", workload.DemandByQuarter);
        NotNegative(field + ".penalty", workload.UnservedDollarsPerUnitQuarter);
        Require(workload.MaximumUnservedShare is >= 0 and <= 1, field + ".maximum unserved", "must lie between 0 and 1");
        foreach ((string chip, double rate) in workload.UnitsPerSecondByChip)
        {
            Chip(field + ".rate", chip);
            NotNegative($"{field}.rate.{chip}", rate);
        }
    }

    private void CheckScenarios()
    {
        double sum = _problem.Scenarios.Sum(s => s.Probability);
        Require(Math.Abs(sum - 1) < 1e-9, "scenarios", string.Create(CultureInfo.InvariantCulture, $"the probabilities sum to {sum}, not to 1"));
        foreach (SupplyScenario scenario in _problem.Scenarios)
        {
            string field = "scenarios." + scenario.Id;
            Require(scenario.Probability > 0, field, "the probability must be above 0; leave out what cannot happen");
            Multipliers(field + ".demand", "workload", scenario.DemandMultipliers, _problem.Workloads.Select(w => w.Id), double.MaxValue);
            Multipliers(field + ".sites", "site", scenario.SiteAvailability, _problem.Sites.Select(s => s.Id), 1);
            Multipliers(field + ".resources", "resource", scenario.ResourceMultipliers, _problem.Resources.Select(r => r.Id), double.MaxValue);
        }
    }

    private void Multipliers(
        string field, string kind, IReadOnlyDictionary<string, IReadOnlyList<double>> series, IEnumerable<string> known, double most)
    {
        foreach ((string id, IReadOnlyList<double> values) in series)
        {
            Known(field, kind, id, known);
            Series($"{field}.{id}", values);
            Require(values.All(v => v <= most), $"{field}.{id}", "must not be above 1");
        }
    }

    private void Chip(string field, string id) => Known(field, "chip", id, _problem.Chips.Select(c => c.Id));

    private void Site(string field, string? id)
    {
        if (id is not null)
        {
            Known(field, "site", id, _problem.Sites.Select(s => s.Id));
        }
    }

    private void Known(string field, string kind, string id, IEnumerable<string> known) =>
        Require(known.Contains(id), field, $"there is no {kind} '{id}'; known are {string.Join(", ", known)}");

    private void Distinct(string field, IEnumerable<string> ids)
    {
        foreach (string id in ids.GroupBy(i => i).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            Require(false, field, $"'{id}' occurs twice");
        }
    }

    private void Series(string field, IReadOnlyList<double> values)
    {
        Require(
            values.Count == _problem.Quarters.Count,
            field,
            string.Create(CultureInfo.InvariantCulture, $"has {values.Count} values for {_problem.Quarters.Count} quarters"));
        Require(values.All(v => double.IsFinite(v) && v >= 0), field, "every value must be finite and not negative");
    }

    private void NotNegative(string field, double value) =>
        Require(double.IsFinite(value) && value >= 0, field, "must be finite and not negative");

    private void Require(bool condition, string field, string message)
    {
        if (!condition)
        {
            _found.Add(new Diagnostic("supply", 0, 0, field, message));
        }
    }
}
