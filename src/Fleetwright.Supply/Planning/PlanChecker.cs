using System.Globalization;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Planning;

/// <summary>Checks a plan against its problem in plain arithmetic. It shares no code with what builds the model and reads the plan, so that a mistake in either shows.</summary>
public sealed class PlanChecker
{
    private const double Tolerance = 1e-5;
    private readonly SupplyProblem _problem;
    private readonly SupplyPlan _plan;
    private readonly List<PlanViolation> _found = [];

    private PlanChecker(SupplyProblem problem, SupplyPlan plan) => (_problem, _plan) = (problem, plan);

    /// <summary>Every constraint that the plan breaks and every figure in it that does not follow from its decisions, beyond 1e-5 of the figures compared; empty when all is well.</summary>
    public static IReadOnlyList<PlanViolation> Check(SupplyProblem problem, SupplyPlan plan)
    {
        PlanChecker checker = new(problem, plan);
        checker.CheckOrders();
        checker.CheckPlannedResources();
        for (int s = 0; s < problem.Scenarios.Count; s++)
        {
            checker.CheckScenario(problem.Scenarios[s], plan.Scenarios[s]);
        }

        checker.CheckTotals();
        return checker._found;
    }

    private void CheckOrders()
    {
        foreach (SupplyOffer offer in _problem.Offers)
        {
            OrderLine[] lines = [.. _plan.Orders.Where(l => l.OfferId == offer.Id)];
            double total = lines.Sum(l => l.Units);
            bool isSigned = _plan.Contracts.SingleOrDefault(c => c.OfferId == offer.Id)?.IsSigned ?? true;
            double allowed = isSigned ? 1 : 0;
            foreach (OrderLine line in lines)
            {
                string place = $"[{offer.Id},{_problem.Quarters[line.OrderQuarter]}]";
                AtLeast("order not negative" + place, line.Units, 0, 1);
                AtLeast("earliest order" + place, line.OrderQuarter, offer.EarliestOrderQuarter, 1);
                Equal("lead time" + place, line.DeliveryQuarter, line.OrderQuarter + offer.LeadQuartersByQuarter[line.OrderQuarter], 1);
                Equal("price" + place, line.UnitPriceDollars, offer.UnitPriceByQuarter[line.OrderQuarter]);
                Equal("chip" + place, line.ChipId == offer.ChipId ? 1 : 0, 1);
                if (offer.LotUnits > 0)
                {
                    double lots = line.Units / offer.LotUnits;
                    Equal("whole lots" + place, lots, Math.Round(lots), 1);
                }
            }

            for (int t = 0; t < _problem.Quarters.Count; t++)
            {
                double delivered = lines.Where(l => l.DeliveryQuarter == t).Sum(l => l.Units);
                AtMost($"capacity[{offer.Id},{_problem.Quarters[t]}]", delivered, allowed * offer.CapacityByQuarter[t]);
            }

            AtLeast($"minimum[{offer.Id}]", total, (offer.IsSigned || isSigned) && offer.MinimumUnits > 0 ? offer.MinimumUnits : 0);
            AtLeast($"signed before[{offer.Id}]", allowed, offer.IsSigned ? 1 : 0, 1);
        }
    }

    private void CheckPlannedResources()
    {
        foreach (SharedResource resource in _problem.Resources)
        {
            for (int t = 0; t < _problem.Quarters.Count; t++)
            {
                double used = 0;
                foreach (OrderLine line in _plan.Orders)
                {
                    SupplyOffer offer = Offer(line.OfferId);
                    int made = line.DeliveryQuarter > line.OrderQuarter ? line.DeliveryQuarter - 1 : line.OrderQuarter;
                    used += made == t ? line.Units * offer.ResourcePerUnit.GetValueOrDefault(resource.Id) : 0;
                }

                AtMost($"resource[{resource.Id},{_problem.Quarters[t]}]", used, resource.LimitByQuarter[t]);
            }
        }
    }

    private void CheckScenario(SupplyScenario scenario, ScenarioOutcome outcome)
    {
        string name = $"[{scenario.Id}";
        Equal($"scenario{name}]", scenario.Id == outcome.Id ? 1 : 0, 1);
        Equal($"probability{name}]", outcome.Probability, scenario.Probability);
        CheckDeliveries(scenario, outcome);
        for (int t = 0; t < _problem.Quarters.Count; t++)
        {
            CheckChips(scenario, outcome, t);
        }

        foreach (SupplyWorkload workload in _problem.Workloads)
        {
            CheckWork(workload, scenario, outcome);
        }

        CheckCost(scenario, outcome);
    }

