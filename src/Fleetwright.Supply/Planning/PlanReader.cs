using Fleetwright.Catalog.Units;
using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Planning;

/// <summary>Reads a plan out of a solution. Only decisions are read; everything that follows from them is computed here, so that the plan adds up exactly.</summary>
internal sealed class PlanReader
{
    private readonly PlanModel _model;
    private readonly SupplyProblem _problem;
    private readonly LinearSolution _solution;

    private PlanReader(PlanModel model, LinearSolution solution) => (_model, _problem, _solution) = (model, model.Problem, solution);

    public static SupplyPlan Read(PlanModel model, LinearSolution solution) => new PlanReader(model, solution).Read();

    private SupplyPlan Read()
    {
        ScenarioOutcome[] outcomes = [.. Enumerable.Range(0, _problem.Scenarios.Count).Select(Outcome)];
        (double Probability, double Dollars)[] costs = [.. outcomes.Select(o => (o.Probability, o.Cost.TotalDollars))];
        (double var, double cvar) = Risk.Tail(costs, _problem.RiskLevel);
        CostBreakdown expected = CostBreakdown.Mean(outcomes.Select(o => (o.Probability, o.Cost)));
        double objective = ((1 - _problem.RiskWeight) * expected.TotalDollars) + (_problem.RiskWeight * cvar);
        return new SupplyPlan
        {
            Quarters = _problem.Quarters,
            Contracts = [.. Contracts()],
            Orders = [.. OrderLines()],
            Fleet = [.. FleetReader.Lines(_problem, outcomes)],
            ExpectedAssigned = TableByChip(k => Series(_problem.Workloads.Select(w => w.Id), w => Mean(outcomes, o => o.Assigned[k][w]))),
            ExpectedRented = ByChip(k => Mean(outcomes, o => o.Rented[k])),
            ExpectedUnserved = Series(_problem.Workloads.Select(w => w.Id), w => Mean(outcomes, o => o.Unserved[w])),
            ExpectedPowerWatts = Mean(outcomes, o => o.PowerWatts),
            Scenarios = outcomes,
            ExpectedCost = expected,
            ValueAtRiskDollars = var,
            ConditionalValueAtRiskDollars = cvar,
            ObjectiveDollars = objective,
            BoundDollars = Math.Min(objective, _solution.Bound * PlanModel.DollarsPerUnit),
            Solver = _solution.Solver,
        };
    }

    private double Value(int column)
    {
        double value = column == PlanModel.None ? 0 : _solution.Values[column];
        return value < 1e-9 ? 0 : value;
    }

    private double Ordered(int i)
    {
        OrderColumn order = _model.Orders[i];
        double units = Value(order.Column);
        bool isWhole = _problem.Offers[order.Offer].LotUnits > 0;
        return (isWhole ? Math.Round(units) : units) * order.ThousandsPerUnit * PlanModel.ChipsPerUnit;
    }

    private IEnumerable<ContractDecision> Contracts()
    {
        for (int o = 0; o < _problem.Offers.Count; o++)
        {
            if (_model.Sign[o] != PlanModel.None)
            {
                SupplyOffer offer = _problem.Offers[o];
                bool isSigned = Value(_model.Sign[o]) > 0.5;
                yield return new ContractDecision(offer.Id, isSigned, isSigned && !offer.IsSigned ? offer.FixedDollars : 0);
            }
        }
    }

    private IEnumerable<OrderLine> OrderLines()
    {
        for (int i = 0; i < _model.Orders.Count; i++)
        {
            OrderColumn order = _model.Orders[i];
            SupplyOffer offer = _problem.Offers[order.Offer];
            double units = Ordered(i);
            if (units > 0)
            {
                yield return new OrderLine(
                    offer.Id, offer.ChipId, offer.Maker, order.Quarter, order.Delivery, units, offer.UnitPriceByQuarter[order.Quarter]);
            }
        }
    }

    private ScenarioOutcome Outcome(int s)
    {
        SupplyScenario scenario = _problem.Scenarios[s];
        Delivery[] deliveries = [.. Enumerable.Range(0, _model.Orders.Count).Select(i => Delivered(s, i)).Where(d => d.OrderedUnits > 0)];
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> assigned =
            TableByChip(k => Series(_problem.Workloads.Select(w => w.Id), w => Chips(t => _model.Assign[s, _model.ChipIndex[k], WorkloadIndex(w), t])));
        IReadOnlyDictionary<string, IReadOnlyList<double>> rented = ByChip(k => Chips(t => _model.Rent[s, _model.ChipIndex[k], t]));
        ScenarioOutcome outcome = new()
        {
            Id = scenario.Id,
            Probability = scenario.Probability,
            Deliveries = deliveries,
            Fleet = ByChip(k => FleetReader.Installed(_problem, scenario, deliveries, _model.ChipIndex[k])),
            Assigned = assigned,
            Rented = rented,
            Unserved = Series(_problem.Workloads.Select(w => w.Id), w => UnservedWork(s, WorkloadIndex(w), assigned)),
            PowerWatts = [.. Enumerable.Range(0, _model.Quarters).Select(t => Watts(assigned, rented, t))],
            Cost = new CostBreakdown(),
        };
        return outcome with { Cost = Cost(outcome) };
    }

