using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Hardware.Chips;
using Fleetwright.Testing;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Published;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

/// <summary>A job that is quick to reason about: an eight-layer GPT on H100.</summary>
internal static class Small
{
    /// <summary>The catalogue of the checkout.</summary>
    public static FleetCatalog Catalog { get; } = new(Repository.Path("catalog"));

    /// <summary>The published runs beside the checkout; the test is skipped where they are absent.</summary>
    public static PublishedRuns Published => new(Catalog, Repository.SharedData("training"));

    public static ModelSpec Model { get; } = PublishedRuns.Gpt("small", 2048, 16, 8, 32000);

    public static ChipModel Chip { get; } = ChipModel.For(Catalog, "h100-sxm");

    public static TrainingJob Job { get; } = new() { Model = Model, Tokens = 1e11, SequenceLength = 2048, BatchSequences = 64 };

    public static TrainingModel On(TrainingJob? job = null) => new(Chip, job ?? Job, TrainingCoefficients.For(Catalog));
}