    private void CheckDeliveries(SupplyScenario scenario, ScenarioOutcome outcome)
    {
        double[,] used = new double[_problem.Resources.Count, _problem.Quarters.Count];
        Equal($"deliveries[{scenario.Id}]", outcome.Deliveries.Count, _plan.Orders.Count, 1);
        foreach (Delivery delivery in outcome.Deliveries)
        {
            SupplyOffer offer = Offer(delivery.OfferId);
            string place = $"[{scenario.Id},{offer.Id},{_problem.Quarters[delivery.OrderQuarter]}]";
            double ordered = _plan.Orders
                .Where(l => l.OfferId == delivery.OfferId && l.OrderQuarter == delivery.OrderQuarter).Sum(l => l.Units);
            int made = delivery.DeliveryQuarter > delivery.OrderQuarter ? delivery.DeliveryQuarter - 1 : delivery.OrderQuarter;
            double works = Math.Min(SiteShare(scenario, offer.FabSiteId, made), SiteShare(scenario, offer.PackagingSiteId, made));
            Equal("ordered" + place, delivery.OrderedUnits, ordered);
            Equal("delivery quarter" + place, delivery.DeliveryQuarter, delivery.OrderQuarter + offer.LeadQuartersByQuarter[delivery.OrderQuarter], 1);
            AtLeast("delivery not negative" + place, delivery.DeliveredUnits, 0, 1);
            AtMost("delivery of what sites made" + place, delivery.DeliveredUnits, ordered * works);

            // Deliveries may be cut only for a resource that runs short.
            bool mayBeCut = false;
            for (int r = 0; r < _problem.Resources.Count; r++)
            {
                double use = offer.ResourcePerUnit.GetValueOrDefault(_problem.Resources[r].Id);
                used[r, made] += use * delivery.DeliveredUnits;
                mayBeCut |= use > 0 && ResourceShare(scenario, _problem.Resources[r], made) < 1;
            }

            if (!mayBeCut)
            {
                AtLeast("delivery in full" + place, delivery.DeliveredUnits, ordered * works);
            }
        }

        for (int r = 0; r < _problem.Resources.Count; r++)
        {
            for (int t = 0; t < _problem.Quarters.Count; t++)
            {
                SharedResource resource = _problem.Resources[r];
                double left = resource.LimitByQuarter[t] * Math.Min(1, ResourceShare(scenario, resource, t));
                AtMost($"shortage[{scenario.Id},{resource.Id},{_problem.Quarters[t]}]", used[r, t], left);
            }
        }
    }

    private void CheckChips(SupplyScenario scenario, ScenarioOutcome outcome, int t)
    {
        double watts = 0;
        foreach (ChipKind chip in _problem.Chips)
        {
            string place = $"[{scenario.Id},{chip.Id},{_problem.Quarters[t]}]";
            double fleet = FleetOf(scenario, outcome, chip, t);
            double rented = outcome.Rented[chip.Id][t];
            double working = 0;
            foreach (SupplyWorkload workload in _problem.Workloads)
            {
                double chips = outcome.Assigned[chip.Id][workload.Id][t];
                AtLeast($"assignment not negative{place}", chips, 0, 1);
                working += chips;
            }

            double limit = _problem.Rentals.SingleOrDefault(r => r.ChipId == chip.Id)?.LimitByQuarter[t] ?? 0;
            Equal("fleet" + place, outcome.Fleet[chip.Id][t], fleet);
            AtLeast("rent not negative" + place, rented, 0, 1);
            AtMost("rental limit" + place, rented, limit);
            AtMost("assignment within fleet" + place, working, fleet + rented);
            AtLeast("rented chips work" + place, working, rented);
            watts += chip.WattsAtMeter * (working - rented);
        }

        Equal($"power drawn[{scenario.Id},{_problem.Quarters[t]}]", outcome.PowerWatts[t], watts, 1e6);
        // Solvers hold their rows to an absolute tolerance, and power is stated to them in megawatts: with next to no power a few watts are within it.
        AtMost($"power[{scenario.Id},{_problem.Quarters[t]}]", watts, _problem.PowerWattsByQuarter[t], 1e6);
    }

