using Fleetwright.Hardware.Chips;
using Fleetwright.Training;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Cli.Commands;

/// <summary>What <c>fleetwright train --json</c> writes; units are in the names, base units where there is none.</summary>
internal sealed record TrainAnswer
{
    public required string Model { get; init; }

    public required string Chip { get; init; }

    public required double Tokens { get; init; }

    public required double BatchTokens { get; init; }

    public required bool Feasible { get; init; }

    public required string Reason { get; init; }

    public required long LayoutsEvaluated { get; init; }

    public int? Chips { get; init; }

    public LayoutAnswer? Layout { get; init; }

    public double? StepSeconds { get; init; }

    public double? RelativeError { get; init; }

    public double? TokensPerSecond { get; init; }

    public double? TflopsPerChip { get; init; }

    public double? HardwareTflopsPerChip { get; init; }

    public double? Mfu { get; init; }

    public double? BubbleFraction { get; init; }

    public ExposedCommunication? ExposedCommunication { get; init; }

    public double? MemoryBytesPerChip { get; init; }

    public MemoryUse? MemoryBytes { get; init; }

    public double? MissingBytesPerChip { get; init; }

    public bool Fits { get; init; }

    public double? Goodput { get; init; }

    public double? MeanTimeBetweenInterruptionsSeconds { get; init; }

    public double? CheckpointIntervalSeconds { get; init; }

    public double? Days { get; init; }

    public double? ChipHours { get; init; }

    public double? Dollars { get; init; }

    public double? Joules { get; init; }

    public double? WattsPerChip { get; init; }

    public static TrainAnswer Of(TrainingJob job, ChipModel chip, TrainingRun? run, bool feasible, string reason, long evaluated)
    {
        TrainingEstimate? step = run?.Step;

        // JSON has no infinity: a job that failures never let finish has no end.
        bool ends = run is not null && double.IsFinite(run.Seconds);
        return new TrainAnswer
        {
            Model = job.Model.Name,
            Chip = chip.Chip.Name,
            Tokens = job.Tokens,
            BatchTokens = job.BatchTokens,
            Feasible = feasible,
            Reason = reason,
            LayoutsEvaluated = evaluated,
            Chips = run?.Chips,
            Layout = step is null ? null : LayoutAnswer.Of(step.Layout),
            StepSeconds = step?.StepSeconds,
            RelativeError = step?.RelativeError,
            TokensPerSecond = step?.TokensPerSecond,
            TflopsPerChip = step?.ModelFlopsPerSecond / 1e12,
            HardwareTflopsPerChip = step?.HardwareFlopsPerSecond / 1e12,
            Mfu = step?.Mfu,
            BubbleFraction = step?.BubbleFraction,
            ExposedCommunication = step?.Exposed,
            MemoryBytesPerChip = step?.Memory.Total,
            MemoryBytes = step?.Memory,
            MissingBytesPerChip = step?.MissingBytes,
            Fits = step?.Fits ?? false,
            Goodput = run?.Goodput.Share,
            MeanTimeBetweenInterruptionsSeconds = run?.Goodput.MeanTimeBetweenSeconds,
            CheckpointIntervalSeconds = run?.Goodput.CheckpointIntervalSeconds,
            Days = ends ? run!.Days : null,
            ChipHours = ends ? run!.ChipHours : null,
            Dollars = ends ? run!.Dollars : null,
            Joules = ends ? run!.Joules : null,
            WattsPerChip = ends ? run!.Joules / run.Seconds / run.Chips : null,
        };
    }
}

/// <summary>A layout with its short text.</summary>
internal sealed record LayoutAnswer(
    string Text, int TensorParallel, int ContextParallel, int PipelineParallel, int VirtualStages, int DataParallel, int ExpertParallel, int MicroBatch,
    bool SequenceParallel, string Recompute, string Sharding)
{
    public static LayoutAnswer Of(in TrainingLayout l) => new(
        l.ToString(), l.TensorParallel, l.ContextParallel, l.PipelineParallel, l.VirtualStages, l.DataParallel, l.ExpertParallel, l.MicroBatch,
        l.SequenceParallel && l.TensorParallel > 1, TrainingLayout.Name(l.Recompute), TrainingLayout.Name(l.Sharding));
}
