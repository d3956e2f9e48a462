using Fleetwright.Supply.Linear;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Supply.Model;

/// <summary>The two-stage stochastic programme of a problem as a linear model, with where each decision lies in it.</summary>
/// <remarks>
/// First stage, decided before the future is known: contracts (binary) and orders by offer and quarter.
/// Second stage, for each scenario: deliveries, assignment of chips to workloads, renting, unserved demand.
/// Chips are counted in thousands, money in millions and unserved work in thousands of the best chip's rate, so that coefficients lie near 1.
/// Each family of constraints is a class of its own with its inequality; see <c>docs/supply.md</c>.
/// </remarks>
internal sealed class PlanModel
{
    /// <summary>Chips for one unit of a chip variable.</summary>
    public const double ChipsPerUnit = 1000;

    /// <summary>Dollars for one unit of the objective.</summary>
    public const double DollarsPerUnit = 1e6;

    /// <summary>Stands where there is no column or row.</summary>
    public const int None = -1;

    private PlanModel(SupplyProblem problem)
    {
        Problem = problem;
        Quarters = problem.Quarters.Count;
        for (int i = 0; i < problem.Chips.Count; i++)
        {
            ChipIndex[problem.Chips[i].Id] = i;
        }

        Sign = [.. problem.Offers.Select(_ => None)];
        int scenarios = problem.Scenarios.Count;
        int chips = problem.Chips.Count;
        int workloads = problem.Workloads.Count;
        Assign = new Columns(scenarios, chips, workloads, Quarters);
        Rent = new Columns(scenarios, chips, Quarters);
        Unserved = new Columns(scenarios, workloads, Quarters);
        PowerRow = new Columns(scenarios, Quarters);
        Cut = new Columns(scenarios, problem.Offers.Count * Quarters);
        UnservedScale = [.. problem.Workloads.Select(Scale)];
    }

    public SupplyProblem Problem { get; }

    public LinearModel Linear { get; } = new();

    public int Quarters { get; }

    public Dictionary<string, int> ChipIndex { get; } = [];

    /// <summary>By offer: the binary "contract signed", or <see cref="None"/> where nothing hangs on it.</summary>
    public int[] Sign { get; }

    public List<OrderColumn> Orders { get; } = [];

    /// <summary>By scenario, chip, workload and quarter: thousands of chips at that work.</summary>
    public Columns Assign { get; }

    /// <summary>By scenario, chip and quarter: thousands of chips rented.</summary>
    public Columns Rent { get; }

    /// <summary>By scenario, workload and quarter: work not done, in units of <see cref="UnservedScale"/>.</summary>
    public Columns Unserved { get; }

    /// <summary>By scenario and order: thousands of chips that a shortage takes from the delivery.</summary>
    public Columns Cut { get; }

    /// <summary>By workload: units per second for one unit of an unserved variable.</summary>
    public double[] UnservedScale { get; }

    /// <summary>By scenario and quarter: the row of the power limit.</summary>
    public Columns PowerRow { get; }

    /// <summary>Rows of resource limits with what they limit.</summary>
    public List<(int Row, int Resource, int Quarter, double Scale)> ResourceRows { get; } = [];

    /// <summary>Rows of delivery capacities with what they limit.</summary>
    public List<(int Row, int Offer, int Quarter)> CapacityRows { get; } = [];

    /// <summary>The model of a problem, for a free first stage or a given one.</summary>
    public static PlanModel Build(SupplyProblem problem, FirstStage? given = null)
    {
        PlanModel model = new(problem);
        FirstStageColumns.Add(model, given);
        SecondStageColumns.Add(model);
        if (given is null)
        {
            ContractConstraints.Add(model);
            CapacityConstraints.Add(model);
            ResourceConstraints.AddPlanned(model);
        }

        ResourceConstraints.AddShortages(model);
        FleetConstraints.Add(model);
        PowerConstraints.Add(model);
        DemandConstraints.Add(model);
        Objective.Add(model);
        return model;
    }

    /// <summary>Thousands of chips that an order brings in a scenario, as a linear expression.</summary>
    public IEnumerable<(int Column, double Coefficient)> Delivered(int scenario, int order)
    {
        OrderColumn o = Orders[order];
        double available = o.Availability(Problem.Offers[o.Offer], Problem.Scenarios[scenario]);
        if (available > 0)
        {
            yield return (o.Column, available * o.ThousandsPerUnit);
        }

        if (Cut[scenario, order] is >= 0 and int cut)
        {
            yield return (cut, -1);
        }
    }

    /// <summary>Units per second wanted.</summary>
    public double Demand(int scenario, int workload, int quarter) =>
        Problem.Workloads[workload].DemandByQuarter[quarter] * Problem.Scenarios[scenario].Demand(Problem.Workloads[workload].Id, quarter);

    private double Scale(SupplyWorkload workload)
    {
        double best = Problem.Chips.Max(c => workload.UnitsPerSecond(c.Id));
        return best > 0 ? best * ChipsPerUnit : Math.Max(workload.DemandByQuarter.Max(), 1);
    }
}

/// <summary>First-stage decisions that are given: whether each offer's contract is signed, and units ordered by offer and quarter.</summary>
internal sealed record FirstStage(IReadOnlyList<bool> Signed, IReadOnlyList<double[]> Units);

/// <summary>Column or row numbers by up to four indices, <see cref="PlanModel.None"/> where nothing was put.</summary>
internal sealed class Columns
{
    private readonly int _b;
    private readonly int _c;
    private readonly int _d;
    private readonly int[] _numbers;

    public Columns(int a, int b, int c = 1, int d = 1)
    {
        (_b, _c, _d) = (b, c, d);
        _numbers = new int[a * b * c * d];
        _numbers.AsSpan().Fill(PlanModel.None);
    }

    public int this[int a, int b, int c = 0, int d = 0]
    {
        get => _numbers[At(a, b, c, d)];
        set => _numbers[At(a, b, c, d)] = value;
    }

    private int At(int a, int b, int c, int d) => (((((a * _b) + b) * _c) + c) * _d) + d;
}