    private double FleetOf(SupplyScenario scenario, ScenarioOutcome outcome, ChipKind chip, int quarter)
    {
        double units = 0;
        for (int born = quarter; born >= 0 && quarter - born < chip.UsefulLifeQuarters; born--)
        {
            units += outcome.Deliveries.Where(d => d.DeliveryQuarter == born && Offer(d.OfferId).ChipId == chip.Id).Sum(d => d.DeliveredUnits);
            foreach (OwnedChips owned in _problem.Owned)
            {
                if (owned.ChipId == chip.Id)
                {
                    double works = born == 0
                        ? 1
                        : Math.Min(SiteShare(scenario, owned.FabSiteId, born - 1), SiteShare(scenario, owned.PackagingSiteId, born - 1));
                    units += works * owned.ArrivalsByQuarter[born];
                }
            }
        }

        return units;
    }

    private void CheckWork(SupplyWorkload workload, SupplyScenario scenario, ScenarioOutcome outcome)
    {
        int quarters = _problem.Quarters.Count;
        double[] wanted = new double[quarters];
        double[] done = new double[quarters];
        for (int t = 0; t < quarters; t++)
        {
            wanted[t] = workload.DemandByQuarter[t]
                * (scenario.DemandMultipliers.TryGetValue(workload.Id, out IReadOnlyList<double>? path) ? path[t] : 1);
            foreach (ChipKind chip in _problem.Chips)
            {
                bool isAble = workload.UnitsPerSecondByChip.TryGetValue(chip.Id, out double rate);
                done[t] += isAble ? rate * outcome.Assigned[chip.Id][workload.Id][t] : 0;
            }
        }

        if (workload.IsMovable)
        {
            int last = Array.FindLastIndex([.. workload.DemandByQuarter], d => d > 0);
            for (int t = 0; t < quarters; t++)
            {
                double outside = wanted[t] > 0 ? 0 : done[t];
                AtMost($"work in its window[{scenario.Id},{workload.Id},{_problem.Quarters[t]}]", outside, 0, wanted.Sum());
            }

            CheckUnserved(workload, scenario, Math.Max(0, last), wanted.Sum(), done.Sum(), outcome.Unserved[workload.Id].Sum());
            return;
        }

        for (int t = 0; t < quarters; t++)
        {
            CheckUnserved(workload, scenario, t, wanted[t], done[t], outcome.Unserved[workload.Id][t]);
        }
    }

    private void CheckUnserved(SupplyWorkload workload, SupplyScenario scenario, int t, double wanted, double done, double unserved)
    {
        string place = $"[{scenario.Id},{workload.Id},{_problem.Quarters[t]}]";
        Equal("unserved" + place, unserved, Math.Max(0, wanted - done), wanted);
        AtMost("unserved share" + place, unserved, workload.MaximumUnservedShare * wanted, wanted);
    }

    private void CheckCost(SupplyScenario scenario, ScenarioOutcome outcome)
    {
        double perQuarter = Math.Pow(1 + _problem.DiscountPerYear, 0.25);
        double fixedCost = 0;
        foreach (ContractDecision contract in _plan.Contracts)
        {
            SupplyOffer offer = Offer(contract.OfferId);
            fixedCost += contract.IsSigned && !offer.IsSigned ? offer.FixedDollars / Math.Pow(perQuarter, offer.EarliestOrderQuarter) : 0;
        }

        double purchase = 0;
        double salvage = 0;
        foreach (Delivery delivery in outcome.Deliveries)
        {
            SupplyOffer offer = Offer(delivery.OfferId);
            int life = _problem.Chips.Single(c => c.Id == offer.ChipId).UsefulLifeQuarters;
            double paid = delivery.DeliveredUnits * offer.UnitPriceByQuarter[delivery.OrderQuarter] / Math.Pow(perQuarter, delivery.DeliveryQuarter);

            // In closed form: of an annuity over the life, the share of present value that lies beyond the horizon.
            int used = Math.Min(life, _problem.Quarters.Count - delivery.DeliveryQuarter);
            double share = perQuarter > 1
                ? (1 - Math.Pow(perQuarter, -used)) / (1 - Math.Pow(perQuarter, -life))
                : used / (double)life;
            purchase += paid;
            salvage += paid * (1 - share);
        }

        double running = 0;
        double energy = 0;
        double rent = 0;
        double penalty = 0;
        for (int t = 0; t < _problem.Quarters.Count; t++)
        {
            double now = Math.Pow(perQuarter, -t);
            running += now * _problem.Chips.Sum(c => c.RunningDollarsPerQuarter * FleetOf(scenario, outcome, c, t));
            energy += now * outcome.PowerWatts[t] * (365.25 / 4 * 86400) * _problem.EnergyDollarsPerJouleByQuarter[t];
            rent += now * _problem.Rentals.Sum(r => r.DollarsPerChipQuarter[t] * outcome.Rented[r.ChipId][t]);
            penalty += now * _problem.Workloads.Sum(w => w.UnservedDollarsPerUnitQuarter * outcome.Unserved[w.Id][t]);
        }

        string place = $"[{scenario.Id}]";
        double all = fixedCost + purchase - salvage + running + energy + rent + penalty;
        Equal("fixed cost" + place, outcome.Cost.FixedDollars, fixedCost, all);
        Equal("purchases" + place, outcome.Cost.PurchaseDollars, purchase, all);
        Equal("salvage" + place, outcome.Cost.SalvageDollars, salvage, all);
        Equal("running cost" + place, outcome.Cost.RunningDollars, running, all);
        Equal("energy" + place, outcome.Cost.EnergyDollars, energy, all);
        Equal("rent" + place, outcome.Cost.RentalDollars, rent, all);
        Equal("penalties" + place, outcome.Cost.UnservedDollars, penalty, all);
        Equal("cost" + place, outcome.Cost.TotalDollars, all);
    }

