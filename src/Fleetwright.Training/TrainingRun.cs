using Fleetwright.Catalog.Chips;
using Fleetwright.Training.Failures;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training;

/// <summary>A whole run: a job on a layout, with failures, from the first token to the last.</summary>
public sealed record TrainingRun
{
    /// <summary>One step at the full batch.</summary>
    public required TrainingEstimate Step { get; init; }

    /// <summary>What failures leave.</summary>
    public required Goodput Goodput { get; init; }

    /// <summary>Seconds from start to end, failures and any batch ramp included; infinite when failures leave nothing.</summary>
    public required double Seconds { get; init; }

    /// <summary>Energy of all chips; with host, network and cooling where the chip's system power is known.</summary>
    public required double Joules { get; init; }

    /// <summary>Dollars for the chips' time; null when no rate is known.</summary>
    public required double? Dollars { get; init; }

    /// <summary>Chips.</summary>
    public int Chips => Step.Layout.Chips;

    /// <summary>Days from start to end.</summary>
    public double Days => Seconds / 86400;

    /// <summary>Chip-hours from start to end.</summary>
    public double ChipHours => Seconds / 3600 * Chips;

    /// <summary>Tokens per second after failures.</summary>
    public double EffectiveTokensPerSecond => Step.TokensPerSecond * Goodput.Share;

    /// <summary>The run of <paramref name="model"/>'s job on the layout of <paramref name="step"/>.</summary>
    /// <param name="model">Job on chip.</param>
    /// <param name="step">A step at the full batch.</param>
    /// <param name="failures">How often the job stops.</param>
    /// <param name="dollarsPerChipSecond">What a chip costs; the chip's ownership rate when null.</param>
    public static TrainingRun Of(TrainingModel model, TrainingEstimate step, FailureModel failures, double? dollarsPerChipSecond = null)
    {
        Chip chip = model.Chip.Chip;
        Goodput goodput = failures.On(step.Layout.Chips);
        double working = 0, joules = 0, left = model.Job.Tokens;
        foreach (BatchStage stage in model.Job.Ramp)
        {
            double tokens = Math.Min(left, stage.Tokens);
            Add(model.Estimate(step.Layout, stage.BatchSequences), tokens);
            left -= tokens;
        }

        Add(step, left);
        double seconds = goodput.Share > 0 ? working / goodput.Share : double.PositiveInfinity;
        double overheadWatts = chip.SystemPower is { } system ? Math.Max(0, system - chip.Tdp) : 0;
        double idle = chip.IdlePower?.Value ?? (chip.Tdp * model.Chip.Coefficients.IdlePowerShare);
        double perChip = joules + ((seconds - working) * idle) + (seconds * overheadWatts);
        return new TrainingRun
        {
            Step = step,
            Goodput = goodput,
            Seconds = seconds,
            Joules = perChip * step.Layout.Chips,
            Dollars = (dollarsPerChipSecond ?? chip.OwnershipRate?.Value) * seconds * step.Layout.Chips,
        };

        void Add(TrainingEstimate at, double tokens)
        {
            double steps = tokens / at.BatchTokens;
            working += steps * at.StepSeconds;
            joules += steps * at.ChipJoules;
        }
    }
}
