using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Tests;

/// <summary>Every kind of wrong plan is caught, by the name of what it breaks.</summary>
public class PlanCheckerTests
{
    private static readonly Lazy<(SupplyProblem Problem, SupplyPlan Plan)> Solved = new(() =>
    {
        SupplyProblem problem = Rich();
        return (problem, Solve.Plan(problem));
    });

    public static TheoryData<string, Func<SupplyPlan, SupplyPlan>> Tampered => new()
    {
        { "capacity", p => p with { Orders = [.. p.Orders.Select(o => o with { Units = o.Units * 10 })] } },
        { "whole lots", p => p with { Orders = [.. p.Orders.Select(o => o with { Units = o.Units + 1 })] } },
        { "minimum", p => p with { Orders = [] } },
        { "earliest order", p => p with { Orders = [.. p.Orders.Select(o => o with { OrderQuarter = 0 })] } },
        { "lead time", p => p with { Orders = [.. p.Orders.Select(o => o with { DeliveryQuarter = o.OrderQuarter })] } },
        { "price", p => p with { Orders = [.. p.Orders.Select(o => o with { UnitPriceDollars = 1 })] } },
        { "resource", p => p with { Orders = [.. p.Orders.Select(o => o with { Units = o.Units * 3 })] } },
        { "capacity", p => p with { Contracts = [.. p.Contracts.Select(c => c with { IsSigned = false })] } },
        { "fixed cost", p => p with { Contracts = [.. p.Contracts.Select(c => c with { IsSigned = false })] } },
        { "ordered", p => Each(p, s => s with { Deliveries = [.. s.Deliveries.Select(d => d with { OrderedUnits = d.OrderedUnits + 100 })] }) },
        { "delivery of what sites made", p => Each(p, s => s with { Deliveries = [.. s.Deliveries.Select(d => d with { DeliveredUnits = d.OrderedUnits })] }) },
        { "delivery in full", p => Each(p, s => s with { Deliveries = [.. s.Deliveries.Select(d => d with { DeliveredUnits = 0 })] }) },
        { "shortage", p => Each(p, s => s with { Deliveries = [.. s.Deliveries.Select(d => d with { DeliveredUnits = d.OrderedUnits })] }) },
        { "fleet", p => Each(p, s => s with { Fleet = Scaled(s.Fleet, 1.01) }) },
        { "assignment within fleet", p => Each(p, s => s with { Assigned = s.Assigned.ToDictionary(a => a.Key, a => (IReadOnlyDictionary<string, IReadOnlyList<double>>)Scaled(a.Value, 1.5)) }) },
        { "power drawn", p => Each(p, s => s with { PowerWatts = [.. s.PowerWatts.Select(w => w * 0.99)] }) },
        { "rental limit", p => Each(p, s => s with { Rented = Scaled(s.Rented, 100) }) },
        { "rented chips work", p => Each(p, s => s with { Rented = s.Rented.ToDictionary(r => r.Key, r => (IReadOnlyList<double>)[.. r.Value.Select(v => v + 50000)]) }) },
        { "unserved", p => Each(p, s => s with { Unserved = Scaled(s.Unserved, 0.5) }) },
        { "purchases", p => Each(p, s => s with { Cost = s.Cost with { PurchaseDollars = s.Cost.PurchaseDollars * 1.01 } }) },
        { "salvage", p => Each(p, s => s with { Cost = s.Cost with { SalvageDollars = s.Cost.SalvageDollars * 1.01 } }) },
        { "running cost", p => Each(p, s => s with { Cost = s.Cost with { RunningDollars = 0 } }) },
        { "energy", p => Each(p, s => s with { Cost = s.Cost with { EnergyDollars = 0 } }) },
        { "rent", p => Each(p, s => s with { Cost = s.Cost with { RentalDollars = s.Cost.RentalDollars + 1e7 } }) },
        { "penalties", p => Each(p, s => s with { Cost = s.Cost with { UnservedDollars = s.Cost.UnservedDollars + 1e7 } }) },
        { "probability", p => Each(p, s => s with { Probability = 0.9 }) },
        { "expected cost", p => p with { ExpectedCost = p.ExpectedCost with { RunningDollars = 0 } } },
        { "CVaR", p => p with { ConditionalValueAtRiskDollars = p.ConditionalValueAtRiskDollars * 0.99 } },
        { "objective", p => p with { ObjectiveDollars = p.ObjectiveDollars * 0.999 } },
        { "bound", p => p with { BoundDollars = p.ObjectiveDollars * 1.001 } },
        { "expected fleet", p => p with { Fleet = [] } },
    };

