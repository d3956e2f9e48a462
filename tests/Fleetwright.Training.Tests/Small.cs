using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

/// <summary>A job that is quick to reason about: an eight-layer GPT on H100.</summary>
internal static class Small
{
    public static ModelSpec Model { get; } = PublishedRuns.Gpt("small", 2048, 16, 8, 32000);

    public static ChipModel Chip { get; } = ChipModel.For(PublishedRuns.Catalog, "h100-sxm");

    public static TrainingJob Job { get; } = new() { Model = Model, Tokens = 1e11, SequenceLength = 2048, BatchSequences = 64 };

    public static TrainingModel On(TrainingJob? job = null) => new(Chip, job ?? Job, TrainingCoefficients.For(PublishedRuns.Catalog));
}