    private Delivery Delivered(int s, int i)
    {
        OrderColumn order = _model.Orders[i];
        SupplyOffer offer = _problem.Offers[order.Offer];
        double ordered = Ordered(i);
        double arrived = (ordered * order.Availability(offer, _problem.Scenarios[s])) - (Value(_model.Cut[s, i]) * PlanModel.ChipsPerUnit);
        return new Delivery(offer.Id, order.Quarter, order.Delivery, ordered, Math.Max(0, arrived));
    }

    private double[] Chips(Func<int, int> column) =>
        [.. Enumerable.Range(0, _model.Quarters).Select(t => Value(column(t)) * PlanModel.ChipsPerUnit)];

    private double[] UnservedWork(
        int s, int w, IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> assigned)
    {
        SupplyWorkload workload = _problem.Workloads[w];
        double[] missing = new double[_model.Quarters];
        for (int t = 0; t < missing.Length; t++)
        {
            missing[t] = _model.Demand(s, w, t) - _problem.Chips.Sum(c => workload.UnitsPerSecond(c.Id) * assigned[c.Id][workload.Id][t]);
        }

        if (workload.IsMovable && workload.LastQuarter >= 0)
        {
            double total = missing.Sum();
            missing.AsSpan().Clear();
            missing[workload.LastQuarter] = total;
        }

        // The solver's values have eight digits: less than that of the demand is nothing.
        double least = 1e-7 * workload.DemandByQuarter.Max();
        return [.. missing.Select(m => m < least ? 0 : m)];
    }

    private double Watts(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> assigned,
        IReadOnlyDictionary<string, IReadOnlyList<double>> rented,
        int t) =>
        _problem.Chips.Sum(c => c.WattsAtMeter * Math.Max(0, assigned[c.Id].Values.Sum(work => work[t]) - rented[c.Id][t]));

    private CostBreakdown Cost(ScenarioOutcome outcome)
    {
        double rate = _problem.DiscountPerYear;
        double purchase = 0;
        double charged = 0;
        foreach (Delivery delivery in outcome.Deliveries)
        {
            SupplyOffer offer = _problem.Offers.First(o => o.Id == delivery.OfferId);
            ChipKind chip = _problem.Chips[_model.ChipIndex[offer.ChipId]];
            double price = offer.UnitPriceByQuarter[delivery.OrderQuarter] * delivery.DeliveredUnits;
            purchase += price * Capital.Discount(rate, delivery.DeliveryQuarter);
            charged += price * Capital.ChargedShare(rate, chip.UsefulLifeQuarters, delivery.DeliveryQuarter, _model.Quarters);
        }

        double Discounted(Func<int, double> dollars) => Enumerable.Range(0, _model.Quarters).Sum(t => dollars(t) * Capital.Discount(rate, t));
        return new CostBreakdown
        {
            FixedDollars = Contracts().Sum(c =>
                c.FixedDollars * Capital.Discount(rate, _problem.Offers.First(o => o.Id == c.OfferId).EarliestOrderQuarter)),
            PurchaseDollars = purchase,
            SalvageDollars = purchase - charged,
            RunningDollars = Discounted(t => _problem.Chips.Sum(c => c.RunningDollarsPerQuarter * outcome.Fleet[c.Id][t])),
            EnergyDollars = Discounted(t => outcome.PowerWatts[t] * Quarter.Seconds * _problem.EnergyDollarsPerJouleByQuarter[t]),
            RentalDollars = Discounted(t => _problem.Rentals.Sum(r => r.DollarsPerChipQuarter[t] * outcome.Rented[r.ChipId][t])),
            UnservedDollars = Discounted(t => _problem.Workloads.Sum(w => w.UnservedDollarsPerUnitQuarter * outcome.Unserved[w.Id][t])),
        };
    }

    private int WorkloadIndex(string id)
    {
        int w = 0;
        while (_problem.Workloads[w].Id != id)
        {
            w++;
        }

        return w;
    }

    private Dictionary<string, IReadOnlyList<double>> ByChip(Func<string, IReadOnlyList<double>> value) =>
        Series(_problem.Chips.Select(c => c.Id), value);

    private Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> TableByChip(
        Func<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> value) =>
        _problem.Chips.ToDictionary(c => c.Id, c => value(c.Id));

    private static Dictionary<string, IReadOnlyList<double>> Series(IEnumerable<string> ids, Func<string, IReadOnlyList<double>> value) =>
        ids.ToDictionary(i => i, value);

    private double[] Mean(ScenarioOutcome[] outcomes, Func<ScenarioOutcome, IReadOnlyList<double>> series) =>
        [.. Enumerable.Range(0, _model.Quarters).Select(t => outcomes.Sum(o => o.Probability * series(o)[t]))];
}
