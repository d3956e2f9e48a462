using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;
using Fleetwright.Training;
using Fleetwright.Training.Failures;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Search;
using Fleetwright.Training.Steps;

namespace Fleetwright.Scenarios.Chain;

/// <summary>A training job on every chip.</summary>
/// <param name="Plan">The job.</param>
/// <param name="Result">For the report.</param>
/// <param name="TokensPerSecondPerChip">Tokens per second that one chip trains in the smallest cluster that meets the deadline, failures included.</param>
internal sealed record TrainingCapability(TrainingPlan Plan, TrainingResult Result, IReadOnlyDictionary<string, double> TokensPerSecondPerChip);

/// <summary>For each training job and chip the fewest chips that finish by the deadline, failures included.</summary>
internal static class TrainingStage
{
    public static IReadOnlyList<TrainingCapability> Run(ChainContext context, OfferedChips offered)
    {
        FailureModel failures = FailureModel.Default(context.Catalog);
        TrainingCoefficients coefficients = TrainingCoefficients.For(context.Catalog);
        return [.. context.Scenario.Training.Select(plan =>
        {
            ModelSpec model = ModelResolver.Resolve(context.Catalog, plan.Model);
            double seconds = Window(plan) * Quarter.Seconds;
            var job = new TrainingJob
            {
                Model = model,
                Tokens = plan.Tokens,
                SequenceLength = (int)plan.SequenceLength.Value,
                BatchSequences = Math.Max(1, (int)Math.Round(plan.BatchTokens / plan.SequenceLength)),
                Compute = plan.Precision,
            };
            var rates = new Dictionary<string, double>();
            List<TrainingOption> options = [];
            IReadOnlyList<OfferedChip> ready = offered.For(context, plan.Chips);
            foreach (OfferedChip chip in ready)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress($"training {plan.Title} on {chip.Model.Chip.Title}");
                options.Add(Option(context, chip, new TrainingModel(chip.Model, job, coefficients), failures, seconds, rates));
            }

            options.AddRange(offered.Chips.Except(ready).Select(c => new TrainingOption { Chip = c.Name, Feasible = false, Reason = OfferedChips.NotReady }));
            return new TrainingCapability(
                plan,
                new TrainingResult
                {
                    Job = plan.Name,
                    Title = plan.Title,
                    Model = model.Title,
                    Tokens = plan.Tokens,
                    Start = plan.Start.ToString(),
                    Deadline = plan.Deadline.ToString(),
                    DeadlineDays = seconds / 86400,
                    Options = [.. options.OrderBy(o => o.Dollars ?? double.PositiveInfinity)],
                },
                rates);
        })];
    }

    /// <summary>Quarters that a job may take.</summary>
    public static int Window(TrainingPlan plan) => plan.Deadline.Index - plan.Start.Index + 1;

    private static TrainingOption Option(
        ChainContext context, OfferedChip chip, TrainingModel model, FailureModel failures, double seconds, Dictionary<string, double> rates)
    {
        DeadlineResult found = LayoutSearch.ChipsForDeadline(
            model, failures, seconds, dollarsPerChipSecond: chip.DollarsPerSecond, threads: context.Threads, cancellation: context.Cancellation);
        if (found.Smallest is not { } run)
        {
            string reason = found.Fastest is { } fastest
                ? string.Create(CultureInfo.InvariantCulture, $"at best {fastest.Days:0} days on {fastest.Chips:#,0} chips, for {seconds / 86400:0} days")
                : "no layout fits the chip's memory";
            return new TrainingOption { Chip = chip.Name, Feasible = false, Reason = reason };
        }

        rates[chip.Name] = run.EffectiveTokensPerSecond / run.Chips;
        return new TrainingOption
        {
            Chip = chip.Name,
            Feasible = true,
            Reason = "smallest cluster that meets the deadline",
            Chips = run.Chips,
            Layout = run.Step.Layout.ToString(),
            StepSeconds = run.Step.StepSeconds,
            Mfu = run.Step.Mfu,
            Goodput = run.Goodput.Share,
            Days = run.Days,
            Dollars = run.Dollars,
            Joules = run.Joules,
        };
    }
}