    private void CheckTotals()
    {
        double expected = _plan.Scenarios.Sum(o => o.Probability * o.Cost.TotalDollars);

        // CVaR as the minimum over thresholds; it is taken at one of the costs.
        double cvar = double.PositiveInfinity;
        foreach (ScenarioOutcome at in _plan.Scenarios)
        {
            double threshold = at.Cost.TotalDollars;
            double above = _plan.Scenarios.Sum(o => o.Probability * Math.Max(0, o.Cost.TotalDollars - threshold));
            cvar = Math.Min(cvar, threshold + (above / (1 - _problem.RiskLevel)));
        }

        double objective = ((1 - _problem.RiskWeight) * expected) + (_problem.RiskWeight * cvar);
        Equal("expected cost", _plan.ExpectedCost.TotalDollars, expected);
        Equal("CVaR", _plan.ConditionalValueAtRiskDollars, cvar);
        Equal("objective", _plan.ObjectiveDollars, objective);
        AtMost("bound", _plan.BoundDollars, objective);
        for (int t = 0; t < _problem.Quarters.Count; t++)
        {
            double chips = _plan.Scenarios.Sum(o => o.Probability * o.Fleet.Values.Sum(f => f[t]));
            Equal($"expected fleet[{_problem.Quarters[t]}]", _plan.Fleet.Sum(l => l.ExpectedUnits[t]), chips);
        }
    }

    private static double SiteShare(SupplyScenario scenario, string? site, int quarter) =>
        site is not null && scenario.SiteAvailability.TryGetValue(site, out IReadOnlyList<double>? share) ? share[quarter] : 1;

    private static double ResourceShare(SupplyScenario scenario, SharedResource resource, int quarter) =>
        SiteShare(scenario, resource.SiteId, quarter)
        * (scenario.ResourceMultipliers.TryGetValue(resource.Id, out IReadOnlyList<double>? share) ? share[quarter] : 1);

    private SupplyOffer Offer(string id) => _problem.Offers.Single(o => o.Id == id);

    private void AtMost(string name, double value, double limit, double scale = 0) =>
        Note(name, value, limit, "at most", value - limit, scale);

    private void AtLeast(string name, double value, double limit, double scale = 0) =>
        Note(name, value, limit, "at least", limit - value, scale);

    private void Equal(string name, double value, double expected, double scale = 0) =>
        Note(name, value, expected, "equal to", Math.Abs(value - expected), scale);

    private void Note(string name, double value, double limit, string relation, double excess, double scale)
    {
        // A figure below one unit (a chip, a watt, a dollar) is compared with one unit.
        double size = Math.Max(Math.Max(Math.Abs(value), Math.Abs(limit)), Math.Max(Math.Abs(scale), 1));
        if (!(excess <= Tolerance * size))
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{name}: {value:G9} must be {relation} {limit:G9}");
            _found.Add(new PlanViolation(name, value, limit, text));
        }
    }
}

/// <summary>Something that is wrong with a plan.</summary>
/// <param name="Constraint">The constraint or figure, with where in brackets.</param>
/// <param name="Value">What the plan has.</param>
/// <param name="Limit">What it may or should have.</param>
/// <param name="Text">All of it as a sentence.</param>
public sealed record PlanViolation(string Constraint, double Value, double Limit, string Text);
