using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Problem;

namespace Fleetwright.Scenarios.Chain;

/// <summary>Runs the whole chain: demand, the data centre's price list, placement, training, load, supply. Data flows one way; no stage reaches back.</summary>
public static class ChainRunner
{
    /// <summary>Checks the names of catalogue things in the scenario without running anything.</summary>
    /// <param name="context">The question and the facts.</param>
    /// <exception cref="InputException">The scenario names something that the catalogue does not have; every wrong name is listed.</exception>
    public static void Check(ChainContext context) => ScenarioCheck.ThrowIfWrong(context);

    /// <summary>Runs a scenario.</summary>
    /// <param name="context">The question, the facts, and when to stop.</param>
    /// <returns>What was found. After cancellation, or without a supply plan, the stages that finished, with a status that says so.</returns>
    /// <exception cref="InputException">The scenario names something that the catalogue does not have.</exception>
    public static ChainOutcome Run(ChainContext context)
    {
        ScenarioCheck.ThrowIfWrong(context);
        Scenario scenario = context.Scenario;
        var results = new RunResults
        {
            Program = typeof(ChainRunner).Assembly.GetName().Version?.ToString(3) ?? "0",
            Status = "partial",
            Scenario = new ScenarioSummary(scenario.Name, scenario.Title, scenario.Description, Path.GetFileName(scenario.File), [.. scenario.Quarters.Select(q => q.ToString())]),
            Answers = [],
            Demand = new DemandResult([], []),
            Placement = [],
            Serving = [],
            Training = [],
            Assumptions = [.. scenario.Facts.Where(f => f.Confidence == Confidence.Assumed).Select(f => f with { File = Path.GetFileName(f.File) })],
            ErrorBands = [],
            Warnings = [],
        };
        SupplyStatus? supply = null;
        bool cancelled = false;
        try
        {
            IReadOnlyList<ProductTurns> turns = DemandStage.Run(context);
            results = results with { Demand = new DemandResult([.. turns.Select(State)], []) };
            OfferedChips offered = OfferedChips.Of(context);
            results = results with { Warnings = offered.Warnings, ErrorBands = ErrorBands.Of(context, offered), Designs = DesignStage.Run(context, offered) };
            IReadOnlyList<WorkloadCapability> serving = ServingStage.Run(context, offered, turns);
            results = results with { Serving = [.. serving.Select(s => s.Result)] };
            IReadOnlyList<PlacedProduct> placed = PlacementStage.Run(context, turns, serving);
            results = results with { Placement = [.. placed.Select(p => p.Result)] };
            IReadOnlyList<TrainingCapability> training = TrainingStage.Run(context, offered);
            results = results with { Training = [.. training.Select(t => t.Result)] };
            IReadOnlyList<Load> loads = LoadStage.Run(context, turns, placed, serving, training);
            results = results with { Demand = results.Demand with { Workloads = [.. loads.Select(l => new WorkloadDemand(l.Name, l.Title, l.Unit, l.Demand))] } };
            (Results.SupplyResult? plan, string problem, SupplyStatus status) = SupplyReport.Run(context, SupplyStage.Problem(context, offered, loads));
            supply = status;
            cancelled = context.Cancellation.IsCancellationRequested;
            results = results with
            {
                Status = plan is null || cancelled ? "partial" : "complete",
                Warnings = cancelled ? [.. results.Warnings, "The run was stopped while risks and outages were being weighed; the plan itself stands."] : results.Warnings,
                Supply = plan,
                SupplyProblem = plan is null ? problem : null,
                Training = [.. results.Training.Select(t => Finish(t, plan, results.Scenario.Quarters))],
            };
        }
        catch (OperationCanceledException)
        {
            cancelled = true;
            results = results with { SupplyProblem = "the run was stopped before supply was planned" };
        }

        return new ChainOutcome(results with { Answers = Answers.Of(results, chip => NameOf(context, chip)) }, supply, cancelled);
    }

    // The maker's name of a chip without the maker.
    private static string NameOf(ChainContext context, string chip)
    {
        Catalog.Chips.Chip found = context.Chips.Get(chip);
        return found.Title.StartsWith(found.Vendor + " ", StringComparison.Ordinal) ? found.Title[(found.Vendor.Length + 1)..] : found.Title;
    }

    private static ProductDemand State(ProductTurns turns) =>
        new(turns.Product.Name, turns.Product.Title, turns.Users, turns.PeakTurns, turns.Product.Prompt.Mean, turns.Product.Reply.Mean);

    // The plan's own training chip is the one with most chip-quarters; the job ends in the last quarter that has any, if all of it is served.
    private static TrainingResult Finish(TrainingResult job, Results.SupplyResult? plan, IReadOnlyList<string> quarters)
    {
        if (plan is null)
        {
            return job;
        }

        List<AssignmentSeries> assigned = [.. plan.Assignment.Where(a => a.Workload == job.Job)];
        bool done = plan.Unserved.First(u => u.Workload == job.Job).Share.All(s => s < 1e-3);
        int last = assigned.Count == 0 ? -1 : assigned.Max(a => a.Chips.ToList().FindLastIndex(c => c > 0.5));
        return job with
        {
            ChosenChip = assigned.MaxBy(a => a.Chips.Sum())?.Chip,
            FinishQuarter = done && last >= 0 ? quarters[last] : null,
        };
    }
}

/// <summary>How a run ended.</summary>
/// <param name="Results">What was found.</param>
/// <param name="Supply">How planning supply ended; null when it was not reached.</param>
/// <param name="Cancelled">Whether the run was stopped.</param>
public sealed record ChainOutcome(RunResults Results, SupplyStatus? Supply, bool Cancelled);