    [Theory]
    [MemberData(nameof(Tampered), DisableDiscoveryEnumeration = true)]
    public void A_plan_that_was_tampered_with_is_caught(string constraint, Func<SupplyPlan, SupplyPlan> tamper)
    {
        (SupplyProblem problem, SupplyPlan plan) = Solved.Value;
        Assert.Contains(PlanChecker.Check(problem, tamper(plan)), v => v.Constraint.Split('[')[0] == constraint);
    }

    [Fact]
    public void A_plan_that_draws_more_than_the_power_is_caught()
    {
        (SupplyProblem problem, SupplyPlan plan) = Solved.Value;
        Assert.Contains(PlanChecker.Check(problem with { PowerWattsByQuarter = Samples.Flat(1e6, 4) }, plan), v => v.Constraint.StartsWith("power[", StringComparison.Ordinal));
    }

    [Fact]
    public void A_plan_that_leaves_too_much_unserved_is_caught()
    {
        (SupplyProblem problem, SupplyPlan plan) = Solved.Value;
        SupplyProblem strict = problem with { Workloads = [.. problem.Workloads.Select(w => w with { MaximumUnservedShare = 0 })] };
        Assert.Contains(PlanChecker.Check(strict, plan), v => v.Constraint.StartsWith("unserved share[", StringComparison.Ordinal));
    }

    private static SupplyPlan Each(SupplyPlan plan, Func<ScenarioOutcome, ScenarioOutcome> change) =>
        plan with { Scenarios = [.. plan.Scenarios.Select(change)] };

    private static Dictionary<string, IReadOnlyList<double>> Scaled(IReadOnlyDictionary<string, IReadOnlyList<double>> series, double factor) =>
        series.ToDictionary(s => s.Key, s => (IReadOnlyList<double>)[.. s.Value.Select(v => v * factor)]);

    /// <summary>A problem in whose plan every part occurs: lots, a contract, a shortage, an outage, owned chips, rent, unserved demand.</summary>
    private static SupplyProblem Rich()
    {
        const int n = 4;
        SupplyProblem problem = Samples.Small(n, 1000, 6000, 10000, 1) with
        {
            Chips = [new ChipKind("x", "X", 1000, 10, 6)],
            Resources = [new SharedResource("hbm", "HBM", "GB", Samples.Flat(1e6, n))],
            Owned = [new OwnedChips("x", "old maker", [3000, 0, 0, 0])],
            Rentals = [new RentalOffer("x", Samples.Flat(900, n), Samples.Flat(1000, n))],
            EnergyDollarsPerJouleByQuarter = Samples.Flat(2e-8, n),
            DiscountPerYear = 0.08,
            RiskWeight = 0.2,
        };
        SupplyOffer offer = problem.Offers[0] with
        {
            LotUnits = 72,
            FixedDollars = 1e6,
            MinimumUnits = 720,
            EarliestOrderQuarter = 1,
            CapacityByQuarter = Samples.Flat(9000, n),
            ResourcePerUnit = Samples.Rates(("hbm", 80)),
        };
        problem = problem with { Offers = [offer] };
        return problem.With(
            problem.Demand("plain", 0.6, 1),
            problem.Demand("A stops", 0.2, 1) with { SiteAvailability = new Dictionary<string, IReadOnlyList<double>> { ["fab-a"] = [1, 0.5, 1, 1] } },
            problem.Demand("HBM short", 0.2, 1.5) with { ResourceMultipliers = new Dictionary<string, IReadOnlyList<double>> { ["hbm"] = [1, 0.2, 1, 1] } });
    }
}
