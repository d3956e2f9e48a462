using System.Globalization;
using Fleetwright.Hardware.Chips;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Tests;

/// <summary>Predicted against measured seconds of one run.</summary>
internal sealed record Scored(PublishedRun Run, TrainingEstimate Estimate)
{
    public double Error => (Estimate.StepSeconds / Run.Seconds) - 1;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Run.Set,-14} {Run.Name,-22} measured {Run.Seconds,8:0.000} s  predicted {Estimate.StepSeconds,8:0.000} s  {Error,7:+0.0%;-0.0%}  {Estimate.Layout,-44} compute {Estimate.ComputeSeconds:0.00} bubble {Estimate.BubbleSeconds:0.00} tp {Estimate.Exposed.TensorSeconds:0.00} cp {Estimate.Exposed.ContextSeconds:0.00} pp {Estimate.Exposed.PipelineSeconds:0.00} dp {Estimate.Exposed.DataSeconds:0.00} mem {Estimate.Memory.Total / 1e9:0} GB{(Estimate.Fits ? "" : " too large")}");
}

/// <summary>Scores runs; where a source leaves the layout open, the fastest that fits is taken (the fastest of all when none fits).</summary>
internal static class Score
{
    public static Scored Of(PublishedRun run, TrainingCoefficients coefficients)
    {
        var model = new TrainingModel(ChipModel.For(PublishedRuns.Catalog, run.Chip), run.Job, coefficients);
        List<TrainingEstimate> estimates = [.. run.Layouts.Select(l => model.Estimate(l))];
        return new Scored(run, estimates.OrderBy(e => e.Fits ? 0 : 1).ThenBy(e => e.StepSeconds).First());
    }

    public static double Mape(IEnumerable<Scored> scores) => scores.Average(s => Math.Abs(s.Error));
}
